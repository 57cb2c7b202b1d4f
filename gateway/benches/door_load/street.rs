//! A street of simulated doors and cabinets in its rush hour.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use hw_sim::camera::Credentials;
use hw_sim::door::{
    Account, BoundaryStyle, Dahua, DoorController, Habits, Happening, Isapi, OnvifDoor,
    OnvifHabits, Scheme, What, Writing,
};
use hw_sim::field::modbus::{Slave, Table};
use tokio::time::{MissedTickBehavior, interval};

pub(crate) const CHECKPOINTS: usize = 90;
pub(crate) const DOORS: usize = 72;
pub(crate) const MODBUS_POINTS: usize = CABINETS * POINTS_EACH as usize;
const CABINETS: usize = 50;
const POINTS_EACH: u16 = 10;

/// At the busiest time somebody passes a checkpoint this often, and a house's door this often.
const CHECKPOINT_EVERY_SECS: usize = 20;
const DOOR_EVERY_SECS: usize = 120;
/// How long a door stands open.
const OPEN_SECS: usize = 4;

const USER: &str = "guard";
pub(crate) const PASSWORD: &str = "gate 7";

/// All devices, at work until they are dropped.
pub(crate) struct Street {
    shared: Arc<Devices>,
}

struct Devices {
    doors: Vec<Door>,
    cabinets: Vec<Slave>,
}

enum Door {
    Streaming(DoorController, &'static str),
    Onvif(OnvifDoor),
}

impl Street {
    /// Three in six doors are Hikvision's with JSON, one with XML, one is Dahua's, one speaks ONVIF.
    pub(crate) async fn open() -> Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut doors = Vec::new();
        for number in 0..CHECKPOINTS + DOORS {
            let account = Account::new(Credentials::new(USER, PASSWORD), Scheme::Md5);
            let habits = Habits { repeats: 8, ..Habits::default() };
            let isapi = |writing| Isapi::new(BoundaryStyle::Plain, writing);
            doors.push(match number % 6 {
                0..3 => {
                    let firmware = isapi(Writing::Json);
                    let door = DoorController::serve(any, firmware, habits, Some(account)).await?;
                    Door::Streaming(door, "isapi")
                }
                3 => {
                    let firmware = isapi(Writing::Xml);
                    let door = DoorController::serve(any, firmware, habits, Some(account)).await?;
                    Door::Streaming(door, "isapi")
                }
                4 => {
                    let firmware = Dahua { has_company: true, has_serials: true };
                    let door = DoorController::serve(any, firmware, habits, Some(account)).await?;
                    Door::Streaming(door, "dahua")
                }
                _ => {
                    let login = Credentials::new(USER, PASSWORD);
                    Door::Onvif(OnvifDoor::serve(any, login, OnvifHabits::default()).await?)
                }
            });
        }
        let mut cabinets = Vec::new();
        for _ in 0..CABINETS {
            let cabinet = Slave::start(any).await?;
            (0..POINTS_EACH).for_each(|at| cabinet.set(1, Table::Input, at, 250));
            cabinets.push(cabinet);
        }
        Ok(Self { shared: Arc::new(Devices { doors, cabinets }) })
    }

    /// Their ids and files.
    pub(crate) fn devices(&self) -> Vec<(String, String)> {
        let doors = self.shared.doors.iter().enumerate().map(|(number, door)| {
            let kind = if number < CHECKPOINTS { "checkpoint" } else { "door" };
            (format!("{kind}-{number}"), door.file())
        });
        let cabinets = self.shared.cabinets.iter().enumerate();
        doors
            .chain(cabinets.map(|(number, it)| (format!("cabinet-{number}"), cabinet_file(it))))
            .collect()
    }

    /// People pass and currents change until it is aborted.
    pub(crate) fn rush_hour(&self) -> impl Future<Output = ()> + Send + 'static {
        let devices = Arc::clone(&self.shared);
        async move {
            let mut seconds = interval(Duration::from_secs(1));
            seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
            for second in 0.. {
                seconds.tick().await;
                devices.pass(second);
            }
        }
    }
}

impl Devices {
    /// What happens in one second. Neither doors nor cabinets do anything at the same time.
    fn pass(&self, second: usize) {
        for (number, door) in self.doors.iter().enumerate() {
            let every = if number < CHECKPOINTS { CHECKPOINT_EVERY_SECS } else { DOOR_EVERY_SECS };
            let phase = (second + number * 7) % every;
            if phase == 0 {
                // One in forty has no right to enter.
                let is_refused = (second + number).is_multiple_of(40);
                door.happens(if is_refused { What::Denied } else { What::Granted });
                if !is_refused {
                    door.happens(What::Opened);
                }
            }
            if phase == OPEN_SECS {
                door.happens(What::Closed);
            }
        }
        // One value in ten changes each second.
        for (number, cabinet) in self.cabinets.iter().enumerate() {
            let at = u16::try_from((second + number) % usize::from(POINTS_EACH)).unwrap_or(0);
            let value = u16::try_from((second * 37 + number * 11) % 60).unwrap_or(0);
            cabinet.set(1, Table::Input, at, 220 + value);
        }
    }
}

impl Door {
    fn happens(&self, what: What) {
        let happening = Happening::new(1, what);
        match self {
            Self::Streaming(door, _) => door.happens(happening),
            Self::Onvif(door) => door.happens(happening),
        }
    }

    fn file(&self) -> String {
        let (protocol, url, key) = match self {
            Self::Streaming(door, protocol) => {
                (*protocol, format!("http://{}", door.address()), "door = 1")
            }
            Self::Onvif(door) => ("onvif", door.url(), "token = \"door-1\""),
        };
        let mut text = format!(
            "protocol = \"{protocol}\"\nurl = \"{url}\"\nusername = \"{USER}\"\n\
             password_file = \"../door.password\"\n{PLACE}[[point]]\nid = \"gate\"\n{key}\n"
        );
        for code in ["door_forced_open", "door_held_open", "door_access_denied", "door_duress"] {
            text.push_str(&format!("[[rule]]\ntype = \"{code}\"\npoint = \"gate\"\n"));
        }
        text.push_str("[[rule]]\ntype = \"sensor_offline\"\n");
        text
    }
}

const PLACE: &str = "place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }\n";

/// Eight currents and two temperatures, each with its rule, asked for every two seconds.
fn cabinet_file(cabinet: &Slave) -> String {
    let mut text = format!(
        "protocol = \"modbus\"\nurl = \"tcp://{}\"\npoll_interval_secs = 2.0\n{PLACE}",
        cabinet.address()
    );
    for at in 0..POINTS_EACH {
        let (kind, code) = if at < 8 {
            ("residual_current", "residual_current_high")
        } else {
            ("temperature", "cable_temperature_high")
        };
        text.push_str(&format!(
            "[[point]]\nid = \"p{at}\"\nkind = \"{kind}\"\ntable = \"input\"\naddress = {at}\n\
             scale = 0.1\n[[rule]]\ntype = \"{code}\"\npoint = \"p{at}\"\n"
        ));
    }
    text.push_str("[[rule]]\ntype = \"sensor_offline\"\n");
    text
}
