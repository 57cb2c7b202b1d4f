//! The port to which transmitters connect.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use runtime::{Backoff, Recurring};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::device::Device;
use crate::gb26875::connection::{Connection, Stations};
use crate::gb26875::settings::Settings;
use crate::gb26875::station::Station;
use crate::gb26875::strangers::Strangers;

/// Connections from one address at a time. Some transmitters sit behind one router; a broken one that
/// opens ever new connections must leave room for the others.
const MOST_FROM_ONE_ADDRESS: usize = 32;

/// After a fault of the system, such as too many open files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// Listens until `stop`. Each of `devices` has the name of a transmitter; who is not configured is
/// counted among the `strangers`.
pub async fn run(
    settings: Settings,
    devices: Vec<Device>,
    strangers: Strangers,
    stop: CancellationToken,
) {
    let mut named: BTreeMap<String, Device> =
        devices.into_iter().map(|device| (device.name().to_owned(), device)).collect();
    let (listen, idle_timeout) = (settings.listen, settings.idle_timeout);
    let most_connections = settings.most_connections;
    let mut stations = BTreeMap::new();
    for transmitter in settings.transmitters {
        if let Some(device) = named.remove(&transmitter.device) {
            stations.insert(transmitter.address, Arc::new(Station::new(transmitter, device)));
        }
    }
    let port = Port { stations: Arc::new(stations), strangers, most_connections, idle_timeout };
    // What is cut off was not confirmed yet, and is sent again.
    let _stopped = stop.run_until_cancelled(port.listen(listen)).await;
}

struct Port {
    stations: Stations,
    strangers: Strangers,
    most_connections: usize,
    idle_timeout: Duration,
}

/// How many connections each address has.
type Guests = Arc<Mutex<BTreeMap<IpAddr, usize>>>;

impl Port {
    async fn listen(self, address: SocketAddr) {
        let (mut backoff, mut unbound) = (Backoff::default(), Recurring::default());
        loop {
            match TcpListener::bind(address).await {
                Ok(listener) => {
                    unbound = Recurring::default();
                    info!("waiting for fire transmitters on {address}");
                    backoff.reset();
                    self.accept(&listener).await;
                }
                Err(error) => {
                    let reason = unheard(address, &error);
                    if let Some(times) = unbound.happens(&reason, Instant::now().into_std()) {
                        warn!(times, "{reason}");
                    }
                    self.stations.values().for_each(|station| station.unheard(&reason));
                    tokio::time::sleep(backoff.next_delay()).await;
                }
            }
        }
    }

    async fn accept(&self, listener: &TcpListener) {
        let (guests, mut connections) = (Guests::default(), JoinSet::new());
        let mut crowd = Recurring::default();
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            let Ok((wire, from)) = accepted else {
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let ip = from.ip();
            if connections.len() >= self.most_connections || !enter(&guests, ip) {
                let now = Instant::now().into_std();
                let _over = crowd.goes_well(now);
                if let Some(times) = crowd.happens("", now) {
                    warn!(times, latest_from = %ip, "too many connections of fire transmitters: one is closed");
                }
                continue;
            }
            let mut connection = Connection::new(
                Arc::clone(&self.stations),
                self.strangers.clone(),
                self.idle_timeout,
            );
            let guests = Arc::clone(&guests);
            connections.spawn(async move {
                // How it ends tells nothing: a transmitter connects again.
                let _ended = connection.serve(wire).await;
                drop(connection);
                leave(&guests, ip);
            });
        }
    }
}

fn enter(guests: &Guests, ip: IpAddr) -> bool {
    let mut guests = guests.lock().unwrap_or_else(PoisonError::into_inner);
    let count = guests.entry(ip).or_default();
    let has_room = *count < MOST_FROM_ONE_ADDRESS;
    *count += usize::from(has_room);
    has_room
}

fn leave(guests: &Guests, ip: IpAddr) {
    let mut guests = guests.lock().unwrap_or_else(PoisonError::into_inner);
    match guests.get_mut(&ip) {
        Some(count) if *count > 1 => *count -= 1,
        _ => drop(guests.remove(&ip)),
    }
}

fn unheard(address: SocketAddr, error: &std::io::Error) -> String {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program listens there",
        std::io::ErrorKind::PermissionDenied => "only the administrator may listen on this port",
        std::io::ErrorKind::AddrNotAvailable => "this machine does not have the address",
        _ => "the system refuses",
    };
    format!("nobody can listen for fire transmitters on {address}: {why}. Change `listen`")
}
