//! Cases whose gateway says odd things, or the same again and again.

use super::*;

/// An opened case whose first report of "handled" is not true, up to its request for a check.
fn up_to_request(profile: Profile) -> (Town, Scene, String) {
    let mut town = Town::new(profile);
    let mut scene = Scene::new(1, "vehicle_illegal_parking");
    let opened = scene.alert("open", None);
    town.hear(opened);
    let request = said(&mut town, Event::VerifyRequest);
    (town, scene, request)
}

/// Goes on until `event` is said; its `msg_id`.
fn said(town: &mut Town, event: Event) -> String {
    for _ in 0..1000 {
        let letters = town.step().expect("something is still to come");
        if let Some(feedback) = letters.into_iter().find(|feedback| feedback.event == event) {
            return feedback.msg_id;
        }
    }
    panic!("never said: {event:?}");
}

fn liars() -> Profile {
    let mut profile = calm("s3-five-levels");
    profile.fate.false_close = share(1.0);
    profile
}

#[test]
fn what_comes_back_after_endless_news_is_taken_up_again_once() {
    let mut town = Town::new(calm("s2-five-steps"));
    let mut scene = Scene::new(1, "material_pile");
    for action in std::iter::once("open").chain(["update"; 600]).chain(["clear"]) {
        let alert = scene.alert(action, None);
        town.hear(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    for action in ["update", "clear"] {
        let alert = scene.alert(action, None);
        town.hear(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    let again = town.said.iter().filter(|said| said.event == Event::Reopened);
    assert_eq!(again.count(), 1);
    let last = town.said.last().unwrap();
    assert_eq!((last.event, last.case.stage_name.as_deref()), (Event::Evaluated, Some("评估")));
}

#[test]
fn a_handler_reacts_to_a_clear_that_repeats_an_earlier_verdict() {
    let (mut town, mut scene, request) = up_to_request(liars());
    let found = scene.alert("verify", Some((&request, Verdict::Failed)));
    town.hear(found);
    said(&mut town, Event::Handling);
    let cleared = scene.alert("clear", Some((&request, Verdict::Failed)));
    let cleared_at = town.now;
    town.hear(cleared);
    said(&mut town, Event::Handled);
    assert!(town.now <= cleared_at + Duration::from_secs(1), "it waits until {}", town.now);
}

#[test]
fn a_verdict_takes_the_place_of_an_inconclusive_one() {
    let (mut town, mut scene, request) = up_to_request(liars());
    for verdict in [Verdict::Inconclusive, Verdict::Passed] {
        let found = scene.alert("verify", Some((&request, verdict)));
        town.hear(found);
    }
    town.play(&mut scene, &[]);
    let report = town.desk.report();
    assert_eq!((report.passed, report.inconclusive), (1, 0), "{report}");
    assert_eq!(report.false_closes.escaped, 1, "{report}");
}

#[test]
fn what_is_no_alert_is_shown_and_counts() {
    let mut town = Town::new(calm("s2-five-steps"));
    assert!(town.desk.report().is_answered());
    town.desk.hear_unreadable();
    let report = town.desk.report();
    assert!(!report.is_answered());
    assert!(report.to_string().ends_with("messages that are no alert: 1\n"), "{report}");
}
