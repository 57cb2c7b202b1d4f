//! Entries for fuzzers: one session, and the line alone, with cameras in memory.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::AtomicU64;

use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::fault::SessionError;
use crate::line::{AnyWire, Connection, Network, SharedSeen, between};
use crate::session::{SessionOutputs, one_session};
use crate::settings::Settings;

/// Plays one session with the client that the settings name, and says why it ended.
pub async fn play_session(settings: &Settings, outputs: &SessionOutputs) -> SessionError {
    let (pictures, shutdown) = (AtomicU64::new(0), CancellationToken::new());
    let ended = one_session(settings, settings.client, outputs, &pictures, &shutdown).await;
    ended.err().unwrap_or(SessionError::Ended)
}

/// Runs the line between a client and cameras, all of them in memory, and says why the session ended.
/// `dial` gives the wire to the host of an address, if there is one. The client knows the camera as
/// `address`.
pub async fn run_line(
    settings: Settings,
    client: DuplexStream,
    address: &Url,
    dial: impl Fn(&Url) -> Option<DuplexStream> + Send + Sync,
) -> SessionError {
    let client: AnyWire = Box::new(client);
    between(client, Memory(dial), address, settings, SharedSeen::default()).await
}

/// Cameras in memory.
struct Memory<F>(F);

impl<F: Fn(&Url) -> Option<DuplexStream> + Send + Sync> Network for Memory<F> {
    async fn connect(&self, url: &Url, _settings: &Settings) -> Result<Connection, SessionError> {
        let wire = (self.0)(url).ok_or(SessionError::Unreachable("there is no such camera"))?;
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(Connection { wire: Box::new(wire), local_ip: ip, peer_ip: ip, is_encrypted: false })
    }
}
