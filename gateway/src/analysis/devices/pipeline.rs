//! One door's or sensor's way from signals to incident events, and all that it must remember.

use std::sync::Arc;
use std::time::{Duration, Instant};

use incident::{Assessor, IncidentEvent, Input, MemoryError};
use intake::{DeviceMemory, Posted, Voucher};
use ledger::AssessorState;
use rule::Slug;
use runtime::{CLOCK_TOLERANCE, clock_is_believed, is_now, metrics, utc_now};
use scene::{CaptureTime, Clock, ClockSource, Signal, SignalKind};
use tracing::warn;
use uuid::Uuid;

use super::joined::{Joined, Witnesses};
use crate::analysis::alert_recorder::{AlertRecorder, CameraMemory, RecordError};
use crate::analysis::checkpoints::CrossingPictures;
use crate::analysis::observation_log::ObservationLog;
use crate::analysis::progress::Progress;
use crate::analysis::set_clock::{behind_us, micros_from, move_clock};
use crate::camera_order::CameraOrder;

/// An assessor without news is saved this often, unless a device waits for it or something happened at
/// a door: readings are taken again.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// So long after somebody crossed a checkpoint it is saved once more: by then all credentials that he may
/// owe it to are known, so the next run can judge him.
const CROSSED_SINCE: Duration = Duration::from_secs(4);

/// One device's assessor, and what belongs to it.
pub(crate) struct DevicePipeline {
    device: String,
    assessor: Assessor,
    log: ObservationLog,
    /// The camera that sees it, and where that is asked.
    seen_by: Option<(Witnesses, Slug)>,
    /// Alerts that are told again with its picture.
    joined: Joined,
    /// What its adapter remembers, which is saved with what the rules remember.
    memory: DeviceMemory,
    /// The wall clock, and when it showed that.
    clock: (CaptureTime, Instant),
    saved_at: Option<Instant>,
    /// It was told something that is not saved.
    is_unsaved: bool,
    /// Alerts were raised that the ledger has not taken.
    unrecorded: bool,
    /// The clock was set, and open alerts have not told their new times yet.
    correction_due: bool,
    progress: Arc<Progress>,
    /// Pictures of people who crossed, if it is a checkpoint.
    crossings: Option<CrossingPictures>,
    /// When somebody crossed, until that is saved once more.
    crossed_at: Option<Instant>,
}

/// What was concluded and is not kept yet.
struct Unkept {
    events: Vec<IncidentEvent>,
    /// Somebody waits until it is kept, or it happened and is not said again.
    is_awaited: bool,
}

/// A checkpoint that hears what one of its devices said, and that as signals of its own.
pub(super) type Hearer<'a> = (&'a mut DevicePipeline, &'a [Signal]);

impl DevicePipeline {
    /// A pipeline that has heard nothing yet; `assessor` and `memory` may remember an earlier run.
    pub(crate) fn new(
        device: String,
        (mut assessor, log): (Assessor, ObservationLog),
        memory: DeviceMemory,
        seen_by: Option<(Witnesses, Slug)>,
    ) -> Self {
        let mut correction_due = false;
        let behind = assessor
            .heard_at()
            .and_then(|heard_at| behind_us(heard_at, utc_now(), clock_is_believed()));
        if let Some(by_micros) = behind {
            correction_due = move_clock(&mut assessor, by_micros);
        }
        let joined = Joined::resumed(&mut assessor);
        Self {
            device,
            assessor,
            log,
            seen_by,
            joined,
            memory,
            clock: (utc_now(), Instant::now()),
            saved_at: None,
            is_unsaved: false,
            unrecorded: false,
            correction_due,
            progress: Arc::default(),
            crossings: None,
            crossed_at: None,
        }
    }

    /// The same pipeline, of a checkpoint.
    pub(crate) fn of_checkpoint(self, crossings: CrossingPictures) -> Self {
        Self { crossings: Some(crossings), ..self }
    }

    /// The open incident that an e-bike beside the device is part of.
    pub(super) fn open_hazard(&self) -> Option<Uuid> {
        self.assessor.open_hazard()
    }

    /// What a checkpoint adds: the pictures of who crossed, and how far its clocks are apart.
    fn at_checkpoint(&mut self, events: &mut [IncidentEvent], recorder: &AlertRecorder) {
        let Some(crossings) = &self.crossings else { return };
        let skew = self.assessor.clock_skew_micros();
        self.progress.compare_clocks(skew);
        crossings.attach(&self.device, events, (skew.unwrap_or(0), &recorder.snapshots));
        for IncidentEvent { alert, .. } in events.iter() {
            alert.evidence.iter().for_each(|it| self.assessor.keep_evidence(alert.alert_id, it));
        }
    }

    /// Whether what it says can be kept, shared.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// What its adapter remembers, shared: it goes on with it when it is connected anew.
    pub(crate) fn memory(&self) -> DeviceMemory {
        self.memory.clone()
    }

