//! TCP ports for the programs of a play.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use super::error::PlayError;

/// Registered ports (RFC 6335) below 32768. From there on Linux takes ports for outgoing connections,
/// so that one of those could be taken before its program starts.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port of 127.0.0.1 on which nothing listens, for a program that is started soon. Each call of
/// this process gives another port.
///
/// # Errors
/// If there is none.
pub fn unused_port() -> Result<u16, PlayError> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Processes that run at the same time begin at different ports.
    let begin = std::process::id().wrapping_mul(7919);
    for _ in 0..COUNT {
        let step = u32::from(TAKEN.fetch_add(1, Ordering::Relaxed));
        let offset = begin.wrapping_add(step) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).unwrap_or(0);
        if free_port(port).is_ok() {
            return Ok(port);
        }
    }
    Err(PlayError::PortTaken { port: FIRST })
}

/// `port` if nothing listens on it; any unused port for 0.
pub(super) fn free_port(port: u16) -> Result<u16, PlayError> {
    if port == 0 {
        return unused_port();
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(|_listener| port)
        .map_err(|_in_use| PlayError::PortTaken { port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_unused_and_no_two_are_the_same() {
        let ports: Vec<u16> = (0..20).map(|_| unused_port().unwrap()).collect();
        let listeners: Vec<TcpListener> =
            ports.iter().map(|port| TcpListener::bind(("127.0.0.1", *port)).unwrap()).collect();
        assert_eq!(listeners.len(), 20);
        let taken = free_port(ports[0]).unwrap_err();
        assert!(taken.to_string().contains("is taken"), "{taken}");
    }
}
