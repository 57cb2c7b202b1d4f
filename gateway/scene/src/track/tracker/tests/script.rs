//! Pictures drawn by hand, and what the tracker says of them as a table.

use std::time::Duration;

use expect_test::Expect;

use crate::detection::{Class, Detection, Observation};
use crate::geometry::BoundingBox;
use crate::time::{CaptureTime, Clock, ClockSource};
use crate::track::settings::TrackerSettings;
use crate::track::tracker::Tracker;

pub(super) const VAN: BoundingBox = BoundingBox { left: 0.4, top: 0.4, right: 0.6, bottom: 0.6 };

pub(super) fn at(seconds: f64) -> CaptureTime {
    CaptureTime::from_unix_micros(0).after(Duration::from_secs_f64(seconds))
}

pub(super) fn seconds(time: CaptureTime) -> f64 {
    time.since(at(0.0)).as_secs_f64()
}

pub(super) fn picture(time: f64, detections: Vec<Detection>) -> Observation {
    let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
    Observation {
        captured_at: at(time),
        clock,
        detections,
        appearance: None,
        standing: Vec::new(),
        crops: Vec::new(),
        cables: Vec::new(),
    }
}

pub(super) fn seen(class: &str, score: f32, bbox: BoundingBox) -> Detection {
    Detection { class: Class::new(class), score, bbox }
}

pub(super) fn moved(b: BoundingBox, dx: f32) -> BoundingBox {
    BoundingBox { left: b.left + dx, right: b.right + dx, ..b }
}

/// A person 0.05 wide whose middle is at `x`.
pub(super) fn person(x: f32) -> BoundingBox {
    BoundingBox { left: x - 0.025, top: 0.45, right: x + 0.025, bottom: 0.65 }
}

/// Numbers of -1..=1 that look random and are the same every time.
pub(super) fn jitter(n: u32) -> f32 {
    let mixed = n.wrapping_mul(0x9E37_79B9).rotate_left(13).wrapping_mul(0x85EB_CA6B);
    (mixed >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// Each edge off by up to 7.5 % of the size: width and height differ by up to 15 %.
pub(super) fn shaken(b: BoundingBox, n: u32) -> BoundingBox {
    let (w, h) = (0.075 * b.width(), 0.075 * b.height());
    BoundingBox {
        left: b.left + w * jitter(4 * n),
        top: b.top + h * jitter(4 * n + 1),
        right: b.right + w * jitter(4 * n + 2),
        bottom: b.bottom + h * jitter(4 * n + 3),
    }
}

pub(super) fn tracker() -> Tracker {
    Tracker::new(TrackerSettings::default())
}

/// Live tracks as a table, one a line.
pub(super) fn check(tracker: &Tracker, expected: Expect) {
    let mut table = String::new();
    for t in tracker.tracks() {
        table += &format!(
            "#{} {} {:?}, seen {:.1} to {:.1} s in {}, still since {:.1} s\n",
            t.id.0,
            t.class,
            t.state,
            seconds(t.first_seen_at),
            seconds(t.last_seen_at),
            t.hits,
            seconds(t.still_since),
        );
    }
    expected.assert_eq(&table);
}
