//! Whether a request may be meant for this page: a web page that somebody reads elsewhere can make the
//! browser call it, but cannot hide under which name (DNS rebinding) and from where.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode};
use url::Url;

/// The names of the page.
pub(super) struct Callers {
    /// The host of `http.public_url`, in lower case.
    public_host: Option<String>,
}

/// Why a request is not answered.
pub(super) type Refused = (StatusCode, &'static str);

impl Callers {
    pub(super) fn new(public_url: &Url) -> Self {
        Self { public_host: public_url.host_str().map(str::to_ascii_lowercase) }
    }

    /// Holds that a request names this page, and that what it would change was asked for by this page
    /// or by no page at all.
    pub(super) fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
        let mut hosts = headers.get_all(HOST).iter();
        // A program that leaves it out is no browser.
        let Some(host) = hosts.next() else { return Ok(()) };
        let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
        let Some(host) = host.filter(|_| hosts.next().is_none()) else {
            return Err((StatusCode::BAD_REQUEST, "the Host of this request is no host\n"));
        };
        if !self.is_known(host.host()) {
            let line = "this page is called by an IP address, by localhost, or by the name in \
                        http.public_url of gateway.toml\n";
            return Err((StatusCode::MISDIRECTED_REQUEST, line));
        }
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        let elsewhere = (StatusCode::FORBIDDEN, "another page may change nothing here\n");
        if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
        {
            return Err(elsewhere);
        }
        let is_same = |origin: &str| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_str()))
        };
        let mut origins = headers.get_all(ORIGIN).iter();
        match origins.all(|origin| origin.to_str().is_ok_and(is_same)) {
            true => Ok(()),
            false => Err(elsewhere),
        }
    }

    /// No name server can make an address or `localhost` lead elsewhere.
    fn is_known(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let host = host.to_ascii_lowercase();
        bare.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || self.public_host.as_deref() == Some(host.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(method: &Method, heads: &[(&'static str, &str)]) -> u16 {
        let callers = Callers::new(&Url::parse("https://GW-1.example/street/").unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in heads {
            headers.append(*name, value.parse().unwrap());
        }
        callers.check(method, &headers).map_or_else(|(status, _)| status.as_u16(), |()| 200)
    }

    #[test]
    fn only_names_that_nobody_else_gives_are_answered() {
        let table = [
            ("127.0.0.1:18080", 200),
            ("192.168.1.5", 200),
            ("[::1]:18080", 200),
            ("localhost:18080", 200),
            ("LOCALHOST", 200),
            ("gw-1.example", 200),
            ("gw-1.example:8443", 200),
            ("evil.example:18080", 421),
            ("127.0.0.1.evil.example", 421),
            ("localhost.evil.example", 421),
            ("evilgw-1.example", 421),
            ("localhost@evil.example", 421),
            ("", 400),
            ("a b", 400),
        ];
        for (host, status) in table {
            assert_eq!(said(&Method::GET, &[("host", host)]), status, "{host}");
        }
        assert_eq!(said(&Method::GET, &[]), 200);
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(said(&Method::GET, &twice), 400);
    }

    #[test]
    fn what_changes_something_comes_from_this_page_or_from_no_page() {
        let host = ("host", "127.0.0.1:18080");
        let table: [(&[(&str, &str)], u16); 7] = [
            (&[], 200),
            (&[("origin", "http://127.0.0.1:18080")], 200),
            (&[("origin", "http://127.0.0.1:9999")], 403),
            (&[("origin", "https://evil.example")], 403),
            (&[("origin", "null")], 403),
            (&[("sec-fetch-site", "cross-site")], 403),
            (&[("origin", "http://127.0.0.1:18080"), ("origin", "https://evil.example")], 403),
        ];
        for (heads, status) in table {
            let heads: Vec<_> = heads.iter().copied().chain([host]).collect();
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                assert_eq!(said(&method, &heads), status, "{method} {heads:?}");
            }
            assert_eq!(said(&Method::GET, &heads), 200, "{heads:?}");
        }
    }
}
