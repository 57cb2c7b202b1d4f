//! One camera's way from observations to incident events, and all that it must remember.

use std::sync::Arc;
use std::time::{Duration, Instant};

use camera::{GateCounts, LookPace};
use eye::{CameraNumber, PictureSize, Watch};
use incident::{Assessor, IncidentEvent, Input, MemoryError};
use ledger::AssessorState;
use scene::track::Tracker;
use scene::{CaptureTime, Observation, ObservationGap};
use tracing::{info, warn};

use super::demand::{patience, watch};
use super::gap;
use super::held_back::HeldBack;
use crate::analysis::alert_recorder::{AlertRecorder, CameraMemory, RecordError};
use crate::analysis::checkpoints::CheckpointFeed;
use crate::analysis::eyes::{EyeDesk, EyeGone, HeldPicture};
use crate::analysis::inference::Search;
use crate::analysis::observation_log::ObservationLog;
use crate::analysis::progress::Progress;
use crate::analysis::set_clock::{micros_from, move_clock};
use crate::analysis::snapshot_orders::SnapshotOrders;
use runtime::{
    CLOCK_TOLERANCE, Recurring, clock_is_believed, is_before_all, is_now, metrics, utc_now,
};

/// An assessor without news is saved this often. A crash then costs at most this much dwell, because
/// the time between the save and the next picture counts as a gap.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// What a pipeline is made of.
pub(crate) struct PipelineSettings {
    /// The camera's id.
    pub(crate) camera: String,
    /// Its number at the desk.
    pub(crate) number: CameraNumber,
    /// Where its eye is told how to look.
    pub(crate) desk: EyeDesk,
    /// What to look for.
    pub(crate) search: Search,
    /// Shorter silences than this are never a gap.
    pub(crate) silence_timeout: Duration,
    /// Who is told of what its rules see.
    pub(crate) feed: CheckpointFeed,
}

