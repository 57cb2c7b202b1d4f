//! The pipelines of all cameras, each in a slot of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};

use eye::CameraNumber;

use super::pipeline::CameraPipeline;
use super::snapshot_orders::SnapshotOrders;
use crate::camera_order::SnapshotOrder;

/// A camera's pipeline, named for the log.
pub(crate) struct NamedPipeline {
    pub(crate) name: String,
    pub(crate) pipeline: CameraPipeline,
}

type Slot = Arc<Mutex<Option<NamedPipeline>>>;

/// The slots by number. Cheap to clone: all clones are one list.
#[derive(Clone, Default)]
pub(crate) struct CameraSlots(Arc<RwLock<Slots>>);

#[derive(Default)]
struct Slots {
    by_number: BTreeMap<CameraNumber, Slot>,
    /// The number of each camera that is not dismissed.
    numbers: BTreeMap<String, CameraNumber>,
    snapshot_orders: BTreeMap<CameraNumber, SnapshotOrders>,
    next: u32,
}

impl CameraSlots {
    /// A number that no other camera ever gets.
    pub(crate) fn next_number(&self) -> CameraNumber {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let number = CameraNumber(slots.next);
        slots.next += 1;
        number
    }

    /// Takes a pipeline in.
    pub(crate) fn put(&self, number: CameraNumber, named: NamedPipeline) {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        slots.numbers.insert(named.name.clone(), number);
        slots.snapshot_orders.insert(number, named.pipeline.snapshot_orders());
        slots.by_number.insert(number, Arc::new(Mutex::new(Some(named))));
    }

    /// Takes a pipeline out, after what is under way with it.
    pub(crate) fn dismiss(&self, number: CameraNumber) {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        slots.numbers.retain(|_, at| *at != number);
        let slot = slots.by_number.remove(&number);
        slots.snapshot_orders.remove(&number);
        drop(slots);
        if let Some(slot) = slot {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Leaves an order for a camera's next picture; never waits. False if too many wait already.
    pub(crate) fn order_snapshot(&self, number: CameraNumber, order: &SnapshotOrder) -> bool {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        slots.snapshot_orders.get(&number).is_some_and(|orders| orders.put(order))
    }

    /// Does something with a pipeline; waits for what is under way with it. None if it is gone.
    pub(crate) fn with<T>(
        &self,
        number: CameraNumber,
        work: impl FnOnce(&mut NamedPipeline) -> T,
    ) -> Option<T> {
        let slot = self.slot(number)?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.as_mut().map(work)
    }

    /// As [`CameraSlots::with`], but does not wait: none also if something is under way.
    pub(crate) fn with_idle<T>(
        &self,
        number: CameraNumber,
        work: impl FnOnce(&mut NamedPipeline) -> T,
    ) -> Option<T> {
        let slot = self.slot(number)?;
        let mut slot = match slot.try_lock() {
            Ok(slot) => slot,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        slot.as_mut().map(work)
    }

    /// The number of one camera, or those of all.
    pub(crate) fn numbers_of(&self, camera: Option<&str>) -> Vec<CameraNumber> {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match camera {
            Some(name) => slots.numbers.get(name).copied().into_iter().collect(),
            None => slots.by_number.keys().copied().collect(),
        }
    }

    fn slot(&self, number: CameraNumber) -> Option<Slot> {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        slots.by_number.get(&number).cloned()
    }
}
