//! What one picture costs each kind of rule, and how that grows with tracks and zones.
//!
//! `cargo bench -p incident --bench rule_step`. Half of the objects stand and tremble, the others
//! walk; the zones are upright strips of the picture. Machines differ, so each figure is also shown
//! as a ratio to `standing` in the same run.
#![expect(clippy::print_stdout, reason = "the figures are the bench's output")]
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::time::{Duration, Instant};

use incident::{
    Assessor, CameraProfile, Grid, GridLevel, GridStep, IncidentTypes, Input, LifecycleSettings,
    Model, Place, RuleSettings,
};
use rule::RuleKind;
use rule::kind::beside::BesideSettings;
use rule::kind::crossing::CrossingSettings;
use rule::kind::gathering::GatheringSettings;
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::kind::prohibited::ProhibitedSettings;
use rule::kind::stall::StallSettings;
use rule::kind::standing::StandingSettings;
use rule::{Slug, Zone};
use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, GroundPlane, Observation, Point, Polygon,
};

const PICTURES: u16 = 1_000;
const ROUNDS: usize = 5;
const TRACKS: [u16; 3] = [5, 20, 60];
const ZONES: [u8; 2] = [1, 8];

type AnyError = Box<dyn std::error::Error>;

/// Every kind to be measured; the first is what the others are compared with.
fn kinds() -> Vec<(&'static str, RuleKind)> {
    let person = || vec![Class::new("person")];
    let dwell = Duration::from_secs(30);
    let line = [Point { x: 0.0, y: 0.5 }, Point { x: 1.0, y: 0.5 }];
    let obstruction = |limit| {
        ObstructionSettings { except: Vec::new(), ..ObstructionSettings::new(limit, dwell) }.into()
    };
    vec![
        ("standing", StandingSettings::new(person(), dwell).into()),
        ("gathering", GatheringSettings::new(person(), 3).into()),
        ("stall", StallSettings::new(person()).into()),
        ("beside", BesideSettings::new(person(), person(), dwell).into()),
        ("prohibited", ProhibitedSettings::new(person()).into()),
        ("crossing", CrossingSettings::new(person(), line).into()),
        ("obstruction share", obstruction(ObstructionLimit::Share(0.02))),
        ("obstruction width", obstruction(ObstructionLimit::ClearWidth { metres: 1.0 })),
    ]
}

fn main() -> Result<(), AnyError> {
    println!("{:<18} {:>6} {:>6} {:>12} {:>12}", "kind", "tracks", "zones", "us/picture", "ratio");
    for tracks in TRACKS {
        let pictures: Vec<_> = (0..PICTURES).map(|n| picture(n, tracks)).collect();
        for zones in ZONES {
            let mut baseline = None;
            for (name, kind) in kinds() {
                let micros = measure(&kind, zones, &pictures)?;
                let ratio = micros / *baseline.get_or_insert(micros);
                println!("{name:<18} {tracks:>6} {zones:>6} {micros:>12.2} {ratio:>12.2}");
            }
        }
    }
    Ok(())
}

/// Microseconds a picture: the median of several rounds, each with a new assessor.
fn measure(
    kind: &RuleKind,
    zones: u8,
    pictures: &[(Observation, Vec<Track>)],
) -> Result<f64, AnyError> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let rules = (0..zones).map(|n| rule(kind, n, zones)).collect::<Result<_, _>>()?;
        let mut assessor = Assessor::new(camera()?, rules)?;
        let begun = Instant::now();
        for (observation, tracks) in pictures {
            std::hint::black_box(assessor.assess(Input::Picture(observation, tracks)));
        }
        rounds.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(PICTURES));
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds.get(ROUNDS / 2).copied().unwrap_or_default())
}

fn rule(kind: &RuleKind, number: u8, zones: u8) -> Result<RuleSettings, AnyError> {
    let corner = |strip: u8, y| Point { x: f32::from(strip) / f32::from(zones), y };
    let corners = vec![
        corner(number, 0.3),
        corner(number + 1, 0.3),
        corner(number + 1, 1.0),
        corner(number, 1.0),
    ];
    let types = IncidentTypes::parse(IncidentTypes::STANDARD)?;
    let incident = types.get("fire_passage_blocked").ok_or("no such type")?.clone();
    let id = Slug::new(&format!("cam-01.zone-{number}"))?;
    Ok(RuleSettings {
        id: Slug::new("rule")?,
        zone: Zone { id, polygon: Polygon::new(corners)? },
        incident,
        kind: kind.clone(),
        lifecycle: LifecycleSettings::default(),
        schedule: rule::schedule::Schedule::default(),
    })
}

/// A camera above a street whose horizon lies at a fifth of the picture.
fn camera() -> Result<CameraProfile, AnyError> {
    let ground = GroundPlane::from_homography([2.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, 1.0, -0.2]);
    let street = GridStep { level: GridLevel::Street, code: "110117001".to_owned(), name: None };
    Ok(CameraProfile {
        gateway_id: Slug::new("gw-01")?,
        gateway_version: "0.1.0".to_owned(),
        camera_id: Slug::new("cam-01")?,
        source: incident::Source::default(),
        gb_id: None,
        utc_offset: jiff::tz::Offset::constant(8),
        grid: Grid::new(Some("110117001003007".to_owned()), None, vec![street], None)?,
        place: Place::new(117.112, 40.144, 4.5, None)?,
        ground: Some(ground),
        grid_map: None,
        gcj02: false,
        model: Model {
            name: "model".into(),
            version: "1.0".into(),
            sha256: None,
            second_look: Vec::new(),
            cable: None,
        },
        test: true,
    })
}

/// The `n`th picture, a fifth of a second after the one before, with what a tracker says of it.
fn picture(n: u16, objects: u16) -> (Observation, Vec<Track>) {
    let captured_at = CaptureTime::from_unix_micros(1_795_309_800_000_000)
        .after(Duration::from_millis(200) * u32::from(n));
    let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
    let tracks = (0..objects).map(|object| track(n, object, captured_at)).collect();
    (
        Observation {
            captured_at,
            clock,
            detections: Vec::new(),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        },
        tracks,
    )
}

fn track(n: u16, object: u16, now: CaptureTime) -> Track {
    // Rows of ten; the odd ones walk up and down the picture.
    let (row, column) = (f32::from(object / 10), f32::from(object % 10));
    let tremble = 0.002 * (f32::from(n) * 1.7 + f32::from(object)).sin();
    let walks = object % 2 == 1;
    let walk = if walks { 0.25 * (f32::from(n) / 25.0 + f32::from(object)).sin() } else { 0.0 };
    let left = 0.01 + column * 0.095 + tremble;
    let bottom = (0.45 + row * 0.08 + walk + tremble).clamp(0.2, 1.0);
    let first_seen_at = CaptureTime::from_unix_micros(1_795_309_800_000_000);
    Track {
        id: TrackId(object.into()),
        class: Class::new("person"),
        bbox: BoundingBox { left, top: bottom - 0.15, right: left + 0.05, bottom },
        score: 0.8,
        state: TrackState::Confirmed,
        first_seen_at,
        last_seen_at: now,
        still_since: if walks { now } else { first_seen_at },
        hits: u32::from(n) + 1,
    }
}
