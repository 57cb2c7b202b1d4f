//! Where the pipelines of all doors and sensors are found.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use intake::Posted;
use runtime::utc_now;
use scene::{CaptureTime, DoorEvent, Reading, Signal, SignalKind, SignalValue};
use tracing::error;

use super::joined::Witnesses;
use super::pipeline::DevicePipeline;
use crate::analysis::alert_recorder::{AlertRecorder, RecordError};
use crate::analysis::checkpoints::CheckpointFeed;
use crate::camera_order::{CameraOrder, CameraOrders};

/// Devices whose state a ledger that refuses is asked to save, within this time.
const LONGEST_SETTLING: Duration = Duration::from_secs(10);

type Slot = Arc<Mutex<DevicePipeline>>;

/// The pipelines of all doors and sensors at work. Each has a lock of its own: one that waits for the
/// disk holds up no other's orders. Cheap to clone: all clones are one desk.
#[derive(Clone)]
pub(crate) struct DeviceDesk(Arc<Inner>);

struct Inner {
    slots: Mutex<BTreeMap<Arc<str>, Slot>>,
    /// The cameras that take a door's picture.
    witnesses: Witnesses,
    recorder: Arc<AlertRecorder>,
    /// The checkpoints that hear what devices say.
    feed: CheckpointFeed,
    /// Called when the ledger can no longer be trusted.
    fail: Arc<dyn Fn(RecordError) + Send + Sync>,
}

impl DeviceDesk {
    /// An empty one. `fail` is called when the ledger fails for good.
    pub(crate) fn new(
        witnesses: Witnesses,
        (recorder, feed): (Arc<AlertRecorder>, CheckpointFeed),
        fail: Arc<dyn Fn(RecordError) + Send + Sync>,
    ) -> Self {
        Self(Arc::new(Inner { slots: Mutex::default(), witnesses, recorder, feed, fail }))
    }

    /// The cameras that take a door's picture.
    pub(crate) fn witnesses(&self) -> Witnesses {
        self.0.witnesses.clone()
    }

    /// Takes a device in: `pipeline` judges what it says from now on.
    pub(crate) fn admit(&self, device: &str, pipeline: DevicePipeline) {
        self.0.feed.note_hazard(device, pipeline.open_hazard());
        self.slots().insert(device.into(), Arc::new(Mutex::new(pipeline)));
    }

    /// Changes a device's pipeline between two of its signals. None if it is not here.
    pub(crate) fn change<T>(
        &self,
        device: &str,
        change: impl FnOnce(&mut DevicePipeline, &AlertRecorder) -> T,
    ) -> Option<T> {
        let slot = self.slots().get(device).cloned()?;
        Some(change(&mut lock(&slot), &self.0.recorder))
    }

    /// Takes a device out, after what is being judged.
    pub(crate) fn dismiss(&self, device: &str) {
        self.0.feed.note_hazard(device, None);
        self.slots().remove(device);
    }

    /// Whether this device is at work.
    pub(crate) fn has(&self, device: &str) -> bool {
        self.slots().contains_key(device)
    }

    /// Has all that was said judged, each device's in order. What was said by a device that is no
    /// longer here is lost. Gives when time alone changes something next for those that heard of it.
    pub(super) fn hear(&self, posted: Vec<Posted>) -> Option<CaptureTime> {
        let mut by_device: BTreeMap<Arc<str>, Vec<Posted>> = BTreeMap::new();
        // Before anything that may wait for the disk.
        posted.iter().for_each(|it| tell_of_fire(&it.signal, &self.0.recorder.outputs));
        for posted in posted {
            by_device.entry(Arc::clone(&posted.signal.source().device)).or_default().push(posted);
        }
        let mut wake_at = None;
        for (device, posted) in by_device {
            match self.hear_one(&device, posted) {
                Ok(soonest) => wake_at = earliest(wake_at, soonest),
                Err(failure) => (self.0.fail)(failure),
            }
        }
        wake_at
    }

