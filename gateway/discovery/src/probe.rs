//! The question to all devices of a network (WS-Discovery, April 2005), and who answers.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use uuid::Uuid;

use crate::answer::Answer;

/// Where devices listen.
pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 3702);
/// The devices that are taken.
const MOST_DEVICES: usize = 1000;
/// The datagrams that are read.
const MOST_DATAGRAMS: usize = 10_000;
/// The largest datagram that is read, in bytes.
const MOST_BYTES: usize = 32 * 1024;
/// A datagram gets lost now and then.
const ROUNDS: u32 = 3;
/// What is asked for: cameras, and devices of any kind such as doors.
const TYPES: [(&str, &str); 2] = [
    ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
    ("http://www.onvif.org/ver10/device/wsdl", "Device"),
];

/// Whom to ask, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct ProbeSettings {
    /// The address of this machine on the network of the devices.
    pub interface: Ipv4Addr,
    /// Where devices listen; [`GROUP`] but in tests.
    pub group: SocketAddrV4,
    /// How long answers are waited for.
    pub wait: Duration,
}

/// Why nobody could be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The address is none of this machine.
    #[error(
        "{0} is no address of this machine: `ip address` lists them; take the one on the cameras' network"
    )]
    Interface(Ipv4Addr),
    /// The system does not let us.
    #[error("cannot ask the network at {interface}: {source}")]
    Socket {
        /// At which address.
        interface: Ipv4Addr,
        /// What the system says.
        source: io::Error,
    },
}

/// Asks, and waits. Devices come by their address, each once.
///
/// # Errors
/// [`ProbeError`].
pub fn probe(settings: ProbeSettings) -> Result<Vec<Answer>, ProbeError> {
    let interface = settings.interface;
    let socket = open(interface).map_err(|source| match source.kind() {
        ErrorKind::AddrNotAvailable => ProbeError::Interface(interface),
        _ => ProbeError::Socket { interface, source },
    })?;
    gather(&socket, settings).map_err(|source| ProbeError::Socket { interface, source })
}

fn open(interface: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.bind(&SocketAddrV4::new(interface, 0).into())?;
    socket.set_multicast_if_v4(&interface)?;
    // Also to a device on this very machine; and to no network behind a router.
    socket.set_multicast_loop_v4(true)?;
    socket.set_multicast_ttl_v4(1)?;
    Ok(socket.into())
}

fn gather(socket: &UdpSocket, settings: ProbeSettings) -> io::Result<Vec<Answer>> {
    let begun_at = Instant::now();
    let mut asked: Vec<String> = Vec::new();
    let mut found: BTreeMap<String, Answer> = BTreeMap::new();
    let mut buffer = vec![0; MOST_BYTES];
    let (mut rounds, mut datagrams) = (0, 0);
    while datagrams < MOST_DATAGRAMS {
        let passed = begun_at.elapsed();
        // All rounds fall into the first half, so that the last one can be answered.
        let due = settings.wait / (2 * ROUNDS) * rounds;
        if rounds < ROUNDS && passed >= due {
            for (namespace, kind) in TYPES {
                let id = format!("urn:uuid:{}", Uuid::new_v4());
                socket.send_to(question(&id, namespace, kind).as_bytes(), settings.group)?;
                asked.push(id);
            }
            rounds += 1;
            continue;
        }
        let until = if rounds < ROUNDS { due } else { settings.wait };
        let Some(left) = until.checked_sub(passed).filter(|left| !left.is_zero()) else {
            if rounds < ROUNDS { continue } else { break }
        };
        socket.set_read_timeout(Some(left))?;
        match socket.recv_from(&mut buffer) {
            Ok((length, from)) => {
                datagrams += 1;
                let devices =
                    Answer::read(buffer.get(..length).unwrap_or_default(), from.ip(), &asked);
                for device in devices {
                    if found.len() < MOST_DEVICES {
                        found.entry(device.endpoint.clone()).or_insert(device);
                    }
                }
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) => {}
            // A device that is there and does not listen.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => datagrams += 1,
            Err(error) => return Err(error),
        }
    }
    let mut devices: Vec<Answer> = found.into_values().collect();
    devices.sort_by(|a, b| a.from.cmp(&b.from).then_with(|| a.endpoint.cmp(&b.endpoint)));
    Ok(devices)
}

fn question(id: &str, namespace: &str, kind: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header>\
         <a:MessageID>{id}</a:MessageID>\
         <a:To s:mustUnderstand=\"true\">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>\
         <a:Action s:mustUnderstand=\"true\">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
         </s:Header><s:Body><d:Probe><d:Types xmlns:n=\"{namespace}\">n:{kind}</d:Types></d:Probe></s:Body></s:Envelope>"
    )
}