    /// Judges what was said, in the order in which it came, and has the checkpoints that hear it judge it.
    /// All of them keep it together, or none does. The device hears of each signal that it is kept once that
    /// is so.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`]; the device then hears that it is lost.
    pub(super) fn hear(
        &mut self,
        posted: Vec<Posted>,
        checkpoints: Vec<Hearer<'_>>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        let mut unkept = self.judge(posted.iter().map(|it| &it.signal), recorder);
        posted.iter().for_each(|it| it.voucher.judged());
        unkept.is_awaited |= posted.iter().any(|it| it.voucher.is_awaited());
        let vouchers: Vec<Voucher> = posted.into_iter().map(|posted| posted.voucher).collect();
        let mut all = vec![(self, unkept)];
        for (checkpoint, signals) in checkpoints {
            let unkept = checkpoint.judge(signals.iter(), recorder);
            all.push((checkpoint, unkept));
        }
        if keep(all, recorder)? {
            vouchers.into_iter().for_each(Voucher::kept);
        }
        Ok(())
    }

    fn judge<'a>(
        &mut self,
        signals: impl Iterator<Item = &'a Signal>,
        recorder: &AlertRecorder,
    ) -> Unkept {
        self.follow_clock();
        let mut events = self.corrections();
        let mut is_awaited = false;
        for signal in signals {
            self.log.signal(signal);
            events.extend(self.assessor.assess(Input::Signal(signal)));
            metrics::signal_judged(utc_now().since(signal.captured_at()));
            // What happened is said once, whoever waits for it.
            is_awaited |= matches!(signal.kind(), SignalKind::DoorEvent | SignalKind::Crossing);
            if signal.kind() == SignalKind::Crossing {
                self.crossed_at = Some(Instant::now());
            }
            self.progress.advance(signal.captured_at());
            self.is_unsaved = true;
        }
        self.at_checkpoint(&mut events, recorder);
        Unkept { events, is_awaited }
    }

    /// Time has passed, perhaps without a signal.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`].
    pub(super) fn pass_time(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        self.follow_clock();
        let mut events = self.joined.end(&mut self.assessor, recorder.clips.as_ref());
        events.extend(self.corrections());
        events.extend(self.assessor.pass_time(utc_now()));
        self.at_checkpoint(&mut events, recorder);
        // What a device says once more at its next connection must be known then.
        let crossed_at = self.crossed_at.take_if(|at| at.elapsed() >= CROSSED_SINCE);
        let is_awaited = self.memory.take_news() || crossed_at.is_some();
        self.is_unsaved |= is_awaited;
        keep(vec![(self, Unkept { events, is_awaited })], recorder).map(drop)
    }

    /// When time alone changes something; none if it does not.
    pub(super) fn wake_at(&self) -> Option<CaptureTime> {
        let is_due = self.joined.is_waiting() || self.memory.is_urgent();
        if is_due { Some(utc_now()) } else { self.assessor.wake_at() }
    }

    /// Carries out `order`. Answers whether it is done.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`].
    pub(super) fn carry_out(
        &mut self,
        order: &CameraOrder<'_>,
        recorder: &AlertRecorder,
    ) -> Result<bool, RecordError> {
        // A door has no picture, and its own thread passes the time.
        if matches!(order, CameraOrder::Snapshot(_) | CameraOrder::PassTime) {
            return Ok(false);
        }
        self.follow_clock();
        let now = utc_now();
        let events = match *order {
            CameraOrder::FollowCase { alert_id, dedupe_key, file } => {
                self.assessor.follow_case((alert_id, dedupe_key), file, now)
            }
            CameraOrder::CheckNow { alert_id, msg_id } => {
                let Some(events) = self.assessor.check_now(alert_id, msg_id, now) else {
                    return Ok(false);
                };
                events
            }
            CameraOrder::Mute { target, lasts } => {
                let choose = |rule: &str, _: &str, key: &str| target.means(rule, key);
                if self.assessor.mute(choose, now, lasts) == 0 {
                    return Ok(false);
                }
                Vec::new()
            }
            CameraOrder::Snapshot(_) | CameraOrder::PassTime => return Ok(false),
        };
        // Who asked is told that it is done, so it must be kept.
        self.is_unsaved = true;
        keep(vec![(self, Unkept { events, is_awaited: true })], recorder)?;
        Ok(true)
    }

    /// Judges by other rules from now on. What the old ones remember goes over where rule, point and
    /// type are the same.
    ///
    /// # Errors
    /// None is known; the pipeline is then unchanged.
    pub(crate) fn judge_by(
        &mut self,
        mut assessor: Assessor,
        seen_by: Option<(Witnesses, Slug)>,
    ) -> Result<(), MemoryError> {
        assessor.inherit(&self.assessor)?;
        self.assessor = assessor;
        self.seen_by = seen_by;
        self.is_unsaved = true;
        Ok(())
    }

    /// The device was taken out of the configuration: closes its alerts. Its state, now empty, stays
    /// for the next start, which takes its status back once more.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`].
    pub(crate) fn retire(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        self.log.flush();
        let events = self.assessor.retire(utc_now());
        self.is_unsaved = true;
        store(vec![(self, Unkept { events, is_awaited: true })], recorder).map(drop)
    }

    /// Saves what must survive a restart.
    ///
    /// # Errors
    /// As [`AlertRecorder::save`].
    pub(crate) fn settle(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        self.log.flush();
        let unkept = Unkept { events: Vec::new(), is_awaited: true };
        store(vec![(self, unkept)], recorder).map(drop)
    }

    /// Asks the camera if `events` open alerts.
    fn join(&mut self, events: &mut [IncidentEvent], recorder: &AlertRecorder) {
        if let Some((witnesses, camera)) = &self.seen_by {
            let clips = recorder.clips.as_ref();
            self.joined.begin(events, (witnesses, camera), &mut self.assessor, clips);
        }
    }

    /// Whether what it was told must be saved now.
    fn must_save(&self, is_awaited: bool) -> bool {
        let is_due = || self.saved_at.is_none_or(|saved_at| saved_at.elapsed() >= SAVE_EVERY);
        self.is_unsaved && (is_awaited || is_due())
    }

    fn is_saved(&mut self) {
        (self.saved_at, self.is_unsaved) = (Some(Instant::now()), false);
    }

    fn state(&self) -> Result<AssessorState, RecordError> {
        let kept = Some(self.memory.kept());
        let state = self.assessor.memory_with(kept).map_err(RecordError::Unwritable)?;
        Ok(AssessorState { device_id: self.device.clone(), state })
    }

    /// If the wall clock was set since the latest look, all that is remembered moves with it.
    fn follow_clock(&mut self) {
        let (seen_at, read_at) = self.clock;
        let now = utc_now();
        let by_micros = micros_from(seen_at.after(read_at.elapsed()), now);
        self.clock = (now, Instant::now());
        if Duration::from_micros(by_micros.unsigned_abs()) <= CLOCK_TOLERANCE {
            return;
        }
        warn!(device = self.device, by_secs = by_micros / 1_000_000, "the clock was set");
        self.correction_due |= move_clock(&mut self.assessor, by_micros);
        self.is_unsaved = true;
    }

    /// Open alerts with their right times, if they have told wrong ones.
    fn corrections(&mut self) -> Vec<IncidentEvent> {
        let now = utc_now();
        if !self.correction_due || !is_now(now) {
            return Vec::new();
        }
        self.correction_due = false;
        self.assessor.correct_times(now, Clock { source: ClockSource::Arrival, error_ms: None })
    }
}

