//! ONVIF: events of doors by a pull point (Core Specification §9; Door Control and Access Control services).

mod meaning;
mod message;
mod reply;
mod security;
mod session;
mod soap;

use std::collections::BTreeMap;

use scene::SignalKind;
use tokio_util::sync::CancellationToken;

use crate::device::Device;
use crate::http::attempts::stay_connected;
use crate::http::web_server::WebServer;
use crate::input_kind;
use crate::point_names::PointNames;
pub(crate) use meaning::told;
pub(crate) use reply::read;
use session::PullPoint;

/// One ONVIF device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its web server; the address is that of the device service, such as
    /// `http://10.0.0.8/onvif/device_service`. Its event service must be on the same host and port.
    pub web: WebServer,
    /// What is wired to its digital inputs, by their tokens: smoke, tamper, or the contact of a door.
    pub inputs: BTreeMap<String, SignalKind>,
    /// Names of its points, by the tokens of doors, access points and inputs. A door and its access
    /// point may have one name.
    pub points: PointNames,
}

impl Settings {
    /// The defaults for one device.
    #[must_use]
    pub fn new(web: WebServer) -> Self {
        Self { web, inputs: BTreeMap::new(), points: PointNames::default() }
    }

    /// What is wrong with it: the field, what was expected. None if nothing is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let inputs = input_kind::fault(self.inputs.values());
        self.web.fault().or(inputs).or_else(|| self.points.fault())
    }
}

/// Hears the device until `stop`, and then ends the subscription.
pub async fn run(settings: Settings, device: Device, stop: CancellationToken) {
    let Settings { web, inputs, points } = settings;
    stay_connected(PullPoint::new(web, inputs, points), device, stop).await;
}

#[cfg(test)]
mod tests;
