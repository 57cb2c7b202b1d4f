//! What a camera's day costs on disk, how fast it is read, how long a rule takes over a week.
//!
//! `cargo bench -p archive`. An hour of each scene goes through the real tracker and is then
//! repeated for a week, so that files of real size are written and read. The recorded street is
//! what the shipped detector saw of it (`scene/tests/recorded_street.txt`), over and over. The others
//! are made up, with the detector's jitter: a parked row with a passer-by now and then, and a
//! crossing full of walkers.
#![expect(clippy::print_stdout, reason = "the figures are the bench's output")]
#![expect(clippy::cast_precision_loss, reason = "figures of three digits")]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use archive::{Archive, Entry, Replay, Retention};
use incident::{
    Assessor, CameraProfile, Grid, GridLevel, GridStep, IncidentTypes, Input, LifecycleSettings,
    Model, Place, RuleSettings,
};
use rule::kind::standing::StandingSettings;
use rule::{Slug, Zone};
use scene::track::{Track, Tracker, TrackerSettings};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, Observation, Point, Polygon,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CAMERA: &str = "cam-01";
/// 2026-07-22T00:00:00Z
const BEGIN: CaptureTime = CaptureTime::from_unix_micros(1_784_678_400_000_000);
const HOUR: Duration = Duration::from_secs(3600);
const HOURS: u32 = 7 * 24;

struct SceneKind {
    name: &'static str,
    interval: Duration,
    detections: fn(&mut Dice, f32) -> Vec<Detection>,
}

const SCENES: [SceneKind; 5] = [
    SceneKind { name: "empty lane", interval: Duration::from_secs(5), detections: |_, _| vec![] },
    SceneKind { name: "parked row", interval: Duration::from_secs(5), detections: parked_row },
    SceneKind { name: "slow street", interval: Duration::from_secs(5), detections: street },
    SceneKind { name: "street", interval: Duration::from_millis(500), detections: street },
    SceneKind { name: "crossing", interval: Duration::from_millis(200), detections: crossing },
];

fn main() -> Result<()> {
    println!(
        "{:<12}{:>10}{:>9}{:>12}{:>10}{:>14}{:>14}",
        "scene", "pictures", "tracks", "bytes", "bytes per", "read, million", "one rule over"
    );
    println!(
        "{:<12}{:>10}{:>9}{:>12}{:>10}{:>14}{:>14}",
        "", "a day", "", "a day", "picture", "pictures/s", "a week, CPU s"
    );
    for kind in &SCENES {
        let folder = tempfile::tempdir()?;
        let hour = hour_of(kind)?;
        let shown: usize = hour.iter().map(|(_, tracks)| tracks.len()).sum();
        let bytes = record(folder.path(), &hour)?;
        let (pictures, read) = read(folder.path())?;
        let judged = judge(folder.path())?;
        println!(
            "{:<12}{:>10}{:>9.1}{:>12.0}{:>10.2}{:>14.2}{:>14.3}",
            kind.name,
            pictures / 7,
            shown as f64 / hour.len() as f64,
            bytes as f64 / 7.0,
            bytes as f64 / pictures as f64,
            pictures as f64 / read.as_secs_f64().max(0.01) / 1e6,
            judged.as_secs_f64(),
        );
    }
    Ok(())
}

type Picture = (Observation, Vec<Track>);

