//! Who wants to see a camera's next picture: asked without waiting for the picture that is under way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::camera_order::SnapshotOrder;

/// More people than this at once need not see one camera's next picture.
const MOST: usize = 8;

/// Who waits for one camera's next picture. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct SnapshotOrders(Arc<Mutex<Vec<SnapshotOrder>>>);

impl SnapshotOrders {
    /// One more. False if too many wait already.
    pub(crate) fn put(&self, order: &SnapshotOrder) -> bool {
        let mut orders = self.lock();
        let has_room = orders.len() < MOST;
        if has_room {
            orders.push(Arc::clone(order));
        }
        has_room
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// All who wait, to be answered.
    pub(crate) fn take(&self) -> Vec<SnapshotOrder> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SnapshotOrder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
