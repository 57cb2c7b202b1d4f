//! Door controllers behind a line that fails: Hikvision's, Dahua's and those of ONVIF.

use std::future::ready;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::future::BoxFuture;
use hw_sim::camera::Credentials;
use hw_sim::door::{
    Account, DoorController, Habits, Happening, OnvifDoor, OnvifHabits, Scheme, Tongue, What,
};

use super::super::relay::{Relay, Weather};
use super::account::Told;
use super::config::{PASSWORD, PLACE, USER, event_rule};
use super::stand::{Stand, Trouble};

/// Each listener is told so many of the latest events again: more than can be on their way when the line
/// or the gateway fails. Where no life of the gateway lasts long, that is nearly all of them.
const REPEATS: usize = 240;

/// How its sessions begin.
pub(super) fn any() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Whoever may listen.
pub(super) fn account() -> Account {
    Account::new(Credentials::new(USER, PASSWORD), Scheme::Md5)
}

/// What a good controller does.
pub(super) fn habits() -> Habits {
    Habits { repeats: REPEATS, beat_every: Duration::from_millis(500), ..Habits::default() }
}

/// A controller that streams its events.
pub(super) struct Gate {
    id: String,
    protocol: &'static str,
    door: DoorController,
    relay: Relay,
}

impl Gate {
    pub(super) async fn open(
        id: &str,
        protocol: &'static str,
        tongue: impl Tongue,
        habits: Habits,
    ) -> Self {
        let door = DoorController::serve(any(), tongue, habits, Some(account())).await.unwrap();
        let relay = Relay::start(door.address().port()).await;
        Self { id: id.to_owned(), protocol, door, relay }
    }
}

/// The events that a controller tells, by their number: each at a door of its own.
fn event(number: usize) -> (Happening, &'static str) {
    let door = u8::try_from(number / 2 + 1).unwrap();
    match number % 2 {
        0 => (Happening::new(door, What::Forced), "door_forced_open"),
        _ => (Happening::new(door, What::Duress), "door_duress"),
    }
}

impl Stand for Gate {
    fn id(&self) -> &str {
        &self.id
    }

    fn file(&self, points: usize) -> String {
        let mut text = format!(
            "protocol = \"{}\"\nurl = \"http://127.0.0.1:{}\"\nusername = \"{USER}\"\n\
             password_file = \"../right.password\"\n{PLACE}",
            self.protocol, self.relay.port
        );
        for door in 1..=points.div_ceil(2) {
            text.push_str(&format!("[[point]]\nid = \"d{door}\"\ndoor = {door}\n"));
        }
        text + &event_rule("door_forced_open", "forced_open") + &event_rule("door_duress", "duress")
    }

    fn happen(&mut self, number: usize, told: &Told) {
        let (happening, code) = event(number);
        self.door.happens(happening);
        told.add((self.id.clone(), format!("d{}", happening.door), code));
    }

    fn suffer(&mut self, trouble: Trouble) -> BoxFuture<'_, ()> {
        match trouble {
            Trouble::Cut => self.relay.cut(),
            Trouble::Stall => self.relay.set(Weather::Stalled),
            Trouble::Half => self.door.cut_next(),
            Trouble::Reboot => self.door.reboot(),
            Trouble::FallSilent => self.door.fall_silent(),
        }
        Box::pin(ready(()))
    }

    fn recover(&mut self) {
        self.relay.set(Weather::Fair);
        self.door.break_off();
    }
}

/// A door that is asked for its events. It tells states again at each subscription.
pub(super) struct OnvifGate {
    id: String,
    door: OnvifDoor,
    relay: Relay,
}

impl OnvifGate {
    pub(super) async fn open(id: &str, habits: OnvifHabits) -> Self {
        // A gateway that was killed leaves its subscriptions behind.
        let habits = OnvifHabits { most_subscriptions: 100, ..habits };
        let login = Credentials::new(USER, PASSWORD);
        let door = OnvifDoor::serve(any(), login, habits).await.unwrap();
        let port = door.url().rsplit(':').next().unwrap().split('/').next().unwrap().parse();
        let relay = Relay::start(port.unwrap()).await;
        Self { id: id.to_owned(), door, relay }
    }
}

impl Stand for OnvifGate {
    fn id(&self) -> &str {
        &self.id
    }

    fn file(&self, points: usize) -> String {
        let mut text = format!(
            "protocol = \"onvif\"\nurl = \"http://127.0.0.1:{}/onvif/device_service\"\n\
             username = \"{USER}\"\npassword_file = \"../right.password\"\n{PLACE}",
            self.relay.port
        );
        for door in 1..=points {
            text.push_str(&format!("[[point]]\nid = \"d{door}\"\ntoken = \"door-{door}\"\n"));
        }
        text + &event_rule("door_forced_open", "forced_open")
    }

    fn happen(&mut self, number: usize, told: &Told) {
        let door = u8::try_from(number + 1).unwrap();
        self.door.happens(Happening::new(door, What::Forced));
        told.add((self.id.clone(), format!("d{door}"), "door_forced_open"));
    }

    fn suffer(&mut self, trouble: Trouble) -> BoxFuture<'_, ()> {
        match trouble {
            Trouble::Cut | Trouble::Half => self.relay.cut(),
            Trouble::Stall => self.relay.set(Weather::Stalled),
            Trouble::Reboot => self.door.reboot(),
            Trouble::FallSilent => self.door.be_silent(true),
        }
        Box::pin(ready(()))
    }

    fn recover(&mut self) {
        self.relay.set(Weather::Fair);
        self.door.be_silent(false);
        self.relay.cut();
    }
}
