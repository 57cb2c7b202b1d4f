//! One door's or sensor's way from signals to incident events, and all that it must remember.

use std::sync::Arc;
use std::time::{Duration, Instant};

use incident::{Assessor, IncidentEvent, Input, MemoryError};
use intake::{DeviceMemory, Posted, Voucher};
use ledger::AssessorState;
use rule::Slug;
use runtime::{CLOCK_TOLERANCE, clock_is_believed, is_now, metrics, utc_now};
use scene::{CaptureTime, Clock, ClockSource, SignalKind};
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
}

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

    /// Judges what was said, in the order in which it came. The device hears of each that it is kept
    /// once that is so.
    ///
    /// # Errors
    /// As [`AlertRecorder::commit`]; the device then hears that it is lost.
    pub(super) fn hear(
        &mut self,
        posted: Vec<Posted>,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        self.follow_clock();
        let mut events = self.corrections();
        for Posted { signal, voucher } in &posted {
            self.log.signal(signal);
            events.extend(self.assessor.assess(Input::Signal(signal)));
            voucher.judged();
            metrics::signal_judged(utc_now().since(signal.captured_at()));
        }
        self.at_checkpoint(&mut events, recorder);
        self.is_unsaved |= !posted.is_empty();
        // What happened at a door is said once, whoever waits for it.
        let is_awaited = posted.iter().any(|Posted { signal, voucher }| {
            voucher.is_awaited() || signal.kind() == SignalKind::DoorEvent
        });
        if let Some(Posted { signal, .. }) = posted.last() {
            self.progress.advance(signal.captured_at());
        }
        let vouchers: Vec<Voucher> = posted.into_iter().map(|posted| posted.voucher).collect();
        self.keep(events, is_awaited, recorder)?;
        // While the ledger has not taken an alert, nothing that came after it is saved.
        if !self.unrecorded {
            vouchers.into_iter().for_each(Voucher::kept);
        }
        Ok(())
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
        let is_news = self.memory.take_news();
        self.is_unsaved |= is_news;
        self.keep(events, is_news, recorder)
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
        self.keep(events, true, recorder)?;
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
        self.commit(&events, recorder)
    }

    /// Saves what must survive a restart.
    ///
    /// # Errors
    /// As [`AlertRecorder::save`].
    pub(crate) fn settle(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        self.log.flush();
        self.save(recorder)
    }

    /// Commits events; without any, saves the memory if somebody waits for that or it is due.
    fn keep(
        &mut self,
        mut events: Vec<IncidentEvent>,
        is_awaited: bool,
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        if let Some((witnesses, camera)) = &self.seen_by {
            let clips = recorder.clips.as_ref();
            self.joined.begin(&mut events, (witnesses, camera), &mut self.assessor, clips);
        }
        if !events.is_empty() {
            return self.commit(&events, recorder);
        }
        let is_due = self.saved_at.is_none_or(|saved_at| saved_at.elapsed() >= SAVE_EVERY);
        if self.is_unsaved && (is_awaited || is_due) { self.save(recorder) } else { Ok(()) }
    }

    fn commit(
        &mut self,
        events: &[IncidentEvent],
        recorder: &AlertRecorder,
    ) -> Result<(), RecordError> {
        // What the ledger has refused is not there, so nothing that follows from it may be.
        if self.unrecorded {
            return Ok(());
        }
        let state = self.state()?;
        // Until the ledger has both, the state alone must not be saved: it would say that an alert is
        // open of which nobody was ever told.
        self.unrecorded = true;
        recorder.commit(events, CameraMemory { state: &state, progress: &self.progress })?;
        self.unrecorded = false;
        self.is_saved();
        Ok(())
    }

    fn save(&mut self, recorder: &AlertRecorder) -> Result<(), RecordError> {
        if self.unrecorded {
            return Ok(());
        }
        recorder.save(CameraMemory { state: &self.state()?, progress: &self.progress })?;
        self.is_saved();
        Ok(())
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
