//! The route to a camera: its configured address, and where it sends us from there.

use std::collections::BTreeSet;

use url::Url;

use super::head::Head;
use super::network::port_of;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};
use crate::wording::shown;

/// Redirections that are followed one after the other.
const MOST_REDIRECTS: usize = 5;

/// Where a camera is, after redirections of RTSP and of HTTP.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) url: Url,
    transport: Transport,
    /// Scheme, host and port of the configured address: its origin (RFC 6454 §4).
    first: (String, String, u16),
    visited: BTreeSet<String>,
}

impl Route {
    /// The configured address.
    pub(super) fn new(settings: &Settings) -> Self {
        let (url, transport) = (settings.url.clone(), settings.transport);
        let host = url.host_str().unwrap_or_default().to_owned();
        Self {
            first: (url.scheme().to_owned(), host, port_of(&url, transport)),
            visited: BTreeSet::from([url.to_string()]),
            url,
            transport,
        }
    }

    /// Whether the password may be given here: it belongs to the origin of the configured address. Behind another
    /// port of a host may be another's machine or program, also one that shows a certificate of that host.
    fn is_ours(&self) -> bool {
        let (scheme, _, port) = &self.first;
        let is_port = port_of(&self.url, self.transport) == *port;
        self.url.scheme() == scheme && self.is_host(&self.url) && is_port
    }

