//! A parked car recorded, and what a replay tells of it.

use std::path::Path;
use std::time::Duration;

use archive::{Archive, Entry, Recorder, Replay, Retention};
use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Observation, ObservationGap, Signal,
};

pub(super) const CAMERA: &str = "cam-01";
pub(super) const PLENTY: Retention = Retention { days: 1000, max_bytes: 1 << 30 };
/// 2026-07-22T12:00:00Z
pub(super) const NOON: CaptureTime = CaptureTime::from_unix_micros(1_784_721_600_000_000);
pub(super) const ALWAYS: std::ops::Range<CaptureTime> =
    CaptureTime::from_unix_micros(0)..CaptureTime::from_unix_micros(i64::MAX);

/// An entry that outlives the replay's buffers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kept {
    Picture(Observation, Vec<Track>),
    Signal(Signal),
    Gap(ObservationGap),
    Restart,
}

pub(super) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(super) fn observation(at: CaptureTime) -> Observation {
    let clock = Clock { source: ClockSource::SenderReport, error_ms: Some(20) };
    Observation {
        captured_at: at,
        clock,
        detections: Vec::new(),
        appearance: None,
        standing: Vec::new(),
        crops: Vec::new(),
        cables: Vec::new(),
    }
}

/// A track whose values lie on the steps in which they are kept.
pub(super) fn track(id: u64, class: &str, at: CaptureTime) -> Track {
    let left = id as f32 / 64.0;
    Track {
        id: TrackId(id),
        class: Class::new(class),
        bbox: BoundingBox { left, top: 0.25, right: left + 0.125, bottom: 0.5 },
        score: 0.5025,
        state: TrackState::Confirmed,
        first_seen_at: at,
        last_seen_at: at,
        still_since: at,
        hits: 2,
    }
}

pub(super) fn seen_at(track: &Track, at: CaptureTime, hits: u32) -> Track {
    Track { last_seen_at: at, hits, ..track.clone() }
}

/// Everything of the camera, and how many stretches were damaged.
pub(super) fn replay(folder: &Path) -> (Vec<Kept>, u64) {
    let mut replay = Replay::open(folder, CAMERA, ALWAYS).unwrap();
    let mut kept = Vec::new();
    while let Some(entry) = replay.next_entry().unwrap() {
        kept.push(match entry {
            Entry::Picture { observation, tracks } => {
                Kept::Picture(observation.clone(), tracks.to_vec())
            }
            Entry::Signal(signal) => Kept::Signal(signal),
            Entry::Gap(gap) => Kept::Gap(gap),
            Entry::Restart => Kept::Restart,
        });
    }
    (kept, replay.damaged())
}

/// The capture times of all pictures, in seconds after noon.
pub(super) fn times(kept: &[Kept]) -> Vec<i64> {
    let pictures = kept.iter().filter_map(|kept| match kept {
        Kept::Picture(observation, _) => Some(observation.captured_at),
        Kept::Signal(_) | Kept::Gap(_) | Kept::Restart => None,
    });
    pictures.map(|at| (at.unix_micros() - NOON.unix_micros()).div_euclid(1_000_000)).collect()
}

pub(super) fn open(folder: &Path) -> Archive {
    Archive::open(folder, PLENTY).unwrap()
}

/// Records a parked car for `count` seconds, a picture each second.
pub(super) fn record_car(recorder: &mut Recorder, from: CaptureTime, count: u32) {
    let car = track(7, "car", from);
    for second in 0..count {
        let at = from.after(secs(second.into()));
        recorder.record(&observation(at), &[seen_at(&car, at, 2 + second)]).unwrap();
    }
}
