//! Whatever a case system sends, nothing panics, and what is kept and answered has bounds.

use fuzz::Executor;
use incident::casefile::{CaseFeedback, MAX_FEEDBACK_BYTES};
use ledger::{AlertRow, CaseEventRow, KnownCase};
use serde_json::{Value, json};

use super::{ALERT, Fixture, KEY};
use crate::casework::CaseContext;
use crate::casework::command::{Command, Muted, Reply};
use crate::casework::feedback::{Arrival, Outcome};
use runtime::utc_now;

/// No answer about a case is longer.
const MAX_ACKNOWLEDGEMENT_BYTES: usize = 2 * 1024;
/// No answer to a command is longer: a command has 4 KiB, and JSON writes a byte with six at most.
const MAX_ANSWER_BYTES: usize = 6 * 4 * 1024 + 1024;
/// No note in the history is longer.
const MAX_NOTE_BYTES: usize = 2 * MAX_FEEDBACK_BYTES;

/// What the ledger may know of the case: nothing, an open alert, one with messages.
fn known_cases() -> [KnownCase; 3] {
    let alert = AlertRow {
        alert_id: ALERT.to_owned(),
        dedupe_key: KEY.to_owned(),
        device_id: "cam-01".to_owned(),
        seq: 1,
        state: "open".to_owned(),
        updated_at_micros: 0,
    };
    let event = |seq| CaseEventRow {
        seq,
        msg_id: format!("message {seq}"),
        payload: Vec::new(),
        received_at_micros: 0,
    };
    let events = [1, 7, u64::MAX].map(event).to_vec();
    [
        KnownCase { alert: None, events: Vec::new() },
        KnownCase { alert: Some(alert.clone()), events: Vec::new() },
        KnownCase { alert: Some(alert), events },
    ]
}

/// Feedback on a case, by the alert's own topic and by another.
pub(crate) fn feedback() -> Executor {
    // The context only names topics here; its ledger is not asked.
    let (context, known) = (Fixture::new().context(), known_cases());
    Executor::each(move |payload| {
        // As a broker lets it through: 200 bytes of a topic, without control characters.
        let other: String = String::from_utf8_lossy(payload).chars().take(60).collect();
        let other = other.replace(char::is_control, "?");
        let mut came_to = String::new();
        for topic_id in [ALERT, &other] {
            for known in &known {
                came_to += &check_feedback(topic_id, payload, known, &context);
            }
        }
        came_to
    })
}

fn check_feedback(
    topic_id: &str,
    payload: &[u8],
    known: &KnownCase,
    context: &CaseContext,
) -> String {
    let judged = Arrival::new(topic_id, payload, utc_now()).judge(known, context);
    assert!(judged.note.body.len() <= MAX_NOTE_BYTES, "{}", judged.note.body.len());
    assert!(judged.note.subject.len() <= 128);
    let mut came_to = judged.outcome.as_str().to_owned();
    if let Some(answer) = &judged.answer {
        assert!(answer.message.payload.len() <= MAX_ACKNOWLEDGEMENT_BYTES);
        assert!(answer.message.topic.len() <= 300);
        let told: Value = serde_json::from_slice(&answer.message.payload).unwrap();
        assert_eq!(told["result"].as_str(), Some(judged.outcome.as_str()));
        let reason = told["reason"].as_str().unwrap_or_default();
        came_to.extend(reason.chars().filter(char::is_ascii_alphabetic).take(40));
    }
    let is_kept = matches!(judged.outcome, Outcome::Applied | Outcome::Stale);
    assert_eq!(judged.keep.is_some(), is_kept);
    if let Some(kept) = &judged.keep {
        assert!(known.alert.is_some());
        assert_eq!(CaseFeedback::parse(&kept.payload).unwrap().seq, kept.seq);
    }
    came_to
}

/// A command.
pub(crate) fn command() -> Executor {
    Executor::each(|payload| check_command("r1", payload))
}

fn check_command(req_id: &str, payload: &[u8]) -> String {
    match Command::parse(req_id, payload) {
        Ok(Command::Mute { lasts, target }) => {
            assert!(lasts.as_secs() <= 366 * 24 * 3600);
            let named = match &target {
                Muted::Alert(_) => 0,
                Muted::Rule { rule, .. } => rule.len(),
            };
            assert!(named <= payload.len());
            format!("mute {named}")
        }
        Ok(Command::Snapshot { camera }) => {
            assert!(camera.len() <= payload.len());
            "snapshot".to_owned()
        }
        Ok(Command::Recheck { .. }) => "recheck".to_owned(),
        Err(reason) => {
            let answer = Reply::invalid(reason).payload(req_id, utc_now());
            let told: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(told["result"].as_str(), Some("invalid"));
            assert!(answer.len() <= MAX_ANSWER_BYTES, "{} bytes", answer.len());
            let reason = told.to_string();
            reason.chars().filter(|it| it.is_ascii_alphabetic() || *it == ' ').take(80).collect()
        }
    }
}

#[test]
fn what_is_changed_is_valid_before() {
    let feedback = include_bytes!("../../../../tests/fuzz/corpus/feedback/full.json");
    assert!(CaseFeedback::parse_for(ALERT, feedback).is_ok());
    for command in [
        &include_bytes!("../../../../tests/fuzz/corpus/command/recheck.json")[..],
        include_bytes!("../../../../tests/fuzz/corpus/command/snapshot.json"),
        include_bytes!("../../../../tests/fuzz/corpus/command/mute-alert.json"),
        include_bytes!("../../../../tests/fuzz/corpus/command/mute-rule.json"),
        include_bytes!("../../../../tests/fuzz/corpus/command/unmute.json"),
    ] {
        let parsed = Command::parse("r1", command);
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
        check_command("r1", payload.as_bytes());
    }
}