/// One camera's tracker and assessor.
pub(crate) struct CameraPipeline {
    settings: PipelineSettings,
    tracker: Tracker,
    pub(super) assessor: Assessor,
    log: ObservationLog,
    watch: Watch,
    observed_at: Option<CaptureTime>,
    /// The process of the eye that took that picture.
    observed_by: Option<u32>,
    /// The camera's time, and when it was that: at the latest picture, or at the start.
    pub(super) camera_clock: (CaptureTime, Instant),
    saved_at: Option<CaptureTime>,
    /// The clock was set, and open alerts have not told their new times yet.
    correction_due: bool,
    /// Alerts were raised that the ledger has not taken.
    pub(super) unrecorded: bool,
    /// How often its clock stepped backwards or was set, and nothing was seen.
    stepped: Recurring,
    clock_was_set: Recurring,
    gaps: Recurring,
    /// Alerts that wait for the next picture.
    pub(super) held_back: HeldBack,
    /// Who wants to see the next picture.
    pub(super) snapshot_orders: SnapshotOrders,
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
        let watch = watch(&assessor, &settings.search, false);
        let tracker = Tracker::new(settings.search.tracking.clone());
        let pipeline = Self {
            settings,
            tracker,
            assessor,
            log,
            watch,
            observed_at: None,
            observed_by: None,
            camera_clock,
            saved_at: None,
            correction_due,
            unrecorded: false,
            stepped: Recurring::default(),
            clock_was_set: Recurring::default(),
            gaps: Recurring::default(),
            held_back: HeldBack::default(),
            snapshot_orders: SnapshotOrders::default(),
            progress: Arc::default(),
        };
        pipeline.announce_demand();
        pipeline
    }

    /// How its eye is to look at it now.
    pub(crate) fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Who wants to see the next picture, shared.
    pub(crate) fn snapshot_orders(&self) -> SnapshotOrders {
        self.snapshot_orders.clone()
    }

    /// How far it has come, shared.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Notes how large its pictures are, for who draws zones.
    pub(crate) fn saw_size(&self, size: PictureSize) {
        self.progress.shape().saw(size);
    }

    /// Notes how large the picture is said to be that its zones were drawn on; none if nothing is drawn.
    pub(crate) fn draw_on(&self, drawn_px: Option<[u32; 2]>) {
        self.progress.shape().draw_on(drawn_px);
    }

    /// Judges one analysed picture, which `held` can show. `detect_time` is what the detector took;
    /// `gate` is what became of the camera's access units so far.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted.
    pub(crate) fn take_sight(
        &mut self,
        observation: &Observation,
        (detect_time, gate): (Duration, GateCounts),
        held: &mut HeldPicture<'_>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        self.progress.pass_gate(gate);
        self.observe(observation, held, recorder)?;
        let age = utc_now().since(observation.captured_at);
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
        search: Search,
    ) -> Result<(), MemoryError> {
        assessor.inherit(&self.assessor)?;
        self.assessor = assessor;
        self.tracker.begin_anew(search.tracking.clone());
        self.settings.search = search;
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
        self.record(events, recorder)
    }

    /// Saves what must survive a restart, at once: what waits for a picture is told without.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`].
    pub(crate) fn settle(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        if self.held_back.is_empty() {
            return self.save(recorder);
        }
        self.record(Vec::new(), recorder)
    }

    /// Saves what must survive a restart.
    ///
    /// # Errors
    /// As [`AlertRecorder::save`].
    pub(super) fn save(&self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        if self.unrecorded {
            return Ok(());
        }
        recorder.save(&[CameraMemory { state: self.state()?, progress: self.progress() }])
    }

    /// Writes the observations that are still in memory.
    pub(crate) fn flush_observations(&mut self) {
        self.log.flush();
    }

    fn observe(
        &mut self,
        observation: &Observation,
        held: &mut HeldPicture<'_>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let at = observation.captured_at;
        self.follow_clock(at);
        if self.observed_at.is_some_and(|latest| at <= latest) {
            // The tracker takes no picture from the past: it starts again on the new clock.
            let _over = self.stepped.goes_well(Instant::now());
            if let Some(times) = self.stepped.happens("", Instant::now()) {
                warn!(
                    times,
                    "the clock stepped backwards; objects are followed from the beginning"
                );
            }
            self.tracker = Tracker::new(self.settings.search.tracking.clone());
            self.saved_at = None;
        }
        self.tell_gap(at, held.eye());
        self.observed_at = Some(at);
        self.camera_clock = (at, Instant::now());
        let tracks = self.tracker.update(observation);
        self.log.picture(observation, tracks);
        let mut events = Vec::new();
        if self.correction_due && is_now(at) {
            self.correction_due = false;
            events = self.assessor.correct_times(at, observation.clock);
        }
        let PipelineSettings { camera, feed, .. } = &self.settings;
        let camera = camera.as_str();
        self.assessor.give_way_to(feed.hazard_at(camera));
        events.extend(self.assessor.assess(Input::Picture(observation, tracks)));
        feed.see((camera, at), &self.assessor.seen(), |boxes| {
            recorder.snapshots.take((camera, at), boxes, held)
        });
        if !events.is_empty() || !self.held_back.is_empty() {
            self.record_with_pictures(events, at, held, recorder)?;
        } else if self.saved_at.is_none_or(|saved| at.since(saved) >= SAVE_EVERY) {
            self.save(recorder)?;
            self.saved_at = Some(at);
        }
        for order in self.snapshot_orders.take() {
            let shown = recorder.snapshots.show(&self.settings.camera, at, held);
            order(shown);
        }
        self.progress.advance(at);
        self.follow_demand();
        Ok(())
    }

    /// Commits what was raised, each with its picture if it has one. If the eye dies with the picture,
    /// the next one is waited for.
    fn record_with_pictures(
        &mut self,
        raised: Vec<IncidentEvent>,
        at: CaptureTime,
        held: &mut HeldPicture<'_>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let (since, is_overdue) = (self.held_back.since(), self.held_back.is_overdue());
        let (mut events, mut pictured) = self.held_back.with(raised);
        for event in events.iter_mut().skip(pictured) {
            match recorder.attach_picture(event, at, held) {
                Err(EyeGone) if !is_overdue => {
                    info!("the picture of an alert is lost; the alert waits for the next");
                    self.unrecorded = true;
                    self.held_back.hold(events, pictured, since);
                    return Ok(());
                }
                Err(EyeGone) => {
                    warn!(alert = %event.alert.alert_id, "alert goes without its picture: eye after eye died");
                    metrics::evidence_missing(&self.settings.camera);
                }
                Ok(()) => {}
            }
            pictured += 1;
            let IncidentEvent { alert, .. } = event;
            alert.evidence.iter().for_each(|it| self.assessor.keep_evidence(alert.alert_id, it));
        }
        self.commit(&events, recorder)?;
        self.saved_at = Some(at);
        Ok(())
    }

    /// Commits `raised` without more pictures, after what was held back.
    pub(super) fn record(
        &mut self,
        raised: Vec<IncidentEvent>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let (events, _) = self.held_back.with(raised);
        self.commit(&events, recorder)
    }

    fn commit(
        &mut self,
        events: &[IncidentEvent],
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let state = self.state()?;
        // Until the ledger has both, the state alone must not be saved: it would say that an alert
        // is open of which nobody was ever told.
        self.unrecorded = true;
        recorder.commit(events, &[CameraMemory { state, progress: self.progress() }])?;
        self.unrecorded = false;
        Ok(())
    }

    /// If the clock was set since the latest picture, all that is remembered moves with it.
    fn follow_clock(&mut self, at: CaptureTime) {
        let (seen_at, read_at) = self.camera_clock;
        let by_micros = micros_from(seen_at.after(read_at.elapsed()), at);
        if Duration::from_micros(by_micros.unsigned_abs()) <= CLOCK_TOLERANCE {
            return;
        }
        let _over = self.clock_was_set.goes_well(Instant::now());
        if let Some(times) = self.clock_was_set.happens("", Instant::now()) {
            let by_secs = by_micros / 1_000_000;
            warn!(times, by_secs, "the clock of this camera's pictures was set");
        }
        if let Some(from) = self.observed_at.filter(|from| *from < at) {
            // Whoever replays the observations must not count the leap as watched time.
            self.log.gap(&ObservationGap { from, to: at });
        }
        self.correction_due |= move_clock(&mut self.assessor, by_micros);
        self.observed_at = self.observed_at.map(|observed_at| observed_at.moved(by_micros));
        self.tracker = Tracker::new(self.settings.search.tracking.clone());
        self.saved_at = None;
    }

    /// Tells of the time in which nobody looked: pictures were missing, or the eye died.
    fn tell_gap(&mut self, at: CaptureTime, eye: u32) {
        let is_new_eye = self.observed_by.replace(eye).is_some_and(|before| before != eye);
        let Some(latest) = self.observed_at else { return };
        let LookPace { interval, longest } = self.watch.pace();
        let usual = longest.map_or(interval, |longest| longest.max(interval));
        let pace = (usual, self.gap_after());
        let Some(from) = gap::since(latest, at, pace, is_new_eye) else { return };
        let _over = self.gaps.goes_well(Instant::now());
        let cause = if is_new_eye { "new eye" } else { "pictures" };
        if let Some(times) = self.gaps.happens(cause, Instant::now()) {
            let secs = at.since(from).as_secs_f32();
            info!(times, secs, is_new_eye, "nothing was seen for a while");
        }
        let gap = ObservationGap { from, to: at };
        self.tracker.gap(&gap);
        self.log.gap(&gap);
        self.assessor.gap(gap);
    }

    fn gap_after(&self) -> Duration {
        self.settings.silence_timeout.max(patience(&self.watch))
    }

    pub(super) fn follow_demand(&mut self) {
        let in_haste = !self.snapshot_orders.is_empty() || !self.held_back.is_empty();
        let watch = watch(&self.assessor, &self.settings.search, in_haste);
        if watch != self.watch {
            self.watch = watch;
            self.announce_demand();
        }
    }

    fn announce_demand(&self) {
        let PipelineSettings { desk, number, camera, .. } = &self.settings;
        desk.watch(*number, self.watch.clone());
        self.progress.be_patient_for(patience(&self.watch));
        metrics::sampling_interval(camera, self.watch.interval);
    }

    pub(super) fn state(&self) -> Result<AssessorState, RecordError> {
        let state = self.assessor.memory().map_err(RecordError::Unwritable)?;
        Ok(AssessorState { device_id: self.settings.camera.clone(), state })
    }
}