/// An hour as the tracker tells it, lost tracks left out.
fn hour_of(kind: &SceneKind) -> Result<Vec<Picture>> {
    let mut dice = Dice(1);
    let mut tracker = Tracker::new(TrackerSettings::default());
    let count = u32::try_from(HOUR.as_micros() / kind.interval.as_micros())?;
    let picture = |number: u32| {
        let passed = kind.interval * number;
        // RTP ticks of 1/90000 s, and the error as each packet's way through the network has it.
        let rounding = Duration::from_micros(u64::from(dice.below(11)));
        let error_ms = Some(20 + dice.below(6));
        let observation = Observation {
            captured_at: BEGIN.after(passed + rounding),
            clock: Clock { source: ClockSource::SenderReport, error_ms },
            detections: (kind.detections)(&mut dice, passed.as_secs_f32()),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let at = observation.captured_at;
        let tracks = tracker.update(&observation);
        let tracks = tracks.iter().filter(|track| track.last_seen_at == at).cloned().collect();
        (Observation { detections: Vec::new(), ..observation }, tracks)
    };
    Ok((0..count).map(picture).collect())
}

/// A week of it; the bytes written.
fn record(folder: &Path, hour: &[Picture]) -> Result<u64> {
    let retention = Retention { days: 30, max_bytes: 1 << 40 };
    let mut recorder = Archive::open(folder, retention)?.recorder(CAMERA);
    for number in 0..HOURS {
        let later = |at: CaptureTime| at.after(HOUR * number);
        for (observation, tracks) in hour {
            let observation =
                Observation { captured_at: later(observation.captured_at), ..observation.clone() };
            let tracks: Vec<Track> = tracks
                .iter()
                .map(|track| Track {
                    first_seen_at: later(track.first_seen_at),
                    last_seen_at: later(track.last_seen_at),
                    still_since: later(track.still_since),
                    ..track.clone()
                })
                .collect();
            recorder.record(&observation, &tracks)?;
        }
    }
    recorder.flush()?;
    Ok(recorder.totals().bytes)
}

fn open(folder: &Path) -> Result<Replay> {
    Ok(Replay::open(folder, CAMERA, BEGIN..BEGIN.after(HOUR * (HOURS + 1)))?)
}

fn read(folder: &Path) -> Result<(u64, Duration)> {
    let begun = cpu_time()?;
    let (mut pictures, mut shown) = (0, 0);
    let mut replay = open(folder)?;
    while let Some(entry) = replay.next_entry()? {
        if let Entry::Picture { tracks, .. } = entry {
            pictures += 1;
            shown += tracks.len();
        }
    }
    std::hint::black_box(shown);
    Ok((pictures, cpu_time()? - begun))
}

fn judge(folder: &Path) -> Result<Duration> {
    let begun = cpu_time()?;
    let mut assessor = Assessor::new(profile()?, vec![rule()?])?;
    let mut messages = 0;
    let mut replay = open(folder)?;
    while let Some(entry) = replay.next_entry()? {
        match entry {
            Entry::Picture { observation, tracks } => {
                messages += assessor.assess(Input::Picture(observation, tracks)).len();
            }
            Entry::Gap(gap) => assessor.gap(gap),
            Entry::Signal(_) | Entry::Restart => {}
        }
    }
    std::hint::black_box(messages);
    Ok(cpu_time()? - begun)
}

/// Five minutes of anything in the middle of the picture.
fn rule() -> Result<RuleSettings> {
    let corners = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)].map(|(x, y)| Point { x, y });
    let classes = ["car", "truck", "person"].map(Class::new).to_vec();
    let types = IncidentTypes::parse(IncidentTypes::STANDARD)?;
    let incident = types.get("fire_passage_blocked").ok_or("no such type")?.clone();
    let polygon = Polygon::new(corners.to_vec())?;
    Ok(RuleSettings {
        id: Slug::new("middle")?,
        zone: Zone { id: Slug::new("cam-01.middle")?, polygon },
        incident,
        kind: StandingSettings::new(classes, Duration::from_secs(300)).into(),
        lifecycle: LifecycleSettings::default(),
        schedule: rule::schedule::Schedule::default(),
    })
}

