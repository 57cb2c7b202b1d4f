//! Where messages of sensors arrive: understood, posted, and answered for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use runtime::utc_now;
use scene::{CaptureTime, DEVICE_POINT, Reading, SignalKind, SignalValue};
use tokio::sync::Mutex;

use crate::device::{Device, Told};
use crate::health::{Counted, DeviceHealth, DeviceState};
use crate::mqtt::said::{About, Said, Understood};
use crate::mqtt::settings::{ONVIF_EVENTS, Point, Settings, Way};
use crate::mqtt::{onvif_ej, plain_reading};
use crate::receipt::Receipt;

/// What became of a message. All but a lost one are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// What follows from it is on disk, or nothing does.
    Kept,
    /// It was not understood. That is counted and told; sent again, it would not be either.
    Faulty,
    /// It was understood and could not be kept: it is not acknowledged, so that the broker sends it
    /// again.
    Lost,
}

/// All devices that speak by MQTT.
#[derive(Debug)]
pub struct Inbox {
    /// By the topic, or by what the topic begins with.
    plain: BTreeMap<String, Home>,
    onvif: Vec<(String, Home)>,
    strays: AtomicU64,
}

/// One device and its points.
#[derive(Debug)]
pub(crate) struct Home {
    points: Vec<Point>,
    pub(crate) silent_after: Duration,
    pub(crate) health: DeviceHealth,
    /// Held until the receipts of a message are settled: what is sent again meanwhile waits for them,
    /// and the order of a device's messages is kept.
    device: Mutex<Device>,
}

impl Inbox {
    /// For these devices. Each has the name of one of the settings; what the settings name and nobody
    /// brings, is not heard.
    #[must_use]
    pub fn new(settings: Settings, devices: Vec<Device>) -> Self {
        let mut named: BTreeMap<String, Device> =
            devices.into_iter().map(|device| (device.name().to_owned(), device)).collect();
        let mut inbox =
            Self { plain: BTreeMap::new(), onvif: Vec::new(), strays: AtomicU64::new(0) };
        for of_device in settings.devices {
            let Some(device) = named.remove(&of_device.device) else { continue };
            device.health().await_call(
                "it has published nothing since the gateway was started. Check the sensor's power \
                 and network, and its login at the broker",
            );
            let home = Home {
                points: of_device.points,
                silent_after: of_device.silent_after,
                health: device.health(),
                device: Mutex::new(device),
            };
            match of_device.way {
                Way::Json => {
                    let topic = format!("{}/in/{}", settings.prefix, of_device.device);
                    inbox.plain.insert(topic, home);
                }
                Way::OnvifEj { topic_prefix } => {
                    inbox.onvif.push((format!("{topic_prefix}{ONVIF_EVENTS}"), home));
                }
            }
        }
        inbox
    }

    /// Takes one message. Returns once its signals are kept, or are known not to be. `retained` is the
    /// flag of the message: the broker had stored it before we asked.
    pub async fn deliver(&self, topic: &str, payload: &[u8], retained: bool) -> Delivered {
        if let Some(home) = self.plain.get(topic) {
            let understood = plain_reading::understand(payload, &home.points, retained);
            return home.settle(understood).await;
        }
        let below = |(prefix, home)| topic.strip_prefix::<&String>(prefix).map(|it| (it, home));
        let found = self.onvif.iter().map(|(prefix, home)| (prefix, home)).find_map(below);
        if let Some((topic, home)) = found {
            let understood = onvif_ej::understand(topic, payload, &home.points, retained);
            return home.settle(understood).await;
        }
        self.strays.fetch_add(1, Ordering::Relaxed);
        Delivered::Faulty
    }

    /// How many messages came on topics that belong to no device.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.strays.load(Ordering::Relaxed)
    }

    pub(crate) fn homes(&self) -> impl Iterator<Item = &Home> {
        self.plain.values().chain(self.onvif.iter().map(|(_, home)| home))
    }
}

impl Home {
    async fn settle(&self, understood: Understood) -> Delivered {
        let mut device = self.device.lock().await;
        let arrived_at = utc_now();
        for fault in &understood.faults {
            device.fault(&fault.to_string());
        }
        (0..understood.ignored).for_each(|_| device.count(Counted::Ignored));
        let is_faulty = understood.said.is_empty() && !understood.faults.is_empty();
        if !is_faulty {
            self.health.set(DeviceState::Online);
        }
        let mut waiting = Vec::new();
        for said in &understood.said {
            waiting.extend(self.post(&mut device, said, arrived_at));
        }
        match (Receipt::are_kept(waiting).await, is_faulty) {
            (false, _) => Delivered::Lost,
            (true, true) => Delivered::Faulty,
            (true, false) => Delivered::Kept,
        }
    }

    fn post(&self, device: &mut Device, said: &Said, arrived_at: CaptureTime) -> Option<Receipt> {
        if said.about == (About::Device { is_there: true }) {
            device.beat(said.device_time, arrived_at);
            return None;
        }
        // A value that its kind cannot have was found when it was read.
        device.report(&self.told(said)?, arrived_at).ok().flatten()
    }

    fn told(&self, said: &Said) -> Option<Told<'_>> {
        let (point, kind, reading) = match said.about {
            About::Point(at, reading) => {
                let point = self.points.get(at)?;
                (point.name.as_str(), point.kind, reading)
            }
            About::Device { is_there } => {
                let reading = Reading::Good(SignalValue::Flag(is_there));
                (DEVICE_POINT, SignalKind::Heartbeat, reading)
            }
        };
        let Said { device_time, serial, .. } = *said;
        Some(Told { point, kind, reading, device_time, serial })
    }
}
