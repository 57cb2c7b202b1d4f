//! What checkpoints and devices are told, and what not.

use std::sync::Arc;
use std::time::Duration;

use incident::{Crossed, EbikeSeen, Seen};
use intake::{DeviceHealth, DeviceState, Mailbox, Posted};
use rule::Slug;
use runtime::utc_now;
use scene::{
    BoundingBox, Clock, ClockSource, DoorEvent, Reading, Signal, SignalKind, SignalSource,
    SignalValue,
};

use super::feed::CheckpointFeed;
use super::routes::{CameraRoute, CheckpointRoutes};

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

/// A checkpoint with one door and a line, and a smoke detector before the same camera.
fn feed() -> (Arc<Mailbox>, CheckpointFeed) {
    let mailbox = Arc::<Mailbox>::default();
    let feed = CheckpointFeed::new(Arc::clone(&mailbox));
    let mut routes = CheckpointRoutes::default();
    routes.points.insert(("acs-1".to_owned(), "gate".to_owned()), vec!["kk-1".into()]);
    let route = |of_guard| vec![CameraRoute { checkpoint: "kk-1".into(), of_guard }];
    routes.rules.insert(("cam-1".to_owned(), slug("in")), route(false));
    routes.rules.insert(("cam-1".to_owned(), slug("guard")), route(true));
    routes.beside.insert("cam-1".to_owned(), vec!["smoke-1".into()]);
    feed.follow(routes);
    (mailbox, feed)
}

fn told(mailbox: &Mailbox) -> Vec<String> {
    let posted = mailbox.take(Duration::ZERO);
    let words = posted.iter().map(|Posted { signal, .. }| {
        let source = signal.source();
        format!("{} {} {}: {:?}", source.device, source.point, signal.kind(), signal.reading())
    });
    words.collect()
}

fn said(point: &str, kind: SignalKind, value: SignalValue) -> Signal {
    let source = SignalSource { device: "acs-1".into(), point: point.into() };
    let clock = Clock { source: ClockSource::Arrival, error_ms: None };
    Signal::new(source, kind, Reading::Good(value), utc_now(), clock).unwrap()
}

#[test]
fn what_its_door_says_is_handed_on_once_and_nothing_of_other_doors() {
    let (mailbox, feed) = feed();
    let granted = SignalValue::Code(DoorEvent::AccessGranted);
    let said = [
        said("gate", SignalKind::DoorEvent, granted),
        said("cellar", SignalKind::DoorEvent, granted),
        said("device", SignalKind::Heartbeat, SignalValue::Flag(true)),
    ];
    let heard = feed.heard(said.iter());
    let [(checkpoint, signals)] = heard.iter().collect::<Vec<_>>().try_into().unwrap();
    let sources: Vec<&str> = signals.iter().map(|it| &*it.source().point).collect();
    assert_eq!((&**checkpoint, sources), ("kk-1", vec!["acs-1/gate", "acs-1/device"]));
    assert!(signals.iter().all(|it| &*it.source().device == "kk-1"), "they are its own");
    assert!(feed.heard(signals.iter()).is_empty(), "what is handed on goes no further");
    assert!(told(&mailbox).is_empty(), "and is told by nobody else");
}

#[test]
fn a_controller_that_goes_is_told_once_and_again_after_an_edit() {
    let (mailbox, feed) = feed();
    let health = DeviceHealth::default();
    feed.keep_health("kk-1", Some(health.clone()));
    for _ in 0..3 {
        feed.tell_presence("acs-1", false);
        feed.tell_presence("acs-2", false);
    }
    let DeviceState::Offline { reason } = health.get().state else { panic!("it is away") };
    assert!(reason.starts_with("acs-1 does not answer"), "{reason}");
    assert_eq!(told(&mailbox), ["kk-1 acs-1/device heartbeat: Good(Flag(false))"]);
    feed.tell_presence("acs-1", true);
    assert_eq!(told(&mailbox).len(), 1);
    assert_eq!(health.get().state, DeviceState::Online);
    feed.follow(CheckpointRoutes::default());
    feed.tell_presence("acs-1", true);
    assert!(told(&mailbox).is_empty(), "nobody hears it any more");
}

#[test]
fn a_camera_tells_of_crossings_guard_and_e_bike_and_is_asked_for_one_picture() {
    let (mailbox, feed) = feed();
    let person = |left: f32| BoundingBox { left, top: 0.2, right: left + 0.1, bottom: 0.6 };
    let crossed = |rule: &str| Crossed {
        rule: slug(rule),
        people: vec![person(0.1), person(0.5), person(0.5)],
        unsure: 1,
    };
    let seen = Seen {
        crossed: vec![crossed("in"), crossed("elsewhere")],
        guards: vec![(slug("guard"), false)],
        ebike: Some(EbikeSeen { stands: true, has_wire: true }),
    };
    let mut asked = 0;
    feed.see(("cam-1", utc_now()), &seen, |boxes| {
        asked = boxes.len();
        Err("no eye here".to_owned())
    });
    assert_eq!(asked, 3, "a picture with all three");
    let first = [
        "kk-1 cam-1 crossing: Good(Number(2.0))",
        "kk-1 cam-1 crossing: Uncertain(Number(1.0))",
        "kk-1 cam-1 guard: Good(Flag(false))",
        "smoke-1 cam-1 charging_wire: Good(Flag(true))",
        "smoke-1 cam-1 ebike: Good(Flag(true))",
    ];
    assert_eq!(told(&mailbox), first);
    let lasts = Seen { crossed: Vec::new(), ..seen.clone() };
    feed.see(("cam-1", utc_now()), &lasts, |_| Err("nobody asks".to_owned()));
    assert!(told(&mailbox).is_empty(), "what lasts is not told with each picture");
    feed.see(("cam-2", utc_now()), &seen, |_| Err("nobody asks".to_owned()));
    assert!(told(&mailbox).is_empty(), "another camera is no witness");
    let incident = uuid::Uuid::from_u128(7);
    feed.note_hazard("smoke-1", Some(incident));
    assert_eq!((feed.hazard_at("cam-1"), feed.hazard_at("cam-2")), (Some(incident), None));
    feed.note_hazard("smoke-1", None);
    assert_eq!(feed.hazard_at("cam-1"), None);
}

#[test]
fn what_a_camera_dates_ahead_is_told_as_of_now() {
    let (mailbox, feed) = feed();
    let person = BoundingBox { left: 0.1, top: 0.2, right: 0.2, bottom: 0.6 };
    let crossed = Crossed { rule: slug("in"), people: vec![person], unsure: 0 };
    let seen = Seen { crossed: vec![crossed], ..Seen::default() };
    let ahead = utc_now().after(Duration::from_mins(1));
    feed.see(("cam-1", ahead), &seen, |_| Err("no eye here".to_owned()));
    let [posted] = mailbox.take(Duration::ZERO).try_into().unwrap();
    assert!(posted.signal.captured_at() <= utc_now());
}
