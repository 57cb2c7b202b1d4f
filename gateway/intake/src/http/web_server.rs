//! A device's web server: where it is, who we are to it, and how long it may take.

use std::fmt;
use std::time::Duration;

use trust::{Credentials, Trust};
use url::Url;

use crate::refusal::LoginMark;

/// Where a device's web server is, and how it is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct WebServer {
    /// `http://` or `https://` address of the device, without credentials.
    pub url: Url,
    /// For digest authentication.
    pub credentials: Option<Credentials>,
    /// Whether the password may also be sent as it is (Basic) over a line without TLS.
    pub allow_basic_auth: bool,
    /// What the certificate must be. `https://` is refused without it.
    pub trust: Option<Trust>,
    /// Limit for each of connect, TLS handshake, and the head of an answer.
    pub step_timeout: Duration,
    /// A device that has completed no message for this long is connected again.
    pub silence_timeout: Duration,
}

impl WebServer {
    /// Default limit for each step.
    pub const STEP_TIMEOUT: Duration = Duration::from_secs(5);
    /// Default silence after which a device is connected again; heartbeats come every 5 to 30 s.
    pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

    /// The defaults for one address.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            url,
            credentials: None,
            allow_basic_auth: false,
            trust: None,
            step_timeout: Self::STEP_TIMEOUT,
            silence_timeout: Self::SILENCE_TIMEOUT,
        }
    }

    /// What stands for the address and who we are to it.
    pub(crate) fn login(&self) -> LoginMark {
        let (user, password) = self
            .credentials
            .as_ref()
            .map_or(("", ""), |it| (it.user.as_str(), it.password.as_str()));
        LoginMark::new(self.url.as_str(), user, password)
    }

    /// What is wrong with it: the field, what was expected. None if nothing is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let is_encrypted = self.url.scheme() == "https";
        if !is_encrypted && self.url.scheme() != "http" {
            return Some("url: begins with http:// or https://".to_owned());
        }
        if self.url.host_str().is_none_or(str::is_empty) {
            return Some("url: names no host".to_owned());
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Some(
                "url: holds a user or a password; they belong into `credentials_file`".to_owned(),
            );
        }
        if !is_encrypted && self.trust.is_some() {
            return Some("url: a certificate can be judged over https:// only".to_owned());
        }
        if let Some(Err(reason)) = self.trust.as_ref().map(trust::check_trust) {
            return Some(format!("ca_file: {reason}"));
        }
        let limits = [
            ("step_timeout_secs", self.step_timeout),
            ("silence_timeout_secs", self.silence_timeout),
        ];
        let is_odd =
            |limit: Duration| limit < Duration::from_secs(1) || limit > Duration::from_hours(1);
        limits
            .into_iter()
            .find(|(_, limit)| is_odd(*limit))
            .map(|(name, _)| format!("{name}: lies between 1 and 3600"))
    }
}

impl fmt::Debug for WebServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What stands before the host may be a password.
        let host = self.url.host_str().unwrap_or_default();
        f.debug_struct("WebServer")
            .field("scheme", &self.url.scheme())
            .field("host", &host)
            .field("port", &self.url.port_or_known_default())
            .field("path", &self.url.path())
            .field("credentials", &self.credentials)
            .field("allow_basic_auth", &self.allow_basic_auth)
            .field("trust", &self.trust)
            .field("step_timeout", &self.step_timeout)
            .field("silence_timeout", &self.silence_timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(url: &str) -> String {
        WebServer::new(Url::parse(url).unwrap()).fault().unwrap_or_default()
    }

    #[test]
    fn a_wrong_address_is_named_and_repeats_no_password() {
        assert_eq!(fault("http://10.0.0.8"), "");
        assert!(fault("rtsp://10.0.0.8").starts_with("url: begins with"));
        let told = fault("http://admin:gate%207@10.0.0.8/");
        assert!(told.starts_with("url: holds") && !told.contains("gate"), "{told}");
        let server = WebServer::new(Url::parse("http://admin:gate7@10.0.0.8/").unwrap());
        let shown = format!("{server:?}");
        assert!(!shown.contains("gate7") && shown.contains("10.0.0.8"), "{shown}");
        let mut server = WebServer::new(Url::parse("https://10.0.0.8/").unwrap());
        server.silence_timeout = Duration::ZERO;
        assert!(server.fault().unwrap().starts_with("silence_timeout_secs: "));
        server.trust = Some(Trust::Authority { pem: String::new() });
        assert!(server.fault().unwrap().starts_with("ca_file: "));
    }
}
