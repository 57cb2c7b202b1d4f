//! The services of a device, and where each can be called.

use std::net::IpAddr;

use url::Url;

use crate::answer::at;
use crate::soap::{CallError, Caller};

/// Namespaces of the services that are asked.
pub(crate) const DEVICE: &str = "http://www.onvif.org/ver10/device/wsdl";
/// Media: profiles and streams.
pub(crate) const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";
/// Pan, tilt, zoom.
pub(crate) const PTZ: &str = "http://www.onvif.org/ver20/ptz/wsdl";
/// Events.
pub(crate) const EVENTS: &str = "http://www.onvif.org/ver10/events/wsdl";

/// Where each service is, if the device has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Services {
    /// Profiles and streams.
    pub(crate) media: Option<String>,
    /// Pan, tilt, zoom.
    pub(crate) ptz: Option<String>,
    /// Events.
    pub(crate) events: Option<String>,
}

impl Services {
    /// Asks the device service; a device that is older than `GetServices` by `GetCapabilities`.
    pub(crate) fn ask(caller: &Caller<'_>, device: &str, from: IpAddr) -> Result<Self, CallError> {
        let asked = caller.call(
            device,
            (DEVICE, "GetServices"),
            "<t:IncludeCapability>false</t:IncludeCapability>",
        );
        let here = |text: Option<&str>| at(&Url::parse(text?).ok()?, from);
        match asked {
            Ok(body) => {
                let of = |namespace: &str| {
                    let service = body
                        .all("Service")
                        .find(|service| service.text_of("Namespace") == Some(namespace));
                    here(service.and_then(|service| service.text_of("XAddr")))
                };
                Ok(Self { media: of(MEDIA), ptz: of(PTZ), events: of(EVENTS) })
            }
            Err(CallError::Login) => Err(CallError::Login),
            Err(_) => {
                let body = caller.call(
                    device,
                    (DEVICE, "GetCapabilities"),
                    "<t:Category>All</t:Category>",
                )?;
                let of = |name: &str| here(body.find(name).and_then(|part| part.text_of("XAddr")));
                Ok(Self { media: of("Media"), ptz: of("PTZ"), events: of("Events") })
            }
        }
    }
}
