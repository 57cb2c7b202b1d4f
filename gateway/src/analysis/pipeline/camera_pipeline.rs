//! One camera's way from access units to incident events, and all that it must remember.

use std::sync::Arc;
use std::time::{Duration, Instant};

use detector::{DetectSettings, Letterbox, RgbPicture};
use incident::{Assessor, Input, MemoryError};
use ledger::AssessorState;
use scene::track::{Tracker, TrackerSettings};
use scene::{CaptureTime, Observation, ObservationGap};
use tracing::{error, info, warn};

use crate::analysis::alert_recorder::{AlertRecorder, CameraMemory, RecordError};
use crate::analysis::observation_log::ObservationLog;
use crate::analysis::progress::Progress;
use crate::analysis::worker_context::WorkerContext;
use crate::camera_order::{Snapshot, SnapshotOrder};
use camera::{DecodeError, Decoder, Picture, SharedGate};
use runtime::{CLOCK_TOLERANCE, clock_is_believed, is_before_all, is_now, metrics, utc_now};

/// An assessor without news is saved this often. A crash then costs at most this much dwell, because
/// the time between the save and the next picture counts as a gap.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// Rules that want no picture still get one now and then, so that a dead decoder is noticed.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

/// This many missing pictures in a row are a gap in the observation.
const GAP_PICTURES: u32 = 3;

/// What a pipeline is made of.
pub(crate) struct PipelineSettings {
    /// The camera's id.
    pub(crate) camera: String,
    /// Where its access units wait.
    pub(crate) gate: Arc<SharedGate>,
    /// What to look for.
    pub(crate) detect: DetectSettings,
    /// Shorter silences than this are never a gap.
    pub(crate) silence_timeout: Duration,
    /// Pictures of more pixels are not decoded: a hostile or broken stream must not take all memory.
    pub(crate) max_picture_px: u64,
}

/// One camera's decoder, tracker and assessor.
pub(crate) struct CameraPipeline {
    settings: PipelineSettings,
    decoder: Option<Decoder>,
    tracker: Tracker,
    pub(super) assessor: Assessor,
    log: ObservationLog,
    interval: Duration,
    observed_at: Option<CaptureTime>,
    /// The camera's time, and when it was that: at the latest picture, or at the start.
    pub(super) camera_clock: (CaptureTime, Instant),
    saved_at: Option<CaptureTime>,
    /// The clock was set, and open alerts have not told their new times yet.
    correction_due: bool,
    /// Alerts were raised that the ledger has not taken.
    pub(super) unrecorded: bool,
    /// Who wants to see the next picture.
    pub(super) snapshot_orders: Vec<SnapshotOrder>,
    pub(super) progress: Arc<Progress>,
}

impl CameraPipeline {
    /// A pipeline that has seen nothing yet; `assessor` may remember an earlier run.
    pub(crate) fn new(settings: PipelineSettings, assessor: Assessor, log: ObservationLog) -> Self {
        let (mut assessor, mut correction_due) = (assessor, false);
        if let Some(latest_at) = assessor.latest_at()
            && is_before_all(latest_at)
            && clock_is_believed()
        {
            // The earlier run's clock was never set. It ended just now, for all that is known.
            correction_due = move_clock(&mut assessor, micros_from(latest_at, utc_now()));
        }
        let begins_at = assessor.latest_at().map_or_else(utc_now, |at| at.max(utc_now()));
        let camera_clock = (begins_at, Instant::now());
        let mut pipeline = Self {
            settings,
            decoder: None,
            tracker: Tracker::new(TrackerSettings::default()),
            assessor,
            log,
            interval: Duration::ZERO,
            observed_at: None,
            camera_clock,
            saved_at: None,
            correction_due,
            unrecorded: false,
            snapshot_orders: Vec::new(),
            progress: Arc::default(),
        };
        pipeline.follow_demand();
        pipeline
    }

