//! Cases whose gateway sends odd messages, or the same message again and again.

use std::time::Duration;

use super::town::{Scene, Town, calm, share};
use crate::centre::alert::Verdict;
use crate::centre::event::Event;
use crate::centre::profile::Profile;

/// An open case whose first report of "handled" is false, up to its request for a re-check.
fn up_to_request(profile: Profile) -> (Town, Scene, String) {
    let mut town = Town::new(profile);
    let mut scene = Scene::new(1, "vehicle_illegal_parking");
    let opened = scene.alert("open", None);
    town.take_alert(opened);
    let request = until(&mut town, Event::VerifyRequest);
    (town, scene, request)
}

/// Goes on until `event` is sent, and returns its `msg_id`.
fn until(town: &mut Town, event: Event) -> String {
    for _ in 0..1000 {
        let sent = town.step().expect("something is still to come");
        if let Some(feedback) = sent.into_iter().find(|feedback| feedback.event == event) {
            return feedback.msg_id;
        }
    }
    panic!("never sent: {event:?}");
}

fn liars() -> Profile {
    let mut profile = calm("s3-five-levels");
    profile.fate.false_close = share(1.0);
    profile
}

#[test]
fn what_comes_back_after_endless_updates_is_reopened_once() {
    let mut town = Town::new(calm("s2-five-steps"));
    let mut scene = Scene::new(1, "material_pile");
    for action in std::iter::once("open").chain(["update"; 600]).chain(["clear"]) {
        let alert = scene.alert(action, None);
        town.take_alert(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    for action in ["update", "clear"] {
        let alert = scene.alert(action, None);
        town.take_alert(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    let again = town.sent.iter().filter(|sent| sent.event == Event::Reopened);
    assert_eq!(again.count(), 1);
    let last = town.sent.last().unwrap();
    assert_eq!((last.event, last.case.stage_name.as_deref()), (Event::Evaluated, Some("评估")));
}

#[test]
fn a_handler_reacts_to_a_clear_that_repeats_an_earlier_verdict() {
    let (mut town, mut scene, request) = up_to_request(liars());
    let found = scene.alert("verify", Some((&request, Verdict::Failed)));
    town.take_alert(found);
    until(&mut town, Event::Handling);
    let cleared = scene.alert("clear", Some((&request, Verdict::Failed)));
    let cleared_at = town.now;
    town.take_alert(cleared);
    until(&mut town, Event::Handled);
    assert!(town.now <= cleared_at + Duration::from_secs(1), "it waits until {}", town.now);
}

#[test]
fn a_verdict_takes_the_place_of_an_inconclusive_one() {
    let (mut town, mut scene, request) = up_to_request(liars());
    for verdict in [Verdict::Inconclusive, Verdict::Passed] {
        let found = scene.alert("verify", Some((&request, verdict)));
        town.take_alert(found);
    }
    town.play(&mut scene, &[]);
    let report = town.register.report();
    assert_eq!((report.passed, report.inconclusive), (1, 0), "{report}");
    assert_eq!(report.false_closes.escaped, 1, "{report}");
}

#[test]
fn what_is_not_an_alert_is_shown_and_counts() {
    let mut town = Town::new(calm("s2-five-steps"));
    assert!(town.register.report().is_answered());
    town.register.count_unreadable();
    let report = town.register.report();
    assert!(!report.is_answered());
    assert!(report.to_string().ends_with("messages that are not an alert: 1\n"), "{report}");
}