/// What this process has used of the processors: a shared machine's wall clock says little. In ticks
/// of 1/100 s (man 5 proc).
fn cpu_time() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no such fields in /proc/self/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<std::result::Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn profile() -> Result<CameraProfile> {
    let path = vec![GridStep { level: GridLevel::Street, code: "110117001".into(), name: None }];
    Ok(CameraProfile {
        gateway_id: Slug::new("gw-1")?,
        gateway_version: "0.1.0".into(),
        camera_id: Slug::new(CAMERA)?,
        source: incident::Source::default(),
        gb_id: None,
        utc_offset: jiff::tz::Offset::constant(8),
        grid: Grid::new(None, None, path, None)?,
        place: Place::new(117.112, 40.144, 5.0, None)?,
        ground: None,
        grid_map: None,
        gcj02: false,
        model: Model {
            name: "bench".into(),
            version: "1".into(),
            sha256: None,
            second_look: Vec::new(),
            cable: None,
        },
        test: true,
    })
}

/// Numbers that look random and are the same in each run (splitmix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.throw() % u64::from(limit)).unwrap_or(0) // less than `limit`
    }

    /// At most `reach` from zero, the middle likelier than the ends.
    fn jitter(&mut self, span: f32) -> f32 {
        let mut one = || (self.below(2001) as f32 - 1000.0) / 1000.0;
        (one() + one() + one()) / 3.0 * span
    }
}

/// As a detector finds it: each edge off by up to two pixels of 1000, most by less than one.
fn found(dice: &mut Dice, class: &str, (x, y): (f32, f32), (w, h): (f32, f32)) -> Detection {
    let mut about = |edge: f32| edge + dice.jitter(0.002);
    let (left, top, right, bottom) = (about(x), about(y), about(x + w), about(y + h));
    let bbox = BoundingBox { left, top, right, bottom };
    Detection { class: Class::new(class), score: 0.75 + dice.jitter(0.1), bbox }
}

/// Five cars that stay; for a minute of every ten someone walks by.
fn parked_row(dice: &mut Dice, secs: f32) -> Vec<Detection> {
    let mut seen: Vec<_> =
        [0.05, 0.23, 0.41, 0.59, 0.77].map(|x| found(dice, "car", (x, 0.5), (0.15, 0.14))).into();
    if secs % 600.0 < 60.0 {
        seen.push(found(dice, "person", (secs % 60.0 / 66.0, 0.6), (0.04, 0.2)));
    }
    seen
}

/// Twenty people on their ways and five cars at the kerb; one detection in twenty is missed.
fn crossing(dice: &mut Dice, secs: f32) -> Vec<Detection> {
    let mut seen: Vec<_> =
        [0.05, 0.23, 0.41, 0.59, 0.77].map(|x| found(dice, "car", (x, 0.05), (0.15, 0.14))).into();
    for walker in 0..20_u8 {
        let pace = 12.0 + f32::from(walker);
        let way = (secs + 7.0 * f32::from(walker)) / pace;
        let x = if walker % 2 == 0 { way.fract() } else { 1.0 - way.fract() };
        let y = 0.25 + 0.03 * f32::from(walker);
        seen.push(found(dice, "person", (0.96 * x, y), (0.035, 0.14)));
    }
    seen.retain(|_| dice.below(20) != 0);
    seen
}

/// The recorded street, from its beginning again after its end.
fn street(_: &mut Dice, secs: f32) -> Vec<Detection> {
    const SEEN: &str = include_str!("../../scene/tests/recorded_street.txt");
    thread_local! {
        static PICTURES: Vec<Vec<Detection>> = SEEN
            .split("\n# ")
            .skip(1)
            .map(|picture| picture.lines().skip(1).filter_map(detection).collect())
            .collect();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "half seconds")]
    let number = (secs * 2.0) as usize;
    PICTURES.with(|pictures| pictures[number % pictures.len()].clone())
}

/// None if the line is no detection.
fn detection(line: &str) -> Option<Detection> {
    let (class, numbers) = line.split_once(' ')?;
    let numbers: Vec<f32> = numbers.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [score, left, top, right, bottom] = numbers[..] else { return None };
    let bbox = BoundingBox { left, top, right, bottom };
    Some(Detection { class: Class::new(class), score, bbox })
}