    /// How far it has come, shared.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// One turn: decodes what the gate released, and analyses the picture if one is due.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted. Everything else is counted, logged and
    /// costs at most this picture.
    pub(crate) fn take_turn(
        &mut self,
        context: &mut WorkerContext,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let gate = Arc::clone(&self.settings.gate);
        metrics::access_units(&self.settings.camera, gate.counts().by_fate());
        let Some((codec, run)) = gate.take() else { return Ok(()) };
        let decoded = match self.decode(codec, &run) {
            Ok(decoded) => decoded,
            Err(error) => {
                warn!(%error, "picture lost, waiting for the next key frame");
                self.progress.stumble(error.to_string());
                metrics::decode_failed(&self.settings.camera);
                gate.await_random_access_point();
                return Ok(());
            }
        };
        if decoded.needs_random_access_point {
            gate.await_random_access_point();
        }
        let clock = run.units.last().map(|unit| unit.clock);
        let (true, Some(picture), Some(clock)) = (run.is_due, decoded.picture, clock) else {
            return Ok(());
        };
        let started = Instant::now();
        let Some(detections) = self.detect(context, &picture) else { return Ok(()) };
        let detect_time = started.elapsed();
        let appearance = self.assessor.needs_appearance().then(|| picture.appearance()).flatten();
        let captured_at = picture.captured_at;
        let observation = Observation { captured_at, clock, detections, appearance };
        self.observe(&observation, &picture, context, recorder)?;
        let age = utc_now().since(picture.captured_at);
        metrics::picture_analysed(&self.settings.camera, detect_time, age);
        Ok(())
    }

    /// Judges by other rules from the next picture on. What the old ones remember goes over where
    /// rule, zone and type are the same; open alerts of rules that are gone are closed then.
    ///
    /// # Errors
    /// None is known; the pipeline is then unchanged.
    pub(crate) fn judge_by(
        &mut self,
        mut assessor: Assessor,
        detect: DetectSettings,
    ) -> Result<(), MemoryError> {
        assessor.inherit(&self.assessor)?;
        self.assessor = assessor;
        self.settings.detect = detect;
        self.tracker.forget();
        self.follow_demand();
        Ok(())
    }

    /// The camera was taken out of the configuration: closes its alerts. Its state, now empty, stays
    /// for the next start, which takes its status back once more.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`].
    pub(crate) fn retire(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        self.log.flush();
        let events = self.assessor.retire(utc_now());
        let state = self.state()?;
        let memory = CameraMemory { state: &state, progress: &self.progress };
        recorder.commit(&events, memory)
    }

    /// Saves what must survive a restart.
    ///
    /// # Errors
    /// As [`AlertRecorder::save`].
    pub(crate) fn save(&self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        if self.unrecorded {
            return Ok(());
        }
        recorder.save(CameraMemory { state: &self.state()?, progress: &self.progress })
    }

    /// Writes the observations that are still in memory.
    pub(crate) fn flush_observations(&mut self) {
        self.log.flush();
    }

    fn decode(
        &mut self,
        codec: camera::Codec,
        run: &camera::Run,
    ) -> Result<camera::Decoded, DecodeError> {
        if self.decoder.as_ref().is_none_or(|decoder| decoder.codec() != codec) {
            self.decoder = Some(Decoder::open(codec, self.settings.max_picture_px)?);
        }
        match &mut self.decoder {
            Some(decoder) => decoder.decode(run),
            None => Err(DecodeError::Missing(codec)),
        }
    }

    fn detect(
        &self,
        context: &mut WorkerContext,
        picture: &Picture,
    ) -> Option<Vec<scene::Detection>> {
        let WorkerContext { detector, scaler } = context;
        let letterbox = Letterbox::fit(picture.width(), picture.height(), detector.input());
        let inner = (
            u32::try_from(letterbox.inner_width()).ok()?,
            u32::try_from(letterbox.inner_height()).ok()?,
        );
        let scaled =
            scaler.scale(picture, inner).map_err(|error| error!(%error, "picture skipped")).ok()?;
        let rgb = RgbPicture {
            width: letterbox.inner_width(),
            height: letterbox.inner_height(),
            stride: scaled.stride,
            pixels: scaled.pixels,
        };
        detector
            .detect(&rgb, &letterbox, &self.settings.detect)
            .map_err(|error| self.skip(&error))
            .ok()
    }

    fn skip(&self, error: &dyn std::fmt::Display) {
        error!(%error, "picture skipped");
        self.progress.stumble(error.to_string());
    }