    /// Whether an address has the host of the configured one, in letters of whatever case (RFC 3986 §3.2.2).
    fn is_host(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(&self.first.1))
    }

    /// Whether there is a password, and it may be given here.
    ///
    /// # Errors
    /// If not.
    pub(super) fn check_password(&self, settings: &Settings) -> Result<(), SessionError> {
        if settings.credentials.is_none() {
            return Err(SessionError::NoCredentials);
        }
        if self.is_ours() {
            return Ok(());
        }
        let address = shown(self.url.as_str().as_bytes());
        Err(SessionError::Redirect(format!(
            "\"{address}\" asks for a password, and this camera's goes to scheme, host and port of `url` \
             only; if that is the camera, set `url` to it"
        )))
    }

    /// Why there is no way to where the route leads now: who was sent there by a camera says so.
    pub(super) fn told(&self, error: SessionError) -> SessionError {
        match error {
            SessionError::Unreachable(_) | SessionError::Timeout { .. } | SessionError::Tls(_)
                if self.visited.len() > 1 =>
            {
                let host = self.url.host_str().unwrap_or_default();
                let place = format!("{host}:{}", port_of(&self.url, self.transport));
                SessionError::Elsewhere { place: shown(place.as_bytes()), why: error.to_string() }
            }
            error => error,
        }
    }

    /// Takes the address of a redirection.
    ///
    /// # Errors
    /// If it is not followed.
    pub(super) fn follow(&mut self, head: &Head, settings: &Settings) -> Result<(), SessionError> {
        let refuse = |why: String| Err(SessionError::Redirect(why));
        let location =
            String::from_utf8_lossy(head.get("location").unwrap_or_default()).into_owned();
        let seen = shown(location.as_bytes());
        let Ok(mut next) = self.join(&location) else {
            return refuse(format!("\"{seen}\" is no address"));
        };
        // Nobody's password but ours goes to the camera.
        let _unchanged = (next.set_username(""), next.set_password(None));
        if location.is_empty() || !matches!(next.scheme(), "rtsp" | "rtsps") || !next.has_host() {
            return refuse(format!("\"{seen}\" is no address of a stream"));
        }
        // Who sends requests of HTTP wherever a camera says, asks other machines for what it wants of them.
        if self.transport == Transport::Http && !self.is_host(&next) {
            let host = shown(next.authority().as_bytes());
            return refuse(format!(
                "its HTTP tunnel is to go to another host ({host}); set `url` to it if that is right"
            ));
        }
        if self.url.scheme() == "rtsps" && next.scheme() == "rtsp" {
            return refuse(format!("\"{seen}\" is not encrypted, and this camera's address is"));
        }
        if next.scheme() == "rtsps" && self.transport == Transport::Udp {
            return Err(SessionError::InClear);
        }
        if next.scheme() == "rtsps" && settings.trust.is_none() {
            let seen = shown(next.as_str().as_bytes());
            return refuse(format!(
                "\"{seen}\" is encrypted; set `url` to it, with `ca_file` or `certificate_sha256`"
            ));
        }
        if !self.visited.insert(next.to_string()) {
            return refuse(format!("\"{seen}\" leads round in a circle"));
        }
        if self.visited.len() > MOST_REDIRECTS + 1 {
            return refuse(format!("more than {MOST_REDIRECTS} times, at last to \"{seen}\""));
        }
        self.url = next;
        Ok(())
    }

    /// The address that `location` names from here. In a tunnel, what HTTP calls http:// is our rtsp://.
    fn join(&self, location: &str) -> Result<Url, url::ParseError> {
        let next = self.url.join(location)?;
        let scheme = match next.scheme() {
            "http" if self.transport == Transport::Http => "rtsp",
            "https" if self.transport == Transport::Http => "rtsps",
            _ => return Ok(next),
        };
        // `url` lets no address of the web become one that is none.
        let rest = next.as_str().split_once(':').map_or("", |(_, rest)| rest);
        Url::parse(&format!("{scheme}:{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trust::Credentials;

    fn follow(transport: Transport, location: &str) -> Result<String, String> {
        let url = Url::parse("rtsp://10.0.0.5/live").unwrap();
        let settings = Settings { transport, ..Settings::new("cam", url) };
        let mut route = Route::new(&settings);
        let head = Head::parse(format!("HTTP/1.0 302 F\r\nLocation: {location}").as_bytes());
        let followed = route.follow(&head.unwrap(), &settings);
        followed.map(|()| route.url.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_host_is_the_same_in_capitals() {
        let credentials = Credentials { user: "u".into(), password: "p".into() };
        let url = Url::parse("rtsp://Cam.local/live").unwrap();
        let tcp = Settings { credentials: Some(credentials), ..Settings::new("cam", url) };
        let http = Settings { transport: Transport::Http, ..tcp.clone() };
        for (settings, location) in
            [(tcp, "rtsp://CAM.LOCAL/there"), (http, "http://cam.local/there")]
        {
            let mut route = Route::new(&settings);
            let head = Head::parse(format!("RTSP/1.0 302 F\r\nLocation: {location}").as_bytes());
            route.follow(&head.unwrap(), &settings).unwrap();
            assert!(route.check_password(&settings).is_ok(), "{location}");
        }
    }

    #[test]
    fn only_in_a_tunnel_an_address_of_the_web_is_one_of_a_stream() {
        let http = Transport::Http;
        for (location, next) in [
            ("http://10.0.0.5:80/a?b", "rtsp://10.0.0.5/a?b"),
            ("http://u:p@10.0.0.5:8080/a", "rtsp://10.0.0.5:8080/a"),
            ("/other", "rtsp://10.0.0.5/other"),
            ("rtsp://10.0.0.5/other", "rtsp://10.0.0.5/other"),
        ] {
            assert_eq!(follow(http, location).as_deref(), Ok(next));
        }
        for (transport, location, why) in [
            (Transport::Tcp, "http://10.0.0.5/a", "no address of a stream"),
            (http, "https://10.0.0.5/live", "is encrypted"),
            (http, "http://10.0.0.5/live", "in a circle"),
            (http, "ftp://10.0.0.5/live", "no address of a stream"),
            (http, "http://", "no address"),
            (http, "http://10.0.0.6:8080/reboot", "to another host (10.0.0.6:8080); set `url`"),
            (http, "rtsp://u@10.0.0.6/live", "to another host (10.0.0.6); set `url`"),
            (http, "//10.0.0.6/live", "to another host"),
        ] {
            let told = follow(transport, location).unwrap_err();
            assert!(told.contains(why), "{location}: {told}");
        }
    }
}
