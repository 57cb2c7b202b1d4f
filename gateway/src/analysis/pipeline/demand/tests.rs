//! What a rule declares holds, whatever activity is told: an object that stays is reported within its dwell and the
//! time that a look may be left out for.

use std::path::Path;

use camera::{Activity, Offer, Turns};
use detector::Manifest;
use incident::{
    CameraProfile, Grid, GridLevel, GridStep, IncidentTypes, Input, LifecycleSettings, Model,
    Place, RuleSettings,
};
use jiff::tz::Offset;
use proptest::prelude::*;
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::kind::standing::StandingSettings;
use rule::schedule::Schedule;
use rule::{RuleKind, Slug, Zone};
use scene::track::Tracker;
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, Observation, Point, Polygon,
};

use super::*;
use crate::analysis::inference::search;

/// The longest time between two looks at a candidate, and between two key frames.
const CANDIDATE: Duration = Duration::from_secs(5);
const GOP: Duration = Duration::from_secs(2);

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

fn second(secs: u64) -> CaptureTime {
    CaptureTime::from_unix_micros(1_795_309_800_000_000).after(Duration::from_secs(secs))
}

fn rule(kind: impl Into<RuleKind>) -> RuleSettings {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let corners = corners.map(|(x, y)| Point { x, y }).to_vec();
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    RuleSettings {
        id: slug("lane.parking"),
        zone: Zone { id: slug("cam-01.lane"), polygon: Polygon::new(corners).unwrap() },
        incident: types.get("vehicle_illegal_parking").unwrap().clone(),
        kind: kind.into(),
        lifecycle: LifecycleSettings::default(),
        schedule: Schedule::default(),
    }
}

fn standing(dwell_secs: u64) -> RuleSettings {
    rule(StandingSettings::new(vec![Class::new("car")], Duration::from_secs(dwell_secs)))
}

fn profile() -> CameraProfile {
    let path = vec![GridStep { level: GridLevel::Street, code: "110117001".into(), name: None }];
    let (name, version) = ("made".into(), "1".into());
    CameraProfile {
        gateway_id: slug("gw-1"),
        gateway_version: "0.1.0".into(),
        camera_id: slug("cam-01"),
        source: incident::Source::default(),
        gb_id: None,
        utc_offset: Offset::constant(8),
        grid: Grid::new(None, None, path, None).unwrap(),
        place: Place::new(117.112, 40.144, 5.0, None).unwrap(),
        ground: None,
        grid_map: None,
        gcj02: false,
        model: Model { name, version, sha256: None, second_look: Vec::new(), cable: None },
        test: true,
    }
}

/// One camera: its rules, who follows what they see, when it is looked at.
struct Camera {
    assessor: Assessor,
    search: Search,
    tracker: Tracker,
    turns: Turns,
    looks: u32,
}

impl Camera {
    fn new(rules: Vec<RuleSettings>, longest_look_secs: u64) -> Self {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/yolox-nano");
        let manifest = Manifest::load(&models).unwrap();
        let longest = (longest_look_secs > 0).then(|| Duration::from_secs(longest_look_secs));
        let search = search(&rules, &manifest).unwrap().leaving_out(longest);
        let assessor = Assessor::new(profile(), rules).unwrap();
        let turns = Turns::new(watch(&assessor, &search, false).pace());
        let tracker = Tracker::new(search.tracking.clone());
        Self { assessor, search, tracker, turns, looks: 0 }
    }

    fn watch(&self) -> Watch {
        watch(&self.assessor, &self.search, false)
    }

