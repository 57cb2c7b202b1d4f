//! When an output is held, and when it is not.

use std::time::{Duration, Instant};

use super::{Around, Judge, Verdict};
use crate::approval::{Approval, Approved};
use crate::news::{AlertNews, Turn};
use crate::settings::{Action, Mode, Settings, Source, Trigger, Way};
use crate::standing::Held;

fn settings(mode: Mode) -> Settings {
    let approval = |person: &str| Approval { person: person.to_owned(), kid: person.to_owned() };
    Settings {
        id: "lift-1".to_owned(),
        name: "lift-1".to_owned(),
        mode,
        action: Action::LiftHold,
        way: Way::Mqtt,
        triggers: vec![Trigger {
            incident: "ebike_in_elevator".to_owned(),
            source: Source { id: "cam-1".to_owned(), rule: Some("lift".to_owned()) },
        }],
        hold: Duration::from_secs(30),
        pause: Duration::from_secs(60),
        most_per_hour: 3,
        fire_devices: vec!["panel-1".to_owned()],
        approved: Approved { approvals: ["a", "b"].map(approval).into(), ..Approved::default() },
    }
}

fn opened(alert_id: &str) -> AlertNews {
    AlertNews {
        alert_id: alert_id.to_owned(),
        incident: "ebike_in_elevator".to_owned(),
        source: "cam-1".to_owned(),
        rule: "lift".to_owned(),
        turn: Turn::Opened,
        age: Duration::from_secs(1),
    }
}

fn held(alert_id: &str, now: Instant) -> Held {
    let until = now + Duration::from_secs(30);
    Held { alert_id: alert_id.to_owned(), until, times: [String::new(), String::new()] }
}

fn refused(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Refuse(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_what_is_named_holds_it() {
    let (mut judge, around, now) =
        (Judge::new(settings(Mode::Live)), Around::default(), Instant::now());
    let named = opened("a-1");
    assert_eq!(judge.judge(&named, &around, now), Verdict::Hold);
    for other in [
        AlertNews { incident: "ebike_upstairs".to_owned(), ..named.clone() },
        AlertNews { source: "cam-2".to_owned(), ..named.clone() },
        AlertNews { rule: "hall".to_owned(), ..named.clone() },
        AlertNews { turn: Turn::Goes, ..named.clone() },
        AlertNews { turn: Turn::Over, ..named.clone() },
    ] {
        assert_eq!(judge.judge(&other, &around, now), Verdict::Nothing, "{other:?}");
    }
    let mut off = Judge::new(settings(Mode::Off));
    assert_eq!(off.judge(&named, &around, now), Verdict::Nothing);
    let mut any_rule = settings(Mode::Live);
    any_rule.triggers[0].source.rule = None;
    let hall = AlertNews { rule: "hall".to_owned(), ..named };
    assert_eq!(Judge::new(any_rule).judge(&hall, &around, now), Verdict::Hold);
}

#[test]
fn what_speaks_against_it_is_named() {
    let now = Instant::now();
    let mut judge = Judge::new(settings(Mode::Live));
    let around = Around { fire: Some("fire alarm at panel-1.smoke".to_owned()), unheard: None };
    assert_eq!(refused(&judge.judge(&opened("a-1"), &around, now)), "fire alarm at panel-1.smoke");
    let around = Around { unheard: Some("panel-1 is not heard".to_owned()), ..Around::default() };
    assert_eq!(refused(&judge.judge(&opened("a-1"), &around, now)), "panel-1 is not heard");
    let around = Around::default();
    let late = AlertNews { age: Duration::from_secs(11), ..opened("a-1") };
    assert!(refused(&judge.judge(&late, &around, now)).contains("11 s ago"));
    judge.fault = Some("the device does not answer".to_owned());
    assert_eq!(refused(&judge.judge(&opened("a-1"), &around, now)), "the device does not answer");
    let mut unapproved = settings(Mode::Live);
    unapproved.approved.approvals.pop();
    let mut judge = Judge::new(unapproved);
    assert!(refused(&judge.judge(&opened("a-1"), &around, now)).starts_with("1 of 2 persons"));
}

#[test]
fn a_test_needs_no_approval_and_is_counted_as_the_real_thing() {
    let mut unapproved = settings(Mode::Test);
    unapproved.approved.approvals.clear();
    let (mut judge, around, now) = (Judge::new(unapproved), Around::default(), Instant::now());
    assert_eq!(judge.judge(&opened("a-1"), &around, now), Verdict::WouldHold);
    let soon = now + Duration::from_secs(89);
    assert!(refused(&judge.judge(&opened("a-2"), &around, soon)).contains("rests"));
    let later = now + Duration::from_secs(90);
    assert_eq!(judge.judge(&opened("a-2"), &around, later), Verdict::WouldHold);
}

#[test]
fn it_rests_after_each_hold_and_is_not_held_too_often() {
    let (mut judge, around, mut now) =
        (Judge::new(settings(Mode::Live)), Around::default(), Instant::now());
    let start = now;
    for alert in ["a-1", "a-2", "a-3"] {
        assert_eq!(judge.judge(&opened(alert), &around, now), Verdict::Hold);
        judge.begin(held(alert, now), now);
        let other = judge.judge(&opened("a-9"), &around, now);
        assert_eq!(refused(&other), format!("it is held already, by alert {alert}"));
        let over = AlertNews { turn: Turn::Over, ..opened(alert) };
        assert_eq!(judge.judge(&over, &around, now), Verdict::Release);
        now += Duration::from_secs(10);
        assert_eq!(judge.end("over", now).unwrap().alert_id, alert);
        assert_eq!(judge.end("over", now), None, "once");
        let rests = judge.judge(&opened("a-9"), &around, now + Duration::from_secs(59));
        assert_eq!(refused(&rests), "it rests for another 1 s");
        now += Duration::from_secs(60);
    }
    assert!(
        refused(&judge.judge(&opened("a-4"), &around, now)).contains("3 times in the last hour")
    );
    let mut heir = Judge::new(settings(Mode::Live));
    heir.inherit(&judge);
    assert!(
        matches!(heir.judge(&opened("a-4"), &around, now), Verdict::Refuse(_)),
        "an edit forgets nothing"
    );
    let hour_later = start + Duration::from_secs(3600);
    assert_eq!(judge.judge(&opened("a-4"), &around, hour_later), Verdict::Hold);
}
