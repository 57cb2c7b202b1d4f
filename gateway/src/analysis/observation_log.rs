//! One camera's or device's observations on their way to the archive, whose faults must not disturb its alerts.

use archive::{ArchiveError, Recorder, Totals};
use scene::track::Track;
use scene::{Observation, ObservationGap, Signal};
use tracing::{info, warn};

use runtime::metrics;

/// Keeps what the rules are shown. A full disk costs observations, never an alert.
pub(crate) struct ObservationLog {
    camera: String,
    recorder: Recorder,
    /// As of the latest block.
    totals: Totals,
    /// The latest block was refused.
    failing: bool,
}

impl ObservationLog {
    /// The log of the camera whose recorder this is.
    pub(crate) fn new(camera: String, recorder: Recorder) -> Self {
        Self { camera, recorder, totals: Totals::default(), failing: false }
    }

    /// Keeps one picture as the rules see it.
    pub(super) fn picture(&mut self, observation: &Observation, tracks: &[Track]) {
        let written = self.recorder.record(observation, tracks);
        self.report(written);
    }

    /// Keeps what a door or sensor said.
    pub(super) fn signal(&mut self, signal: &Signal) {
        let written = self.recorder.signal(signal);
        self.report(written);
    }

    /// Keeps a gap, before the first picture after it.
    pub(super) fn gap(&mut self, gap: &ObservationGap) {
        let written = self.recorder.gap(gap);
        self.report(written);
    }

    /// Writes what is still in memory.
    pub(super) fn flush(&mut self) {
        let written = self.recorder.flush();
        self.report(written);
    }

    /// Most records wait in memory; only a block that was written changes anything.
    fn report(&mut self, written: Result<(), ArchiveError>) {
        let totals = self.recorder.totals();
        match written {
            Err(error) if !self.failing => {
                warn!(%error, "observations are lost; alerts are not: make room for them");
                self.failing = true;
            }
            Ok(()) if self.failing && totals.pictures > self.totals.pictures => {
                info!(lost = totals.dropped, "observations are kept again");
                self.failing = false;
            }
            _ => {}
        }
        if totals != self.totals {
            metrics::observations(&self.camera, totals.pictures, totals.dropped, totals.bytes);
            self.totals = totals;
        }
    }
}
