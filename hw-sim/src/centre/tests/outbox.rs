//! The centre's outbox: what goes wrong on the way, and how it judges answers.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::town::{Scene, Town, calm, gateway, noon, share};
use crate::centre::alert::Verdict;
use crate::centre::channel::Channel;
use crate::centre::event::Event;
use crate::centre::feedback::{Answer, Feedback};
use crate::centre::outbox::{DeliveryCounts, Outbox};
use crate::centre::profile::Mischief;
use crate::centre::register::CaseRegister;

fn feedback(seq: u64) -> Feedback {
    let mut town = Town::new(calm("s0-joint-teams"));
    let mut scene = Scene::new(1, "material_pile");
    for action in ["open", "clear"] {
        let alert = scene.alert(action, None);
        town.take_alert(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    town.sent.into_iter().find(|sent| sent.seq == seq).unwrap()
}

fn mischief(doubled: f64, late: f64) -> Mischief {
    Mischief { doubled: share(doubled), late: share(late), late_secs: 10.0 }
}

#[test]
fn every_message_arrives_whatever_goes_wrong() {
    let mut outbox = Outbox::new(mischief(0.5, 0.5), 3);
    let mut sent = Vec::new();
    for seq in 1..=6 {
        let now = noon() + Duration::from_secs(seq);
        outbox.post(gateway(), feedback(seq), now);
        sent.extend(outbox.take(now));
    }
    sent.extend(outbox.take(noon() + Duration::from_secs(14)));
    let order: Vec<(u64, bool)> =
        sent.iter().map(|message| (message.feedback.seq, message.copy)).collect();
    expect!["[(1, false), (2, false), (2, true), (3, false), (6, false), (5, false), (4, true), (4, false)]"].assert_eq(&format!("{order:?}"));
}

#[test]
fn what_is_not_answered_is_sent_again_ever_more_rarely() {
    let mut outbox = Outbox::new(mischief(0.0, 0.0), 3);
    outbox.post(gateway(), feedback(1), noon());
    let mut at_secs = Vec::new();
    for second in 0..3000 {
        let now = noon() + Duration::from_secs(second);
        at_secs.extend(outbox.take(now).iter().map(|_message| second));
    }
    expect!["[0, 15, 45, 105, 225, 465, 945, 1545, 2145, 2745]"].assert_eq(&format!("{at_secs:?}"));
    assert_eq!(outbox.counts().unanswered, 1);
}

/// `sent`: numbers in the order of sending; `answers`: number, result, time; `expected`: the counts and
/// faults.
fn check(sent: &[u64], answers: &[(u64, &str, &str)], expected: Expect) {
    let mut outbox = Outbox::new(mischief(0.0, 0.0), 3);
    for seq in sent {
        outbox.post(gateway(), feedback(*seq), noon());
    }
    outbox.take(noon());
    for (seq, result, at) in answers {
        let msg_id = if *seq <= 3 { feedback(*seq).msg_id } else { "no-such".to_owned() };
        let (result, answered_at) = ((*result).to_owned(), Some((*at).to_owned()));
        let answer = Answer { msg_id, seq: *seq, result, reason: None, answered_at };
        outbox.take_answer(&feedback(1).alert_id, &answer);
    }
    let DeliveryCounts { unanswered, answers, faults, .. } = outbox.counts();
    let short: Vec<String> =
        faults.iter().map(|fault| fault.split_once(' ').unwrap().1.to_owned()).collect();
    expected.assert_eq(&format!("{answers:?} unanswered {unanswered}\n{}\n", short.join("\n")));
}

#[test]
fn good_answers_are_counted() {
    let answers = [
        (1, "applied", "a"),
        (3, "applied", "b"),
        (3, "applied", "b"),
        (3, "duplicate", "c"),
        (2, "stale", "d"),
    ];
    check(
        &[1, 3, 2],
        &answers,
        expect![[r#"
        {"applied": 2, "duplicate": 1, "stale": 1} unanswered 0

    "#]],
    );
}

#[test]
fn bad_answers_are_named() {
    let answers = [
        (3, "applied", "a"),
        (3, "applied", "b"),
        (1, "applied", "c"),
        (2, "invalid", "d"),
        (2, "unknown_alert", "e"),
        (2, "fine", "f"),
        (9, "applied", "g"),
    ];
    check(
        &[1, 2, 3],
        &answers,
        expect![[r#"
        {"applied": 3, "fine": 1, "invalid": 1, "unknown_alert": 1} unanswered 0
        3 Dispatched: applied twice (applied) 
        1 Received: applied after a later one (applied) 
        2 Accepted: the gateway says it is invalid (invalid) 
        2 Accepted: the gateway does not know the alert that it raised (unknown_alert) 
        2 Accepted: an unknown result (fine) 
        an answer to no-such, which was never sent
    "#]],
    );
}

#[test]
fn only_what_was_overtaken_may_be_stale() {
    let answers = [(1, "stale", "a"), (2, "stale", "b"), (3, "stale", "c")];
    check(
        &[1, 3, 2],
        &answers,
        expect![[r#"
            {"stale": 3} unanswered 0
            1 Received: stale, though nothing later was sent before it (stale) 
            3 Dispatched: stale, though nothing later was sent before it (stale) 
        "#]],
    );
}

#[test]
fn what_is_sent_again_after_later_feedback_may_be_stale() {
    let mut outbox = Outbox::new(mischief(0.0, 0.0), 3);
    outbox.post(gateway(), feedback(1), noon());
    outbox.take(noon());
    outbox.post(gateway(), feedback(2), noon());
    outbox.take(noon());
    assert_eq!(outbox.take(noon() + Duration::from_secs(20)).len(), 2, "no answer came");
    for (seq, result) in [(2, "applied"), (1, "stale")] {
        let Feedback { msg_id, alert_id, .. } = feedback(seq);
        let result = result.to_owned();
        outbox.take_answer(
            &alert_id,
            &Answer { msg_id, seq, result, reason: None, answered_at: None },
        );
    }
    assert_eq!(outbox.counts().faults, Vec::<String>::new());
}

#[test]
fn a_notice_waits_until_it_is_signed_for() {
    let mut register = CaseRegister::new(calm("s2-five-steps"));
    let mut scene = Scene::new(1, "material_pile");
    register.take_alert(scene.alert("open", None), Channel::Notices, noon());
    let hour = noon() + Duration::from_secs(3600);
    for _ in 0..3 {
        assert!(register.advance(hour).is_empty(), "notices are not sent");
    }
    let msg_id = register.notices()[0].msg_id.clone();
    assert_eq!(register.notices()[0].event, Event::Received);
    assert!(register.sign(&msg_id));
    assert!(!register.sign(&msg_id), "signed once");
    assert_eq!(register.report().delivery.answers["signed"], 1);
}
