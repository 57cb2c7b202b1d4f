//! Tests of the judge: what it finds in a journal, what it expects, and what it prints.

use std::time::Duration;

use expect_test::{Expect, expect};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::camera::{ClipSpan, Playback};
use crate::scenario::Truth;

/// Seconds since the play began.
fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn truth(stands: Option<(u64, u64)>) -> Truth {
    Truth {
        what: "a van".to_owned(),
        camera: "cam-01".to_owned(),
        event: "fire_passage_blocked".to_owned(),
        zone: "cam-01.shutter".to_owned(),
        stands: stands.map(|(from, to)| ClipSpan { from: secs(from), to: secs(to) }),
        dwell: secs(10),
        tolerance: secs(3),
    }
}

/// A clip of 40 s whose time zero is the play's, seen from 2 s to 90 s.
fn schedule() -> ClipSchedule {
    ClipSchedule {
        clip_zero_at: at(0),
        clip_length: secs(40),
        playback: Playback::Loop,
        seen_from: at(2),
        seen_until: at(90),
    }
}

/// `alert/seq action zone opened..cleared`, opened and cleared in seconds, received 1 s later.
fn message(line: &str) -> Receipt {
    let words: Vec<&str> = line.split([' ', '/']).filter(|word| !word.is_empty()).collect();
    let (opened, cleared) = words[4].split_once("..").unwrap();
    let opened_at = at(opened.parse().unwrap());
    let cleared_at = cleared.parse().ok().map(at);
    let message = serde_json::json!({
        "alert_id": words[0],
        "seq": words[1].parse::<u64>().unwrap(),
        "action": words[2],
        "type": { "code": "fire_passage_blocked", "name": "占用消防通道" },
        "times": {
            "first_seen": opened_at, "last_seen": opened_at, "opened": opened_at, "cleared": cleared_at,
            "sent": opened_at,
        },
        "source": { "gateway_id": "gw", "device_id": "cam-01" },
        "detection": { "roi_id": words[3], "dwell_s": 10.0 },
    });
    Receipt {
        received_at: cleared_at.unwrap_or(opened_at) + SignedDuration::from_secs(1),
        ..Receipt::read(message.to_string().into()).unwrap()
    }
}

fn journal(lines: &[&str]) -> Journal {
    let mut journal = Journal::default();
    for line in lines {
        journal.record(message(line));
    }
    journal
}

fn check_score(stands: Option<(u64, u64)>, lines: &[&str], verdict: Expect) {
    let due = expect(&truth(stands), &schedule());
    let score = Score::of(&due, &journal(lines), &[]);
    verdict.assert_eq(&table(&score));
}

fn check_due(stands: Option<(u64, u64)>, schedule: ClipSchedule, due: Expect) {
    let lines = super::expect(&truth(stands), &schedule).into_iter().map(|due| {
        let after = |moment: Timestamp| moment.duration_since(at(0)).as_secs();
        let sure = if due.certain { "certain" } else { "perhaps" };
        let (from, until) = (after(due.stands_from), after(due.stands_until));
        format!("{from}..{until} due {} {sure}\n", after(due.due_at))
    });
    due.assert_eq(&lines.collect::<String>());
}