    /// Offers the key frame of this moment; answers when what it shows is said to have begun, not to have
    /// been there, and to have been reported, if it raises an alert.
    fn offer(
        &mut self,
        at: CaptureTime,
        shows_car: bool,
        activity: Activity,
    ) -> Option<incident::alert::Alert> {
        let offer = Offer { at, is_key: true, gop: Some(GOP) };
        if !self.turns.judge(offer, activity).is_look() {
            return None;
        }
        self.looks += 1;
        let bbox = BoundingBox { left: 0.4, top: 0.4, right: 0.6, bottom: 0.6 };
        let car = Detection { class: Class::new("car"), score: 0.8, bbox };
        let observation = Observation {
            captured_at: at,
            clock: Clock { source: ClockSource::SenderReport, error_ms: None },
            detections: shows_car.then_some(car).into_iter().collect(),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let tracks = self.tracker.update(&observation);
        let events = self.assessor.assess(Input::Picture(&observation, tracks));
        let pace = self.watch().pace();
        self.turns.set_pace(pace);
        events.into_iter().next().map(|event| event.alert)
    }
}

proptest! {
    /// Whenever the object comes, whatever is told of activity before and after.
    #[test]
    fn what_stays_is_reported_within_its_dwell_and_the_declared_interval(
        dwell_secs in 20_u64..900,
        longest_look_secs in prop_oneof![Just(0_u64), Just(60), 1_u64..600],
        arrival in 0_u64..900,
        told in prop::collection::vec(0_usize..3, 16),
        always in prop::option::of(0_usize..3),
    ) {
        let mut camera = Camera::new(vec![standing(dwell_secs)], longest_look_secs);
        // A first look makes the camera one before which nothing is in sight.
        prop_assert!(camera.offer(second(0), false, Activity::Unsure).is_none());
        let pace = camera.watch().pace();
        let declared = pace.longest.map_or(pace.interval, |longest| longest.max(pace.interval));
        prop_assert!(declared <= pace.interval * 3);
        let arrival = arrival + 1;
        let latest = second(arrival + dwell_secs).after(declared + CANDIDATE + GOP);
        let all = [Activity::Quiet, Activity::Began, Activity::Unsure];
        let mut reported = None;
        for key in 1..1200_u64 {
            let at = second(key * 2);
            let said = always.unwrap_or(told[(key % 16) as usize]);
            reported = camera.offer(at, key * 2 >= arrival, all[said]);
            if reported.is_some() || at > latest {
                break;
            }
        }
        let times = reported.expect("what stayed is reported in time").times;
        prop_assert!(times.opened_at <= latest);
        // What is said of its beginning is true: it was not there at the one moment, and was at the other.
        prop_assert!(times.first_seen_at >= second(arrival));
        prop_assert!(times.first_seen_at.since(second(arrival)) <= declared + GOP);
        prop_assert!(times.not_before_at.is_some_and(|before| before < second(arrival)));
        prop_assert!(times.first_seen_at.since(times.not_before_at.unwrap()) <= declared + GOP);
    }
}

#[test]
fn a_quiet_camera_is_looked_at_half_as_often_or_less_and_a_candidate_as_often_as_ever() {
    let looks = |longest_look_secs| {
        let mut camera = Camera::new(vec![standing(300)], longest_look_secs);
        for key in 0..1800 {
            camera.offer(second(key * 2), false, Activity::Quiet);
        }
        let empty = camera.looks;
        for key in 1800..1950 {
            camera.offer(second(key * 2), true, Activity::Quiet);
        }
        (empty, camera.looks - empty)
    };
    let ((usual, with_car), (fewer, with_car_too)) = (looks(0), looks(60));
    assert_eq!((usual, fewer), (120, 60));
    assert!(with_car.abs_diff(with_car_too) <= 16, "{with_car} {with_car_too}");
}

#[test]
fn what_is_learnt_from_pixels_needs_every_look_and_one_that_somebody_waits_for_is_not_left_out() {
    let limit = ObstructionLimit::Share(0.3);
    let mut camera =
        Camera::new(vec![rule(ObstructionSettings::new(limit, Duration::from_mins(5)))], 60);
    camera.offer(second(0), false, Activity::Unsure);
    let pace = camera.watch().pace();
    assert!(pace.longest.is_none_or(|longest| longest <= pace.interval), "{pace:?}");
    let mut camera = Camera::new(vec![standing(300)], 60);
    camera.offer(second(0), false, Activity::Unsure);
    assert_eq!(camera.watch().pace().longest, Some(Duration::from_mins(1)));
    assert_eq!(watch(&camera.assessor, &camera.search, true).pace().longest, None);
    assert!(patience(&camera.watch()) >= Duration::from_secs(90));
}
