//! One answer to a probe: a device and where it can be asked.

use std::net::IpAddr;

use url::Url;

use crate::xml::Element;

/// The addresses of one device that are looked at.
const MOST_ADDRESSES: usize = 16;

/// A device that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its endpoint reference: the same on all of its addresses, and over its reboots.
    pub endpoint: String,
    /// The address that it answered from.
    pub from: IpAddr,
    /// Its device service, at that address.
    pub service: String,
    /// What it says of itself, such as `onvif://www.onvif.org/name/Gate`.
    pub scopes: Vec<String>,
}

impl Answer {
    /// The devices of one datagram: several, if a proxy answers. What does not answer one of the
    /// questions `asked` is none.
    #[must_use]
    pub fn read(datagram: &[u8], from: IpAddr, asked: &[String]) -> Vec<Self> {
        let Some(root) = std::str::from_utf8(datagram).ok().and_then(Element::parse) else {
            return Vec::new();
        };
        let is_ours =
            root.text_of("RelatesTo").is_some_and(|id| asked.iter().any(|asked| asked == id));
        if !is_ours {
            return Vec::new();
        }
        root.all("ProbeMatch").filter_map(|device| Self::of(device, from)).collect()
    }

    fn of(device: &Element, from: IpAddr) -> Option<Self> {
        let endpoint = device.find("EndpointReference")?.text_of("Address")?;
        let addresses = device.text_of("XAddrs")?.split_whitespace().take(MOST_ADDRESSES);
        let urls: Vec<Url> = addresses.filter_map(|text| text.parse().ok()).collect();
        let is_there = |url: &&Url| url.host_str().is_some_and(|host| host == from.to_string());
        let best = urls.iter().filter(|url| url.scheme() == "http").find(is_there);
        let url = best.or_else(|| urls.iter().find(is_there)).or_else(|| urls.first())?;
        let scopes =
            device.text_of("Scopes").unwrap_or_default().split_whitespace().map(str::to_owned);
        let service = at(url, from)?;
        Some(Self {
            endpoint: endpoint.to_owned(),
            from,
            service,
            scopes: scopes.take(64).collect(),
        })
    }

    /// A scope such as `name` or `hardware`, decoded.
    pub(crate) fn scope(&self, kind: &str) -> Option<String> {
        let prefix = format!("onvif://www.onvif.org/{kind}/");
        let text = self.scopes.iter().find_map(|scope| scope.strip_prefix(&prefix))?;
        // The query of an address is decoded by the library.
        let url =
            Url::parse(&format!("http://x/?a={}", text.replace('&', "%26").replace('+', "%2B")))
                .ok()?;
        url.query_pairs().next().map(|(_, value)| value.into_owned())
    }
}

/// A service of a device, at the address that it answered from: an answer could name any other host.
pub(crate) fn at(url: &Url, from: IpAddr) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let mut url = url.clone();
    url.set_ip_host(from).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.into())
}
