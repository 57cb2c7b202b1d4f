//! How long cameras go without an eye when theirs has died. Time is handed in.

use std::collections::BTreeMap;
use std::time::Instant;

use eye::CameraNumber;
use runtime::metrics;

/// The cameras that are not back yet.
#[derive(Debug, Default)]
pub(super) struct Recovery(BTreeMap<CameraNumber, Waiting>);

#[derive(Debug)]
struct Waiting {
    since: Instant,
    /// How far it has come.
    at: Option<Stage>,
}

/// How far a camera has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The next eye was told of it.
    Asked,
    /// It has granted that eye a session.
    Answered,
    /// It sends pictures. Many cameras begin with a key frame, and some wait for it.
    Delivers,
    /// One of them was analysed. None can be before a key frame.
    Analysed,
}

impl Recovery {
    /// The eye of a camera that showed pictures died, or did nothing more, at `since`. A camera that
    /// waits already goes on waiting.
    pub(super) fn begins(&mut self, camera: CameraNumber, since: Instant) {
        self.0.entry(camera).or_insert(Waiting { since, at: None });
    }

    /// A camera has come so far.
    pub(super) fn has_come_to(&mut self, stage: Stage, camera: CameraNumber, now: Instant) {
        let Some(waiting) = self.0.get_mut(&camera).filter(|it| it.at < Some(stage)) else {
            return;
        };
        waiting.at = Some(stage);
        let until = match stage {
            Stage::Asked => "asked",
            Stage::Answered => "answered",
            Stage::Delivers => "delivers",
            Stage::Analysed => "analysed",
        };
        metrics::eye_recovery(until, now.duration_since(waiting.since));
        if stage == Stage::Analysed {
            self.0.remove(&camera);
        }
    }

    /// It was taken out.
    pub(super) fn forget(&mut self, camera: CameraNumber) {
        self.0.remove(&camera);
    }
}
