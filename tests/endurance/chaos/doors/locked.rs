//! Devices that know another password than ours: they count how often they are asked.

use hw_sim::camera::Credentials;
use hw_sim::door::{BoundaryStyle, Dahua, DoorController, Isapi, OnvifDoor, OnvifHabits, Writing};

use super::config::{PASSWORD, PLACE, USER};
use super::gate::{account, any, habits};

/// An account that is locked by so many wrong passwords within half an hour.
pub(super) const LOCKED_BY: u32 = 5;

pub(super) struct Locked {
    isapi: DoorController,
    dahua: DoorController,
    onvif: OnvifDoor,
}

impl Locked {
    pub(super) async fn open() -> Self {
        let isapi = Isapi::new(BoundaryStyle::Angle, Writing::Json);
        let dahua = Dahua { has_company: true, has_serials: true };
        let login = Credentials::new(USER, PASSWORD);
        Self {
            isapi: DoorController::serve(any(), isapi, habits(), Some(account())).await.unwrap(),
            dahua: DoorController::serve(any(), dahua, habits(), Some(account())).await.unwrap(),
            onvif: OnvifDoor::serve(any(), login, OnvifHabits::default()).await.unwrap(),
        }
    }

    /// Their ids and files.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let urls = [
            ("isapi", format!("http://{}", self.isapi.address())),
            ("dahua", format!("http://{}", self.dahua.address())),
            ("onvif", self.onvif.url()),
        ];
        let file = |(protocol, url): (&str, String)| {
            let text = format!(
                "protocol = \"{protocol}\"\nurl = \"{url}\"\nusername = \"{USER}\"\n\
                 password_file = \"../wrong.password\"\n{PLACE}"
            );
            (format!("locked-{protocol}"), text)
        };
        urls.map(file).to_vec()
    }

    /// Wrong passwords that each got.
    pub(super) fn wrong(&self) -> [(&'static str, u32); 3] {
        let of = |door: &DoorController| door.account().unwrap().wrong();
        [("isapi", of(&self.isapi)), ("dahua", of(&self.dahua)), ("onvif", self.onvif.wrong())]
    }

    /// Those whose account is locked.
    pub(super) fn locked(&self) -> Vec<&'static str> {
        let of = |door: &DoorController| door.account().unwrap().was_locked();
        let locked = [
            ("isapi", of(&self.isapi)),
            ("dahua", of(&self.dahua)),
            ("onvif", self.onvif.wrong() >= LOCKED_BY),
        ];
        locked.into_iter().filter(|(_, is_locked)| *is_locked).map(|(name, _)| name).collect()
    }
}
