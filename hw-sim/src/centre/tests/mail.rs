//! The centre's mail: mischief on the way, and what it makes of answers.

use expect_test::{Expect, expect};

use super::super::mail::Mail;
use super::*;

fn feedback(seq: u64) -> Feedback {
    let mut town = Town::new(calm("s0-joint-teams"));
    let mut scene = Scene::new(1, "material_pile");
    for action in ["open", "clear"] {
        let alert = scene.alert(action, None);
        town.hear(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    town.said.into_iter().find(|said| said.seq == seq).unwrap()
}

fn mischief(doubled: f64, late: f64) -> profile::Mischief {
    profile::Mischief { doubled: share(doubled), late: share(late), late_secs: 10.0 }
}

#[test]
fn every_letter_arrives_whatever_goes_wrong() {
    let mut mail = Mail::new(mischief(0.5, 0.5), 3);
    let mut sent = Vec::new();
    for seq in 1..=6 {
        let now = noon() + Duration::from_secs(seq);
        mail.post(gateway(), feedback(seq), now);
        sent.extend(mail.take(now));
    }
    sent.extend(mail.take(noon() + Duration::from_secs(14)));
    let order: Vec<(u64, bool)> =
        sent.iter().map(|letter| (letter.feedback.seq, letter.copy)).collect();
    expect!["[(1, false), (2, false), (2, true), (3, false), (6, false), (5, false), (4, true), (4, false)]"].assert_eq(&format!("{order:?}"));
}

#[test]
fn what_is_not_answered_is_sent_again_ever_more_rarely() {
    let mut mail = Mail::new(mischief(0.0, 0.0), 3);
    mail.post(gateway(), feedback(1), noon());
    let mut at_secs = Vec::new();
    for second in 0..3000 {
        let now = noon() + Duration::from_secs(second);
        at_secs.extend(mail.take(now).iter().map(|_letter| second));
    }
    expect!["[0, 15, 45, 105, 225, 465, 945, 1545, 2145, 2745]"].assert_eq(&format!("{at_secs:?}"));
    assert_eq!(mail.correspondence().unanswered, 1);
}

/// `sent`: numbers in the order of their sending; `answers`: number, result, time; `expected`: what
/// the centre says of them.
fn check(sent: &[u64], answers: &[(u64, &str, &str)], expected: Expect) {
    let mut mail = Mail::new(mischief(0.0, 0.0), 3);
    for seq in sent {
        mail.post(gateway(), feedback(*seq), noon());
    }
    mail.take(noon());
    for (seq, result, at) in answers {
        let msg_id = if *seq <= 3 { feedback(*seq).msg_id } else { "no-such".to_owned() };
        let (result, answered_at) = ((*result).to_owned(), Some((*at).to_owned()));
        let answer = Answer { msg_id, seq: *seq, result, reason: None, answered_at };
        mail.answered(&feedback(1).alert_id, &answer);
    }
    let Correspondence { unanswered, answers, faults, .. } = mail.correspondence();
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
        an answer to no-such, never sent
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
fn what_is_sent_again_after_later_news_may_be_stale() {
    let mut mail = Mail::new(mischief(0.0, 0.0), 3);
    mail.post(gateway(), feedback(1), noon());
    mail.take(noon());
    mail.post(gateway(), feedback(2), noon());
    mail.take(noon());
    assert_eq!(mail.take(noon() + Duration::from_secs(20)).len(), 2, "nobody answered");
    for (seq, result) in [(2, "applied"), (1, "stale")] {
        let Feedback { msg_id, alert_id, .. } = feedback(seq);
        let result = result.to_owned();
        mail.answered(&alert_id, &Answer { msg_id, seq, result, reason: None, answered_at: None });
    }
    assert_eq!(mail.correspondence().faults, Vec::<String>::new());
}

#[test]
fn a_notice_waits_until_it_is_signed_for() {
    let mut desk = Desk::new(calm("s2-five-steps"));
    let mut scene = Scene::new(1, "material_pile");
    desk.hear(scene.alert("open", None), Channel::Notices, noon());
    let hour = noon() + Duration::from_secs(3600);
    for _ in 0..3 {
        assert!(desk.wake(hour).is_empty(), "notices are not sent");
    }
    let msg_id = desk.notices()[0].msg_id.clone();
    assert_eq!(desk.notices()[0].event, Event::Received);
    assert!(desk.sign(&msg_id));
    assert!(!desk.sign(&msg_id), "signed once");
    assert_eq!(desk.report().mail.answers["signed"], 1);
}
