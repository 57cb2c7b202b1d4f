//! What sensors publish at the broker, on its way to the adapter of the sensor that said it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use delivery::{SensorInbox, Taking};
use intake::mqtt::{Delivered, Inbox, MOST_MESSAGE_BYTES};
use runtime::metrics;
use tokio::sync::watch;

use super::topic_filter::matches;

/// A message that was dropped from a full mailbox is handed over again after this time.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The sensors that publish. Cheap to clone: all clones are one table.
#[derive(Clone)]
pub(crate) struct SensorRoutes(Arc<Shared>);

struct Shared {
    routes: RwLock<BTreeMap<String, Route>>,
    /// All sensors of the configuration are here. What comes before waits: the broker hands over at
    /// once what came while the gateway was away.
    has_begun: watch::Sender<bool>,
}

/// One sensor.
pub(super) struct Route {
    /// Where what it says goes.
    pub(super) inbox: Arc<Inbox>,
    /// What must be subscribed to.
    pub(super) filters: Vec<String>,
    /// What of that is its own.
    pub(super) own: String,
}

impl Default for SensorRoutes {
    fn default() -> Self {
        let (routes, has_begun) = (RwLock::default(), watch::Sender::new(false));
        Self(Arc::new(Shared { routes, has_begun }))
    }
}

impl SensorRoutes {
    /// What is a device's own goes to its inbox from now on.
    pub(super) fn put(&self, device: &str, route: Route) {
        let mut routes = self.0.routes.write().unwrap_or_else(PoisonError::into_inner);
        routes.insert(device.to_owned(), route);
    }

    /// The device publishes no more.
    pub(super) fn remove(&self, device: &str) {
        self.0.routes.write().unwrap_or_else(PoisonError::into_inner).remove(device);
    }

    /// All sensors of the configuration are here.
    pub(super) fn begin(&self) {
        self.0.has_begun.send_replace(true);
    }

    fn of(&self, topic: &str) -> Option<Arc<Inbox>> {
        let routes = self.0.routes.read().unwrap_or_else(PoisonError::into_inner);
        let route = routes.values().find(|route| matches(&route.own, topic));
        route.map(|route| Arc::clone(&route.inbox))
    }

    async fn deliver(self, topic: String, payload: Vec<u8>, retained: bool) {
        // Its other end is held here, so this ends when all have begun.
        drop(self.0.has_begun.subscribe().wait_for(|has_begun| *has_begun).await);
        // Looked up each time: a sensor that is taken out meanwhile keeps nothing, and others wait behind.
        while let Some(inbox) = self.of(&topic) {
            if inbox.deliver(&topic, &payload, retained).await != Delivered::Lost {
                return;
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
        metrics::message_discarded();
    }
}

impl SensorInbox for SensorRoutes {
    fn filters(&self) -> Vec<String> {
        let routes = self.0.routes.read().unwrap_or_else(PoisonError::into_inner);
        let mut filters: Vec<String> =
            routes.values().flat_map(|route| route.filters.iter().cloned()).collect();
        filters.sort_unstable();
        filters.dedup();
        filters
    }

    fn take(&self, topic: &str, payload: &[u8], retained: bool) -> Option<Taking> {
        if *self.0.has_begun.borrow() && self.of(topic).is_none() {
            return None;
        }
        // One byte too much says that it is too long.
        let payload = payload.get(..=MOST_MESSAGE_BYTES).unwrap_or(payload).to_owned();
        Some(Box::pin(self.clone().deliver(topic.to_owned(), payload, retained)))
    }
}

#[cfg(test)]
mod tests {
    use intake::mqtt::{DeviceSettings, Point, Settings, Way};
    use intake::{Device, Mailbox};
    use scene::SignalKind;

    use super::*;

    fn route(id: &str, mailbox: &Arc<Mailbox>) -> Route {
        let point = Point { name: "smoke".to_owned(), kind: SignalKind::Smoke, onvif: None };
        let device = DeviceSettings {
            device: id.to_owned(),
            way: Way::Json,
            points: vec![point],
            silent_after: Duration::from_mins(5),
        };
        let settings = Settings { prefix: "cg".to_owned(), devices: vec![device] };
        let filters = intake::mqtt::filters(&settings);
        let inbox = Inbox::new(settings, vec![Device::new(id, Arc::clone(mailbox))]);
        Route { inbox: Arc::new(inbox), filters, own: format!("cg/in/{id}") }
    }

    const SMOKE: &[u8] = br#"{"point":"smoke","kind":"smoke","value":true}"#;

    #[tokio::test]
    async fn what_comes_before_the_sensors_are_here_waits_for_them() {
        let (mailbox, routes) = (Arc::new(Mailbox::default()), SensorRoutes::default());
        let first = routes.take("cg/in/s-2", SMOKE, false).expect("it may be a sensor's");
        let stray = routes.take("cg/in/s-9", SMOKE, false).expect("it may be a sensor's");
        routes.put("s-1", route("s-1", &mailbox));
        routes.put("s-2", route("s-2", &mailbox));
        assert_eq!(routes.filters(), ["cg/in/+"]);
        routes.begin();
        stray.await;
        let task = tokio::spawn(first);
        let posted = loop {
            let mut posted = mailbox.take(Duration::ZERO);
            posted.retain(|it| it.signal.kind() == SignalKind::Smoke);
            if let Some(posted) = posted.pop() {
                break posted;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(&*posted.signal.source().device, "s-2");
        posted.voucher.kept();
        task.await.unwrap();
        assert!(routes.take("cg/in/s-9", SMOKE, false).is_none(), "it is nobody's");
    }

    #[tokio::test]
    async fn nobody_waits_for_a_sensor_that_is_taken_out_before_it_is_heard() {
        let (mailbox, routes) = (Arc::new(Mailbox::default()), SensorRoutes::default());
        routes.put("s-1", route("s-1", &mailbox));
        routes.begin();
        let task = tokio::spawn(routes.take("cg/in/s-1", SMOKE, false).expect("it is a sensor's"));
        let is_smoke = |it: &intake::Posted| it.signal.kind() == SignalKind::Smoke;
        while !mailbox.take(Duration::ZERO).iter().any(is_smoke) {
            tokio::task::yield_now().await;
        }
        routes.remove("s-1");
        task.await.unwrap();
        assert!(!mailbox.take(Duration::ZERO).iter().any(is_smoke), "it is not handed over again");
    }
}
