//! The doors and sensors of a play, and the story that they play.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::error::PlayError;
use crate::camera::digest::Credentials;
use crate::door::{
    BoundaryStyle, Dahua, DoorController, Habits, Happening, Isapi, OnvifDoor, OnvifHabits, Writing,
};
use crate::field::gb26875::{Form, Transmitter, component};
use crate::field::modbus::{Slave, Table, Unplugged};
use crate::field::mqtt::Sensor;
use crate::mqtt::BrokerAddress;
use crate::scenario::device::{Act, Device, DeviceKind, Step, Story};

/// User and password of the simulated ONVIF door, which has no other way; the others ask for none.
const DOOR_LOGIN: [&str; 2] = ["guard", "gate 7"];

/// The address on the display of a simulated fire transmitter.
const TRANSMITTER: &str = "110105000001";

/// Events that a door tells again to each new listener.
const REPEATS: usize = 8;
const BEAT_EVERY: Duration = Duration::from_secs(2);

/// Status of a component, GB/T 26875.3 table 7: bit 0 normal, bit 1 fire.
const NORMAL: u16 = 1;
const FIRE: u16 = 3;

/// Running devices. Ended on drop.
#[derive(Debug)]
pub(super) struct Devices {
    _story: AbortOnDropHandle<()>,
}

/// One running device.
enum Fake {
    Door(DoorController),
    Onvif(OnvifDoor),
    Cabinet(Slave),
    Panel(Transmitter),
    Publisher(Box<Sensor>, String),
    /// A door without power.
    NoDoor,
    /// A cabinet without power.
    NoCabinet(Unplugged),
    /// A checkpoint has no line of its own.
    Nothing,
}

/// When a story begins, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begin {
    pub(super) instant: Instant,
    pub(super) at: Timestamp,
    /// The gateway's local time, for those who write no offset.
    pub(super) offset: Offset,
}

impl Devices {
    /// Starts all devices at once, and their story with `begin`. `topic` is where sensors publish, up to
    /// their id.
    ///
    /// # Errors
    /// If a port is taken.
    pub(super) async fn start(
        story: &Story,
        broker: &BrokerAddress,
        topic: &str,
        begin: impl Future<Output = Begin> + Send + 'static,
    ) -> Result<Self, PlayError> {
        let mut fakes = Vec::new();
        for device in &story.devices {
            fakes.push(Fake::start(device, broker, topic).await?);
        }
        let (steps, devices) = (story.steps.clone(), story.devices.clone());
        let story = tokio::spawn(async move {
            let begin = begin.await;
            // Each device has a time of its own: one that waits for an answer keeps no other waiting.
            let mut tasks = tokio::task::JoinSet::new();
            for (at, (fake, device)) in fakes.into_iter().zip(devices).enumerate() {
                let own: Vec<Step> =
                    steps.iter().filter(|step| step.device == at).cloned().collect();
                tasks.spawn(play(fake, device, own, begin));
            }
            while tasks.join_next().await.is_some() {}
        });
        Ok(Self { _story: AbortOnDropHandle::new(story) })
    }
}

/// Plays the steps of one device, and keeps it at work.
async fn play(mut fake: Fake, device: Device, steps: Vec<Step>, begin: Begin) {
    for step in steps {
        tokio::time::sleep_until(begin.instant + step.at).await;
        fake = fake.act(step.act, &device, begin).await;
    }
    std::future::pending::<()>().await;
}

impl Fake {
    async fn start(
        device: &Device,
        broker: &BrokerAddress,
        topic: &str,
    ) -> Result<Self, PlayError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, device.port));
        let taken = |_| PlayError::PortTaken { port: device.port };
        Ok(match device.kind {
            DeviceKind::Isapi | DeviceKind::Dahua => {
                Self::Door(door(device, address).await.map_err(taken)?)
            }
            DeviceKind::Onvif => {
                let [user, password] = DOOR_LOGIN;
                let login = Credentials::new(user, password);
                let habits = OnvifHabits::default();
                Self::Onvif(OnvifDoor::serve(address, login, habits).await.map_err(taken)?)
            }
            DeviceKind::Modbus => Self::Cabinet(Slave::start(address).await.map_err(taken)?),
            DeviceKind::Gb26875 => {
                Self::Panel(Transmitter::new(address, TRANSMITTER, Form::Binary))
            }
            DeviceKind::Mqtt => {
                let sensor = Sensor::over_tls(broker, &device.id)?;
                Self::Publisher(Box::new(sensor), format!("{topic}/{}", device.id))
            }
            DeviceKind::Checkpoint => Self::Nothing,
        })
    }

    /// Does what the story says, and gives what the device is then.
    async fn act(self, act: Act, device: &Device, begin: Begin) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, device.port));
        match (self, act) {
            (Self::Door(door), Act::Door(it)) => {
                door.happens(Happening::new(it.door, it.what));
                Self::Door(door)
            }
            (Self::Onvif(door), Act::Door(it)) => {
                door.happens(Happening::new(it.door, it.what));
                Self::Onvif(door)
            }
            (Self::Door(door), Act::BreakOff) => {
                door.break_off();
                Self::Door(door)
            }
            (Self::Onvif(door), Act::BreakOff) => {
                door.reboot();
                Self::Onvif(door)
            }
            (Self::Door(door), Act::GoAway) => {
                drop(door);
                Self::NoDoor
            }
            (Self::NoDoor, Act::ComeBack) => {
                self::door(device, address).await.map_or(Self::NoDoor, Self::Door)
            }
            (Self::Cabinet(slave), Act::GoAway) => Self::NoCabinet(slave.kill().await),
            (Self::NoCabinet(unplugged), Act::ComeBack) => match unplugged.plug_in().await {
                Ok(slave) => Self::Cabinet(slave),
                Err(_) => Self::NoDoor,
            },
            (Self::Cabinet(slave), Act::Register { address, value }) => {
                slave.set(1, Table::Input, address, value);
                Self::Cabinet(slave)
            }
            (Self::Panel(mut panel), Act::Component { address, is_fire }) => {
                let now = Timestamp::now().to_zoned(TimeZone::fixed(begin.offset)).datetime();
                let status = if is_fire { FIRE } else { NORMAL };
                let report = component(1, address, status, "hall", panel.time(now));
                let frame = panel.frame(now, &report);
                panel.report(&frame).await;
                Self::Panel(panel)
            }
            (Self::Publisher(mut sensor, topic), Act::Publish(payload)) => {
                // Whether it arrives is the judge's to say.
                drop(sensor.publish(&topic, payload.as_bytes(), false).await);
                Self::Publisher(sensor, topic)
            }
            (fake, _) => fake,
        }
    }
}

async fn door(device: &Device, address: SocketAddr) -> std::io::Result<DoorController> {
    let habits = Habits { beat_every: BEAT_EVERY, repeats: REPEATS, ..Habits::default() };
    if device.kind == DeviceKind::Dahua {
        let firmware = Dahua { has_company: true, has_serials: true };
        return DoorController::serve(address, firmware, habits, None).await;
    }
    let firmware = Isapi::new(BoundaryStyle::Angle, Writing::Json);
    DoorController::serve(address, firmware, habits, None).await
}
