//! A film before the real tracker and the real rules, with a gap.

use std::time::Duration;

use incident::{Assessor, IncidentTypes, Input, LifecycleSettings, RuleSettings};
use rule::Zone;
use rule::kind::standing::StandingSettings;
use scene::track::{Tracker, TrackerSettings};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, Observation, ObservationGap,
    Point, Polygon,
};

use crate::film::PICTURES_A_SECOND;
use crate::site::{camera, slug};

const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);

/// An alert: of which zone, and since when the rule believes that somebody stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) zone: usize,
    pub(crate) since: f64,
}

/// Which pictures are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looks {
    /// Seconds from one to the next; a busy box is up to two pictures late.
    pub(crate) pace: f64,
    /// When the first is.
    pub(crate) first: f64,
    /// When the eye dies, and for how long nothing is seen then.
    pub(crate) gap: (f64, f64),
}

impl Looks {
    /// Whether each picture in turn is looked at.
    fn are_due(self) -> impl FnMut(f64) -> bool {
        let picture = 1.0 / f64::from(PICTURES_A_SECOND);
        let (gap, until) = (self.gap.0, self.gap.0 + self.gap.1);
        let (mut due, mut dice) = (self.first, 0_u8);
        move |time| {
            if time < due || (gap..until).contains(&time) {
                return false;
            }
            dice = (dice * 5 + 3) % 32;
            due = time + self.pace + f64::from(dice % 3) * picture;
            true
        }
    }
}

/// One rule a zone: a person stands there for the dwell.
fn assessor(zones: &[BoundingBox], dwell: f64) -> Assessor {
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let rule = |(number, zone): (usize, &BoundingBox)| {
        let corners = [
            (zone.left, zone.top),
            (zone.right, zone.top),
            (zone.right, zone.bottom),
            (zone.left, zone.bottom),
        ];
        let polygon = Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec()).unwrap();
        RuleSettings {
            id: slug(&format!("stay-{number}")),
            zone: Zone { id: slug(&number.to_string()), polygon },
            incident: types.get("other").unwrap().clone(),
            kind: StandingSettings::new(vec![Class::new("person")], Duration::from_secs_f64(dwell))
                .into(),
            lifecycle: LifecycleSettings::default(),
            schedule: rule::schedule::Schedule::default(),
        }
    };
    Assessor::new(camera(), zones.iter().enumerate().map(rule).collect()).unwrap()
}

/// The alerts that are opened.
pub(crate) fn alerts(
    film: &[Vec<Detection>],
    zones: &[BoundingBox],
    dwell: f64,
    looks: Looks,
) -> Vec<Told> {
    let (mut assessor, mut tracker) =
        (assessor(zones, dwell), Tracker::new(TrackerSettings::default()));
    let mut told = Vec::new();
    let mut is_due = looks.are_due();
    let mut seen_at = START;
    for (number, detections) in (0_u32..).zip(film) {
        let at = f64::from(number) / f64::from(PICTURES_A_SECOND);
        if !is_due(at) {
            continue;
        }
        let observation = Observation {
            captured_at: START.after(Duration::from_secs_f64(at)),
            clock: Clock { source: ClockSource::Arrival, error_ms: None },
            detections: detections.clone(),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let captured_at = observation.captured_at;
        let death = START.after(Duration::from_secs_f64(looks.gap.0));
        let due = seen_at.after(Duration::from_secs_f64(looks.pace));
        if looks.gap.1 > 0.0 && (seen_at..captured_at).contains(&death) && due < captured_at {
            let gap = ObservationGap { from: due, to: captured_at };
            tracker.gap(&gap);
            assessor.gap(gap);
        }
        seen_at = captured_at;
        let tracks = tracker.update(&observation);
        for event in assessor.assess(Input::Picture(&observation, tracks)) {
            if event.alert.action.as_str() == "open" {
                let zone = event.alert.detection.zone.as_str().parse().unwrap();
                let since = event.alert.times.first_seen_at.since(START).as_secs_f64();
                told.push(Told { zone, since });
            }
        }
    }
    told
}
