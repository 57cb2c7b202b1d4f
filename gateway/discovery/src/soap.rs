//! One call to a service of a device (SOAP 1.2 over HTTP).

use std::time::Duration;

use ureq::Agent;

use crate::login::Login;
use crate::xml::Element;

/// The largest answer, in bytes.
const MOST_BYTES: u64 = 1024 * 1024;
/// How long a device may take to be reached, and for a whole answer.
const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(8);

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// It wants a login, or another one.
    #[error("it refuses the login")]
    Login,
    /// It has no such call.
    #[error("it does not know {0}")]
    Unknown(&'static str),
    /// It does not answer, or with something else.
    #[error("it does not answer {0} as ONVIF asks")]
    Unusable(&'static str),
}

/// A device's services, as they are called.
pub(crate) struct Caller<'a> {
    agent: Agent,
    login: Option<&'a Login>,
    /// How far the device's clock is ahead of ours, in seconds.
    pub(crate) ahead: i64,
}

impl<'a> Caller<'a> {
    /// Calls are made with this login, if there is one.
    pub(crate) fn new(login: Option<&'a Login>) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE))
            .max_redirects(0)
            .http_status_as_error(false)
            // A proxy of this machine must not be asked for devices.
            .proxy(None)
            .build();
        Self { agent: config.into(), login, ahead: 0 }
    }

    /// Calls `operation` of a service: `(namespace, operation)`. `inside` is XML. Gives the answer's body.
    pub(crate) fn call(
        &self,
        service: &str,
        (namespace, operation): (&str, &'static str),
        inside: &str,
    ) -> Result<Element, CallError> {
        self.send(
            service,
            (namespace, operation),
            inside,
            self.login.and_then(|login| login.header(self.ahead)),
        )
    }

    /// As [`Caller::call`], of what every device tells without a login.
    pub(crate) fn call_openly(
        &self,
        service: &str,
        called: (&str, &'static str),
    ) -> Result<Element, CallError> {
        self.send(service, called, "", None)
    }

    fn send(
        &self,
        service: &str,
        (namespace, operation): (&str, &'static str),
        inside: &str,
        security: Option<String>,
    ) -> Result<Element, CallError> {
        let security = security.unwrap_or_default();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">\
             <s:Header>{security}</s:Header><s:Body><t:{operation} xmlns:t=\"{namespace}\">{inside}</t:{operation}></s:Body></s:Envelope>"
        );
        let kind =
            format!("application/soap+xml; charset=utf-8; action=\"{namespace}/{operation}\"");
        let unusable = CallError::Unusable(operation);
        let sent = self.agent.post(service).header("Content-Type", kind).send(&body);
        let mut answer = sent.map_err(|_| unusable.clone())?;
        if answer.status().as_u16() == 401 {
            return Err(CallError::Login);
        }
        let text = answer
            .body_mut()
            .with_config()
            .limit(MOST_BYTES)
            .read_to_vec()
            .map_err(|_| unusable.clone())?;
        let root = String::from_utf8(text)
            .ok()
            .and_then(|text| Element::parse(&text))
            .ok_or_else(|| unusable.clone())?;
        let body = root
            .children
            .into_iter()
            .find(|part| part.name == "Body")
            .ok_or_else(|| unusable.clone())?;
        match body.find("Fault") {
            None if answer.status().is_success() => Ok(body),
            None => Err(unusable),
            Some(fault)
                if codes(fault)
                    .any(|code| code == "NotAuthorized" || code == "FailedAuthentication") =>
            {
                Err(CallError::Login)
            }
            Some(fault) if codes(fault).any(|code| code == "ActionNotSupported") => {
                Err(CallError::Unknown(operation))
            }
            Some(_) => Err(unusable),
        }
    }
}

/// The codes of a fault, without their prefixes.
fn codes(fault: &Element) -> impl Iterator<Item = &str> {
    fault.all("Value").map(|value| value.text.rsplit(':').next().unwrap_or_default())
}