/// Keeps what all of these have concluded, if that is due. False while the ledger has not taken an alert of
/// one of them: nothing that came after it is kept then.
///
/// # Errors
/// As [`AlertRecorder::commit`].
fn keep(
    mut all: Vec<(&mut DevicePipeline, Unkept)>,
    recorder: &AlertRecorder,
) -> Result<bool, RecordError> {
    let is_awaited = all.iter().any(|(_, unkept)| unkept.is_awaited);
    let mut is_due = false;
    for (pipeline, unkept) in &mut all {
        pipeline.join(&mut unkept.events, recorder);
        is_due |= !unkept.events.is_empty() || pipeline.must_save(is_awaited);
    }
    if is_due {
        return store(all, recorder);
    }
    Ok(all.iter().all(|(pipeline, _)| !pipeline.unrecorded))
}

/// Writes what all of these have concluded, and what they remember, in one transaction.
fn store(
    mut all: Vec<(&mut DevicePipeline, Unkept)>,
    recorder: &AlertRecorder,
) -> Result<bool, RecordError> {
    // What the ledger has refused is not there, so nothing that follows from it may be.
    if all.iter().any(|(pipeline, _)| pipeline.unrecorded) {
        return Ok(false);
    }
    let (mut events, mut memories) = (Vec::new(), Vec::new());
    for (pipeline, unkept) in &mut all {
        memories.push(CameraMemory {
            state: pipeline.state()?,
            progress: Arc::clone(&pipeline.progress),
        });
        // Until the ledger has both, the state alone must not be saved: it would say that an alert is
        // open of which nobody was ever told.
        pipeline.unrecorded = !unkept.events.is_empty();
        events.append(&mut unkept.events);
    }
    if events.is_empty() {
        recorder.save(&memories)?;
    } else {
        recorder.commit(&events, &memories)?;
    }
    for (pipeline, _) in all {
        pipeline.unrecorded = false;
        pipeline.is_saved();
    }
    Ok(true)
}
