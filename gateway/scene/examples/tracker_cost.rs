//! What one picture costs the tracker: 30 objects, half of them standing, jittering boxes.
//!
//! `cargo run --release -p scene --example tracker_cost`
#![expect(clippy::print_stdout, reason = "the figure is the example's output")]

use std::time::Instant;

use scene::track::{Tracker, TrackerSettings};
use scene::{BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, Observation};

const OBJECTS: u16 = 30;
const PICTURES: u16 = 20_000;

fn main() {
    let pictures: Vec<Observation> = (0..PICTURES).map(picture).collect();
    let mut tracker = Tracker::new(TrackerSettings::default());
    let begun = Instant::now();
    let mut tracks = 0;
    for picture in &pictures {
        tracks += tracker.update(picture).len();
    }
    let micros = begun.elapsed().as_secs_f64() * 1e6 / f64::from(PICTURES);
    let live = tracks / usize::from(PICTURES);
    println!("{micros:.1} us a picture with {live} tracks");
}

fn picture(n: u16) -> Observation {
    let class = Class::new("person");
    let detections = (0..OBJECTS).map(|object| {
        // Rows of six; the odd ones walk to and fro.
        let (row, column) = (f32::from(object / 6), f32::from(object % 6));
        let phase = f32::from(n) / 25.0 + f32::from(object);
        let walk = if object % 2 == 1 { 0.05 * phase.sin() } else { 0.0 };
        let jitter = 0.003 * (f32::from(n) * 1.7 + f32::from(object)).sin();
        let (left, top) = (0.05 + column * 0.15 + walk + jitter, 0.05 + row * 0.18);
        Detection {
            class: class.clone(),
            score: 0.8,
            bbox: BoundingBox { left, top, right: left + 0.05, bottom: top + 0.15 },
        }
    });
    Observation {
        captured_at: CaptureTime::from_unix_micros(i64::from(n) * 40_000),
        clock: Clock { source: ClockSource::Arrival, error_ms: None },
        detections: detections.collect(),
        appearance: None,
        standing: Vec::new(),
        crops: Vec::new(),
        cables: Vec::new(),
    }
}