    /// A device has said this. The checkpoints that hear it judge it with the device, so that after a kill
    /// they know of it if the device does.
    fn hear_one(
        &self,
        device: &str,
        posted: Vec<Posted>,
    ) -> Result<Option<CaptureTime>, RecordError> {
        let heard = self.0.feed.heard(posted.iter().map(|it| &it.signal));
        let slots = self.slots();
        let Some(slot) = slots.get(device).cloned() else { return Ok(None) };
        let hearers = heard.iter().filter_map(|(it, heard)| Some((slots.get(it).cloned()?, heard)));
        let hearers: Vec<(Slot, &Vec<Signal>)> = hearers.collect();
        drop(slots);
        // Nobody but this thread holds more than one, and a checkpoint is no device: so none waits for another.
        let mut pipeline = lock(&slot);
        let mut locked: Vec<_> = hearers.iter().map(|(slot, it)| (lock(slot), it)).collect();
        let checkpoints =
            locked.iter_mut().map(|(it, heard)| (&mut **it, heard.as_slice())).collect();
        let outcome = pipeline.hear(posted, checkpoints, &self.0.recorder);
        self.0.feed.note_hazard(device, pipeline.open_hazard());
        let of_checkpoints = locked.iter().filter_map(|(it, _)| it.wake_at()).min();
        outcome.map(|()| earliest(pipeline.wake_at(), of_checkpoints))
    }

    /// Ends what time has brought to an end: for those that wait for this time, or for `all`. Gives when
    /// time alone changes something next.
    pub(super) fn pass_time(&self, all: bool) -> Option<CaptureTime> {
        let now = utc_now();
        let mut next = None;
        for (device, slot) in self.all() {
            let mut pipeline = lock(&slot);
            let mut wake_at = pipeline.wake_at();
            if all || wake_at.is_some_and(|wake_at| wake_at <= now) {
                if let Err(failure) = pipeline.pass_time(&self.0.recorder) {
                    (self.0.fail)(failure);
                }
                self.0.feed.note_hazard(&device, pipeline.open_hazard());
                wake_at = pipeline.wake_at();
            }
            next = earliest(next, wake_at);
        }
        next
    }

    /// Saves every device's state. One that cannot be saved keeps no other from it; if the ledger takes
    /// none for long, the rest is not tried. Tells of each that is not saved.
    pub(super) fn settle(&self) {
        let (begun_at, mut is_refused) = (Instant::now(), false);
        for (device, slot) in self.all() {
            if is_refused && begun_at.elapsed() >= LONGEST_SETTLING {
                error!(%device, "the state of the rules is not saved, as the ledger refused others; the last saved one counts");
                continue;
            }
            if let Err(error) = lock(&slot).settle(&self.0.recorder) {
                is_refused = true;
                error!(%device, %error, "the state of the rules is not saved; the last saved one counts");
            }
        }
    }

    fn all(&self) -> Vec<(Arc<str>, Slot)> {
        self.slots().iter().map(|(device, slot)| (Arc::clone(device), Arc::clone(slot))).collect()
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Slot>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CameraOrders for DeviceDesk {
    fn order(&self, device: Option<&str>, order: &CameraOrder<'_>) -> bool {
        let chosen = |(id, _): &(Arc<str>, Slot)| device.is_none_or(|device| *device == **id);
        let mut is_done = false;
        for (_, slot) in self.all().into_iter().filter(chosen) {
            match lock(&slot).carry_out(order, &self.0.recorder) {
                Ok(done) => is_done |= done,
                Err(failure) => (self.0.fail)(failure),
            }
        }
        is_done
    }
}

/// What says that there is fire, or that there is none any more, lets go of all that is held. A reading that
/// the device doubts counts for fire, and not against it.
fn tell_of_fire(signal: &Signal, outputs: &output::Desk) {
    let source = signal.source();
    let point = || format!("{}.{}", source.device, source.point);
    match (signal.kind(), signal.reading()) {
        (
            SignalKind::Smoke,
            Reading::Good(SignalValue::Flag(true)) | Reading::Uncertain(SignalValue::Flag(true)),
        ) => outputs.fire(&point(), true),
        (SignalKind::Smoke, Reading::Good(SignalValue::Flag(false))) => {
            outputs.fire(&point(), false)
        }
        (
            SignalKind::DoorEvent,
            Reading::Good(SignalValue::Code(DoorEvent::FireRelease))
            | Reading::Uncertain(SignalValue::Code(DoorEvent::FireRelease)),
        ) => outputs.fire_release(),
        _ => {}
    }
}

/// The earlier of two times, either of which may be none.
pub(super) fn earliest(
    one: Option<CaptureTime>,
    other: Option<CaptureTime>,
) -> Option<CaptureTime> {
    one.into_iter().chain(other).min()
}

fn lock(slot: &Slot) -> MutexGuard<'_, DevicePipeline> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