#[test]
fn what_always_stands_is_due_once() {
    check_due(
        None,
        schedule(),
        expect![[r#"
        2..90 due 12 certain
    "#]],
    );
}

#[test]
fn each_round_of_a_loop_asks_again() {
    check_due(
        Some((5, 20)),
        schedule(),
        expect![[r#"
        5..20 due 15 certain
        45..60 due 55 certain
    "#]],
    );
}

#[test]
fn a_clip_played_once_asks_once() {
    let schedule = ClipSchedule { playback: Playback::Once, ..schedule() };
    check_due(
        Some((5, 20)),
        schedule,
        expect![[r#"
        5..20 due 15 certain
    "#]],
    );
}

#[test]
fn what_is_gone_before_the_dwell_is_not_due() {
    check_due(Some((5, 11)), schedule(), expect![[r#""#]]);
}

#[test]
fn what_ends_near_the_dwell_is_no_certainty() {
    check_due(
        Some((5, 16)),
        schedule(),
        expect![[r#"
        5..16 due 15 perhaps
        45..56 due 55 perhaps
    "#]],
    );
}

#[test]
fn a_pass_under_way_counts_from_the_first_picture() {
    let schedule = ClipSchedule { clip_zero_at: at(-10), ..schedule() };
    check_due(
        Some((5, 30)),
        schedule,
        expect![[r#"
        2..20 due 12 certain
        35..60 due 45 certain
        75..90 due 85 certain
    "#]],
    );
}

#[test]
fn one_alert_for_one_van_agrees() {
    check_score(
        None,
        &["a/1 open cam-01.shutter 13.."],
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         1       0      0        0    +1.0        1000
        Truth and alerts agree.
    "#]],
    );
}

#[test]
fn silence_is_a_miss() {
    check_score(
        None,
        &[],
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         0       1      0        0       -           -
        Truth and alerts DIFFER.
    "#]],
    );
}

#[test]
fn an_alert_too_early_is_false_and_the_due_one_missed() {
    check_score(
        None,
        &["a/1 open cam-01.shutter 5.."],
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         0       1      1        0       -           -
        false: fire_passage_blocked in cam-01.shutter opened at 2027-01-15T08:00:05Z, alert a
        Truth and alerts DIFFER.
    "#]],
    );
}

#[test]
fn a_second_alert_for_the_same_van_is_a_duplicate() {
    let lines = ["a/1 open cam-01.shutter 12..", "b/1 open cam-01.shutter 50.."];
    check_score(
        None,
        &lines,
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         1       0      0        1    +0.0        1000
        doubled: fire_passage_blocked in cam-01.shutter opened at 2027-01-15T08:00:50Z, alert b
        Truth and alerts DIFFER.
    "#]],
    );
}

#[test]
fn an_alert_cleared_and_raised_again_while_it_stands_is_dropped_and_duplicate() {
    let lines = [
        "a/1 open cam-01.shutter 12..",
        "a/2 clear cam-01.shutter 12..30",
        "a/3 update cam-01.shutter 45..",
    ];
    check_score(
        None,
        &lines,
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         1       0      0        1    +0.0        1000
        doubled: fire_passage_blocked in cam-01.shutter opened at 2027-01-15T08:00:45Z, alert a
        cleared while it still stands: 1 in cam-01.shutter
        Truth and alerts DIFFER.
    "#]],
    );
}

#[test]
fn an_alert_per_pass_agrees() {
    let lines = [
        "a/1 open cam-01.shutter 15..",
        "a/2 clear cam-01.shutter 15..22",
        "b/1 open cam-01.shutter 56..",
        "b/2 clear cam-01.shutter 56..61",
    ];
    check_score(
        Some((5, 20)),
        &lines,
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      2         2       0      0        0    +1.0        1000
        Truth and alerts agree.
    "#]],
    );
}

#[test]
fn an_alert_where_nothing_stands_is_false() {
    let lines = ["a/1 open cam-01.shutter 12..", "b/1 open cam-01.path 20.."];
    check_score(
        None,
        &lines,
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.path     fire_passage_blocked      0         0       0      1        0       -           -
        cam-01  cam-01.shutter  fire_passage_blocked      1         1       0      0        0    +0.0        1000
        false: fire_passage_blocked in cam-01.path opened at 2027-01-15T08:00:20Z, alert b
        Truth and alerts DIFFER.
    "#]],
    );
}

#[test]
fn a_message_delivered_again_does_no_harm() {
    let lines = ["a/1 open cam-01.shutter 12..", "a/1 open cam-01.shutter 12.."];
    check_score(
        None,
        &lines,
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         1       0      0        0    +0.0        1000
        messages delivered again (harmless): 1
        Truth and alerts agree.
    "#]],
    );
}

#[test]
fn broken_numbering_is_named() {
    let lines = [
        "a/1 open cam-01.shutter 12..",
        "a/4 update cam-01.shutter 12..",
        "a/3 update cam-01.shutter 12..",
        "a/4 update cam-01.shutter 13..",
    ];
    check_score(
        None,
        &lines,
        expect![[r#"
        camera  zone            event                 truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.shutter  fire_passage_blocked      1         1       0      0        0    +0.0        1000
        never came: alert a message 2
        messages out of order: 1
        messages same number, other content: 1
        Truth and alerts DIFFER.
    "#]],
    );
}

#[test]
fn a_zone_without_truth_gets_a_row() {
    let zones = [("cam-01".to_owned(), "cam-01.path".to_owned())];
    let score = Score::of(&[], &Journal::default(), &zones);
    assert!(score.agrees());
    expect![[r#"
        camera  zone         event  truth  received  missed  false  doubled  late s  latency ms
        cam-01  cam-01.path  -          0         0       0      0        0       -           -
        Truth and alerts agree.
    "#]]
    .assert_eq(&table(&score));
}

#[test]
fn an_alert_is_described_in_two_lines() {
    let full = r#"{
        "spec": "cg.alert/1", "alert_id": "a", "seq": 1, "action": "open", "state": "open",
        "type": { "code": "fire_lane_blocked", "name": "占用消防通道", "category": "fire_safety" },
        "confidence": 0.914, "priority": 2,
        "times": { "first_seen": "2026-11-22T09:10:03.120+08:00",
                   "opened": "2026-11-22T09:15:07.480+08:00",
                   "last_seen": "2026-11-22T09:15:07.480+08:00",
                   "sent": "2026-11-22T09:15:07.902+08:00" },
        "source": { "gateway_id": "gw-binhe-007", "kind": "video_ai", "device_id": "cam-0412" },
        "geo": { "point": [117.112, 40.144], "accuracy_m": 4.5, "method": "device_fixed" },
        "detection": { "rule_id": "r", "roi_id": "cam-0412.r1", "dwell_s": 304.36 },
        "evidence": [ { "id": "ev-1", "sha256": "0f4a", "uri": "http://127.0.0.1:18080/evidence/ev-1.jpg" } ]
    }"#;
    let receipt = Receipt {
        received_at: "2026-11-22T09:15:08+08:00".parse().unwrap(),
        ..Receipt::read(full.into()).unwrap()
    };
    expect![[r#"
        01:15:08  OPEN    占用消防通道 fire_lane_blocked  cam-0412  zone cam-0412.r1
                  stands 304.4 s  confidence 0.91  at 117.112000,40.144000 ±4 m  http://127.0.0.1:18080/evidence/ev-1.jpg"#]].assert_eq(&describe(&receipt, Arrival::New, &TimeZone::UTC));
}

#[test]
fn what_is_not_an_alert_is_refused() {
    let error = AlertMessage::parse(br#"{"alert_id": "a", "seq": "one"}"#).unwrap_err();
    expect![[r#"invalid type: string "one", expected u64 at line 1 column 30"#]]
        .assert_eq(&error.to_string());
}

proptest! {
    /// However often and in whatever order the messages of an alert come, the journal holds each
    /// once and names exactly those that are missing below the last.
    #[test]
    fn a_journal_holds_each_message_once(seqs in prop::collection::vec(1_u64..12, 1..40)) {
        let mut journal = Journal::default();
        for seq in &seqs {
            journal.record(message(&format!("a/{seq} update cam-01.shutter 12..")));
        }
        let mut distinct = seqs.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(journal.len(), distinct.len());
        prop_assert_eq!(journal.redelivered, seqs.len() - distinct.len());
        let last = distinct.last().copied().unwrap_or_default();
        let missing = usize::try_from(last).unwrap() - distinct.len();
        prop_assert_eq!(journal.gaps().len(), missing);
        prop_assert_eq!(journal.raises().len(), 1);
    }
}

#[test]
fn a_camera_that_was_online_and_then_not_is_impaired_and_one_that_is_not_yet_is_not() {
    let mut journal = Journal::default();
    for (device, status, reason) in [
        ("cam-01", "offline", Some("not reached yet")),
        ("cam-01", "online", None),
        ("cam-02", "degraded", Some("overloaded")),
        ("cam-02", "online", None),
        ("cam-02", "offline", None),
        ("cam-03", "online", None),
        ("cam-03", "offline", None),
    ] {
        let reason = reason.map(str::to_owned);
        journal.note(
            device.to_owned(),
            DeviceStatus { status: status.to_owned(), reason, camera_ahead_ms: None },
        );
    }
    let score = Score::of(&[], &journal, &[]);
    let causes: Vec<(&str, &str)> =
        score.impaired.iter().map(|(camera, cause)| (camera.as_str(), cause.as_str())).collect();
    assert_eq!(causes, [("cam-02", "degraded: overloaded"), ("cam-03", "offline")]);
    assert!(table(&score).contains("proves nothing: cam-02 was degraded: overloaded"));
}