    fn observe(
        &mut self,
        observation: &Observation,
        picture: &Picture,
        context: &mut WorkerContext,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let at = observation.captured_at;
        self.follow_clock(at);
        if self.observed_at.is_some_and(|latest| at <= latest) {
            // The tracker takes no picture from the past: it starts again on the new clock.
            warn!("the clock stepped backwards; objects are followed from the beginning");
            self.tracker = Tracker::new(TrackerSettings::default());
            self.saved_at = None;
        }
        if let Some(from) = self.observed_at.filter(|from| at.since(*from) > self.gap_after()) {
            let gap = ObservationGap { from, to: at };
            info!(secs = at.since(from).as_secs(), "nothing was seen for a while");
            self.tracker.gap(&gap);
            self.log.gap(&gap);
            self.assessor.gap(gap);
        }
        self.observed_at = Some(at);
        self.camera_clock = (at, Instant::now());
        let tracks = self.tracker.update(observation);
        self.log.picture(observation, tracks);
        let mut events = Vec::new();
        if self.correction_due && is_now(at) {
            self.correction_due = false;
            events = self.assessor.correct_times(at, observation.clock);
        }
        events.extend(self.assessor.assess(Input::Picture(observation, tracks)));
        if !events.is_empty() {
            recorder.attach_pictures(&mut events, picture, context);
            for alert in events.iter().map(|event| &event.alert) {
                alert
                    .evidence
                    .iter()
                    .for_each(|it| self.assessor.keep_evidence(alert.alert_id, it));
            }
            let state = self.state()?;
            // Until the ledger has both, the state alone must not be saved: it would say that an
            // alert is open of which nobody was ever told.
            self.unrecorded = true;
            let memory = CameraMemory { state: &state, progress: &self.progress };
            recorder.commit(&events, memory)?;
            self.unrecorded = false;
            self.saved_at = Some(at);
        } else if self.saved_at.is_none_or(|saved| at.since(saved) >= SAVE_EVERY) {
            self.save(recorder)?;
            self.saved_at = Some(at);
        }
        for order in self.snapshot_orders.drain(..) {
            let shown = recorder.snapshots.show(&self.settings.camera, picture, context);
            order(shown.map(Snapshot::from));
        }
        self.progress.advance(at);
        self.follow_demand();
        Ok(())
    }

    /// If the clock was set since the latest picture, all that is remembered moves with it.
    fn follow_clock(&mut self, at: CaptureTime) {
        let (seen_at, read_at) = self.camera_clock;
        let by_micros = micros_from(seen_at.after(read_at.elapsed()), at);
        if Duration::from_micros(by_micros.unsigned_abs()) <= CLOCK_TOLERANCE {
            return;
        }
        warn!(by_secs = by_micros / 1_000_000, "the clock of this camera's pictures was set");
        if let Some(from) = self.observed_at.filter(|from| *from < at) {
            // Whoever replays the observations must not count the leap as watched time.
            self.log.gap(&ObservationGap { from, to: at });
        }
        self.correction_due |= move_clock(&mut self.assessor, by_micros);
        self.observed_at = self.observed_at.map(|observed_at| observed_at.moved(by_micros));
        self.tracker = Tracker::new(TrackerSettings::default());
        self.saved_at = None;
    }

    fn gap_after(&self) -> Duration {
        self.settings.silence_timeout.max(self.interval * GAP_PICTURES)
    }

    pub(super) fn follow_demand(&mut self) {
        let longest =
            if self.snapshot_orders.is_empty() { LONGEST_INTERVAL } else { Duration::ZERO };
        let wanted = self.assessor.sampling().interval.min(longest);
        if wanted != self.interval {
            self.interval = wanted;
            self.settings.gate.set_interval(wanted);
            self.progress.expect_every(wanted);
            metrics::sampling_interval(&self.settings.camera, wanted);
        }
    }

    pub(super) fn state(&self) -> Result<AssessorState, RecordError> {
        let state = self.assessor.memory().map_err(RecordError::Unwritable)?;
        Ok(AssessorState { device_id: self.settings.camera.clone(), state })
    }
}

/// From `from` to `to`, negative if that is earlier.
fn micros_from(from: CaptureTime, to: CaptureTime) -> i64 {
    to.unix_micros().saturating_sub(from.unix_micros())
}

/// Whether it worked; if not, the assessor goes on as it was.
fn move_clock(assessor: &mut Assessor, by_micros: i64) -> bool {
    let moved = assessor.move_clock(by_micros);
    moved.inspect_err(|error| error!(%error, "what the rules remember keeps its old times")).is_ok()
}
