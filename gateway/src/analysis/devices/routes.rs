//! What sensors publish at the broker, on its way to the adapter of the sensor that said it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use delivery::{SensorInbox, Taking};
use intake::mqtt::{Delivered, Inbox, MOST_MESSAGE_BYTES};

use super::topic_filter::matches;

/// A message that was dropped from a full mailbox is handed over again after this time.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The sensors that publish. Cheap to clone: all clones are one table.
#[derive(Clone, Default)]
pub(crate) struct SensorRoutes(Arc<RwLock<BTreeMap<String, Route>>>);

struct Route {
    inbox: Arc<Inbox>,
    filters: Vec<String>,
}

impl SensorRoutes {
    /// What is under `filters` is said by this device from now on.
    pub(super) fn put(&self, device: &str, inbox: Arc<Inbox>, filters: Vec<String>) {
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        routes.insert(device.to_owned(), Route { inbox, filters });
    }

    /// The device is no more.
    pub(super) fn remove(&self, device: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(device);
    }

    fn of(&self, topic: &str) -> Option<Arc<Inbox>> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_heard = |route: &&Route| route.filters.iter().any(|filter| matches(filter, topic));
        routes.values().find(is_heard).map(|route| Arc::clone(&route.inbox))
    }
}

impl SensorInbox for SensorRoutes {
    fn filters(&self) -> Vec<String> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut filters: Vec<String> =
            routes.values().flat_map(|route| route.filters.iter().cloned()).collect();
        filters.sort_unstable();
        filters.dedup();
        filters
    }

    fn take(&self, topic: &str, payload: &[u8], retained: bool) -> Option<Taking> {
        let inbox = self.of(topic)?;
        // One byte too much says that it is too long.
        let payload = payload.get(..=MOST_MESSAGE_BYTES).unwrap_or(payload).to_owned();
        let topic = topic.to_owned();
        Some(Box::pin(async move {
            while inbox.deliver(&topic, &payload, retained).await == Delivered::Lost {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }))
    }
}
