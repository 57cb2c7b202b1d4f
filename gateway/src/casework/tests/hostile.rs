//! Whatever a case system sends, nothing panics, and what is kept and answered has bounds.

use std::sync::LazyLock;

use incident::casefile::{CaseFeedback, MAX_FEEDBACK_BYTES};
use ledger::{AlertRow, CaseEventRow, KnownCase};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{ALERT, Fixture, KEY};
use crate::casework::command::{Command, Muted, Reply};
use crate::casework::feedback::{Arrival, Outcome};
use crate::mutation::{json, mutations, replace_members};
use runtime::utc_now;

/// No answer about a case is longer.
const MAX_ACKNOWLEDGEMENT_BYTES: usize = 2 * 1024;
/// No answer to a command is longer: a command has 4 KiB, and JSON writes a byte with six at most.
const MAX_ANSWER_BYTES: usize = 6 * 4 * 1024 + 1024;
/// No note in the history is longer.
const MAX_NOTE_BYTES: usize = 2 * MAX_FEEDBACK_BYTES;

/// A message with every member that the schema knows.
fn full_feedback() -> Value {
    json!({
        "spec": "cg.case/1", "msg_id": "01932f30-0000-7d00-8a00-000000000007", "alert_id": ALERT,
        "seq": 7, "time": "2026-11-22T09:58:00+08:00", "event": "handled",
        "case": { "system": "casesim", "rec_id": "R1", "task_num": "T1", "stage_name": "处置" },
        "actor": { "org": "城管" },
        "reason": { "code": "other", "text": "已处置" },
        "deadlines": { "handle": "2026-11-22T12:00:00+08:00" },
        "verify": { "mode": "auto", "settle_s": 30, "window_s": 60, "min_samples": 5 },
        "whistle": { "level": "ordinary", "departments": ["城管"] },
        "label": { "correct": true },
    })
}

fn full_commands() -> Vec<Value> {
    vec![
        json!({ "command": "recheck", "alert_id": ALERT, "msg_id": ALERT }),
        json!({ "command": "snapshot", "camera": "cam-01" }),
        json!({ "command": "mute", "alert_id": ALERT, "secs": 60 }),
        json!({ "command": "mute", "rule": "standing", "camera": "cam-01", "secs": 60 }),
        json!({ "command": "unmute", "rule": "standing" }),
    ]
}

/// What the ledger may know of the case: nothing, an open alert, one with messages.
fn known_case() -> impl Strategy<Value = KnownCase> {
    let alert = AlertRow {
        alert_id: ALERT.to_owned(),
        dedupe_key: KEY.to_owned(),
        device_id: "cam-01".to_owned(),
        seq: 1,
        state: "open".to_owned(),
        updated_at_micros: 0,
    };
    let events = vec(any::<u64>(), 0..4).prop_map(|mut seqs| {
        seqs.sort_unstable();
        let event = |seq| CaseEventRow {
            seq,
            msg_id: format!("message {seq}"),
            payload: Vec::new(),
            received_at_micros: 0,
        };
        seqs.into_iter().map(event).collect()
    });
    (prop::option::of(Just(alert)), events).prop_map(|(alert, events)| KnownCase { alert, events })
}

fn check_feedback(topic_id: &str, payload: &[u8], known: &KnownCase) -> Result<(), TestCaseError> {
    static FIXTURE: LazyLock<crate::casework::CaseContext> = LazyLock::new(|| {
        // The context only names topics here; its ledger is not asked.
        Fixture::new().context()
    });
    let arrival = Arrival::new(topic_id, payload, utc_now());
    let judged = arrival.judge(known, &FIXTURE);
    prop_assert!(judged.note.body.len() <= MAX_NOTE_BYTES, "{}", judged.note.body.len());
    prop_assert!(judged.note.subject.len() <= 128);
    if let Some(answer) = &judged.answer {
        prop_assert!(answer.message.payload.len() <= MAX_ACKNOWLEDGEMENT_BYTES);
        prop_assert!(answer.message.topic.len() <= 300);
        let told: Value = serde_json::from_slice(&answer.message.payload).unwrap();
        prop_assert_eq!(told["result"].as_str(), Some(judged.outcome.as_str()));
    }
    let is_kept = matches!(judged.outcome, Outcome::Applied | Outcome::Stale);
    prop_assert_eq!(judged.keep.is_some(), is_kept);
    if let Some(kept) = &judged.keep {
        prop_assert!(known.alert.is_some());
        prop_assert_eq!(CaseFeedback::parse(&kept.payload).unwrap().seq, kept.seq);
    }
    Ok(())
}

fn check_command(req_id: &str, payload: &[u8]) -> Result<(), TestCaseError> {
    match Command::parse(req_id, payload) {
        Ok(Command::Mute { lasts, target }) => {
            prop_assert!(lasts.as_secs() <= 366 * 24 * 3600);
            let named = match &target {
                Muted::Alert(_) => 0,
                Muted::Rule { rule, .. } => rule.len(),
            };
            prop_assert!(named <= payload.len());
        }
        Ok(Command::Snapshot { camera }) => prop_assert!(camera.len() <= payload.len()),
        Ok(Command::Recheck { .. }) => {}
        Err(reason) => {
            let answer = Reply::invalid(reason).payload(req_id, utc_now());
            let told: Value = serde_json::from_slice(&answer).unwrap();
            prop_assert_eq!(told["result"].as_str(), Some("invalid"));
            prop_assert!(answer.len() <= MAX_ANSWER_BYTES, "{} bytes", answer.len());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_about_a_case_are_answered_within_bounds(
        topic_id in ".{0,200}",
        payload in vec(any::<u8>(), 0..2000),
        known in known_case(),
    ) {
        check_feedback(&topic_id, &payload, &known)?;
    }

    #[test]
    fn changed_feedback_is_answered_within_bounds(
        mutations in mutations(),
        members in vec((any::<Index>(), json()), 0..3),
        known in known_case(),
    ) {
        let message = replace_members(&full_feedback(), members);
        check_feedback(ALERT, &mutations.apply(message.to_string().as_bytes()), &known)?;
    }

    #[test]
    fn any_bytes_are_a_command_or_refused_within_bounds(
        req_id in "[^/+#]{0,64}",
        payload in vec(any::<u8>(), 0..6000),
    ) {
        check_command(&req_id, &payload)?;
    }

    #[test]
    fn a_changed_command_is_understood_or_refused_within_bounds(
        which in any::<Index>(),
        mutations in mutations(),
        members in vec((any::<Index>(), json()), 0..3),
    ) {
        let command = replace_members(which.get(&full_commands()), members);
        check_command("r1", &mutations.apply(command.to_string().as_bytes()))?;
    }
}

#[test]
fn what_is_changed_is_valid_before() {
    assert!(CaseFeedback::parse_for(ALERT, full_feedback().to_string().as_bytes()).is_ok());
    for command in full_commands() {
        let parsed = Command::parse("r1", command.to_string().as_bytes());
        assert!(parsed.is_ok(), "{parsed:?}");
    }
}

#[test]
fn a_long_word_in_a_command_is_refused_within_bounds() {
    for payload in [
        json!({ "command": "x".repeat(4000) }).to_string(),
        json!({ "y".repeat(4000): 1 }).to_string(),
        json!({ "command": "mute", "alert_id": "\u{1}".repeat(600) }).to_string(),
    ] {
        check_command("r1", payload.as_bytes()).unwrap();
    }
}
