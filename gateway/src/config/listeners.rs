//! The addresses where the gateway listens: no two things of it can have one.

use std::net::{IpAddr, SocketAddr};

use super::document::Document;
use super::findings::Findings;

/// Where something listens, and where that is written.
struct Listener {
    address: SocketAddr,
    /// What listens there, as a fault calls it.
    who: String,
    /// File, line and column.
    place: String,
    shares: bool,
}

/// All addresses known so far.
#[derive(Default)]
pub(super) struct Listeners(Vec<Listener>);

impl Listeners {
    /// Takes an address for `who`. `None` if it is taken: both places are named then. What `shares`
    /// listens once for all who name the very same address.
    pub(super) fn take(
        &mut self,
        (who, shares): (&str, bool),
        address: SocketAddr,
        (document, at): (&Document, &str),
        findings: &mut Findings,
    ) -> Option<()> {
        let here = document.fault(at, String::new());
        let name = here.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = format!("{name}:{}:{}", here.line, here.column);
        let is_shared = |it: &Listener| shares && it.shares && it.address == address;
        let taken = self.0.iter().find(|it| is_one_place(it.address, address) && !is_shared(it));
        if let Some(Listener { address: theirs, who: other, place: there, .. }) = taken {
            let message = format!(
                "{other} ({there}) listens at {theirs} already, and only one of the two can: give one of \
                 them another port"
            );
            return findings.refuse(document, at, message);
        }
        self.0.push(Listener { address, who: who.to_owned(), place, shares });
        Some(())
    }
}

/// Whether the system lets only one of the two be listened at: `0.0.0.0` is all addresses of IPv4, and `[::]` those
/// and all of IPv6.
fn is_one_place(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |all: IpAddr, it: IpAddr| match all {
        IpAddr::V4(_) => all.is_unspecified() && it.is_ipv4(),
        IpAddr::V6(_) => all.is_unspecified(),
    };
    let (ours, theirs) = (one.ip().to_canonical(), other.ip().to_canonical());
    let is_one_host = ours == theirs || covers(ours, theirs) || covers(theirs, ours);
    one.port() == other.port() && one.port() != 0 && is_one_host
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_the_system_refuses_is_known_before() {
        let hosts = ["0.0.0.0", "127.0.0.1", "127.0.0.2", "[::]", "[::1]", "[::ffff:127.0.0.1]"];
        for one in hosts {
            let Ok(first) = TcpListener::bind(format!("{one}:0")) else { continue }; // no IPv6
            let port = first.local_addr().unwrap().port();
            for other in hosts {
                let address = format!("{other}:{port}");
                let is_refused = TcpListener::bind(&address).is_err();
                let parsed: SocketAddr = address.parse().unwrap();
                let ours: SocketAddr = format!("{one}:{port}").parse().unwrap();
                assert_eq!(is_one_place(ours, parsed), is_refused, "{one} and {address}");
            }
        }
    }
}
