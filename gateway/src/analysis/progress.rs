//! How far a camera's analysis has come, for the page and the status topic.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use camera::GateCounts;
use scene::CaptureTime;

use super::picture_shape::PictureShape;

/// Shared between the worker that analyses a camera and those that show how it goes.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    analysed: AtomicU64,
    latest_micros: AtomicI64,
    patience_millis: AtomicU64,
    stumble: Mutex<Option<String>>,
    gate: Mutex<GateCounts>,
    shape: PictureShape,
    /// The camera was shut out, or harmed its eye once more, and no alert says so yet.
    shut_out: AtomicBool,
    /// By how many microseconds a checkpoint's camera is ahead of its doors.
    skew_micros: Mutex<Option<i64>>,
    /// When the latest picture was analysed, by a clock that nobody sets.
    advanced_at: Mutex<Option<Instant>>,
}

impl Progress {
    /// Pictures analysed since the start.
    pub(crate) fn analysed(&self) -> u64 {
        self.analysed.load(Ordering::Relaxed)
    }

    /// When the latest of them was taken.
    pub(crate) fn latest_at(&self) -> Option<CaptureTime> {
        let micros = self.latest_micros.load(Ordering::Relaxed);
        (micros != 0).then(|| CaptureTime::from_unix_micros(micros))
    }

    /// When the latest of them was analysed.
    /// A picture taken, or a signal dated, at this time was judged.
    pub(crate) fn advanced_at(&self) -> Option<Instant> {
        *self.advanced_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shape of its pictures, and of the one that its zones were drawn on.
    pub(crate) fn shape(&self) -> &PictureShape {
        &self.shape
    }

    /// How long it may take now from one analysed picture to the next.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_millis.load(Ordering::Relaxed))
    }

    /// Why the latest due picture was not analysed, unless one has been since.
    pub(crate) fn stumbled(&self) -> Option<String> {
        self.stumble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What became of the camera's access units, since its eye has it, as of a second ago.
    pub(crate) fn gate(&self) -> GateCounts {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pass_gate(&self, counts: GateCounts) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }

    /// A picture taken, or a signal dated, at this time was judged.
    pub(crate) fn advance(&self, at: CaptureTime) {
        self.analysed.fetch_add(1, Ordering::Relaxed);
        self.latest_micros.store(at.unix_micros(), Ordering::Relaxed);
        *self.stumble.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let now = Some(Instant::now());
        *self.advanced_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Why a due picture was not analysed.
    pub(super) fn stumble(&self, reason: String) {
        *self.stumble.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    /// What the camera sends ends the process that reads it: it is shut out from the others.
    pub(super) fn shut_out(&self) {
        self.shut_out.store(true, Ordering::Relaxed);
    }

    /// By so many microseconds the clock of a checkpoint's camera is ahead of its doors'.
    pub(super) fn compare_clocks(&self, skew_micros: Option<i64>) {
        *self.skew_micros.lock().unwrap_or_else(PoisonError::into_inner) = skew_micros;
    }

    /// What [`Progress::compare_clocks`] told last.
    pub(crate) fn skew_micros(&self) -> Option<i64> {
        *self.skew_micros.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether [`Progress::shut_out`] was called since the last time.
    pub(super) fn was_shut_out(&self) -> bool {
        self.shut_out.swap(false, Ordering::Relaxed)
    }

    pub(super) fn be_patient_for(&self, patience: Duration) {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.patience_millis.store(millis, Ordering::Relaxed);
    }
}
