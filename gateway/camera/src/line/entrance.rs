//! Where a client enters the line: a port on loopback, and a secret address.

use std::hash::{BuildHasher, RandomState};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::Url;

use super::client_side::ClientSide;
use super::dial::dial;
use super::network::{AnyWire, Network, Sockets};
use super::relay::Relay;
use super::route::Route;
use super::seen::SharedSeen;
use crate::fault::SessionError;
use crate::settings::Settings;

/// How long a program that found the line's port may take to say the secret address.
const ADMIT_LIMIT: Duration = Duration::from_secs(2);

/// The client's end of a new line: the address to play, and the line to run beside it. What the line ends
/// with is why the session ended.
///
/// # Errors
/// If this machine has no port for it.
pub(crate) async fn open(
    settings: &Settings,
    seen: SharedSeen,
) -> Result<(Url, impl Future<Output = SessionError> + Send + use<>), SessionError> {
    const NO_PORT: &str = "no free port on loopback";
    let no_port = |error| SessionError::of_machine(NO_PORT, &error);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    // Other programs of this machine may find the port, but not the address.
    let secret = format!("{:016x}{:016x}", dice(port), dice(port));
    let local = Url::parse(&format!("rtsp://127.0.0.1:{port}/{secret}"))
        .map_err(|_| SessionError::Machine(NO_PORT))?;
    let (settings, address) = (settings.clone(), local.clone());
    Ok((local, async move { run(listener, address, settings, seen).await }))
}

/// std's hasher keys are random, and others at each call.
fn dice(seed: u16) -> u64 {
    RandomState::new().hash_one(seed)
}

async fn run(
    listener: TcpListener,
    address: Url,
    settings: Settings,
    seen: SharedSeen,
) -> SessionError {
    let (network, mut route) = (Arc::new(Sockets), Route::new(&settings));
    let camera = match dial(&network, &mut route, &settings).await {
        Ok(camera) => camera,
        Err(error) => return error,
    };
    let admitted = match timeout(settings.step_timeout, admit(&listener, &address)).await {
        Ok(admitted) => admitted,
        Err(_) => return SessionError::Ended,
    };
    drop(listener);
    let (stream, first) = admitted;
    let client = ClientSide::new(Box::new(stream), &address, &first);
    Relay::new(client, (camera, network, route), settings, seen).run().await
}

/// A line between a client that is let in already and cameras of another network than this machine's, for
/// tests. The client knows the camera as `address`.
pub(crate) async fn between(
    client: AnyWire,
    network: impl Network,
    address: &Url,
    settings: Settings,
    seen: SharedSeen,
) -> SessionError {
    let (network, mut route) = (Arc::new(network), Route::new(&settings));
    let camera = match dial(&network, &mut route, &settings).await {
        Ok(camera) => camera,
        Err(error) => return error,
    };
    let client = ClientSide::new(client, address, &BytesMut::new());
    Relay::new(client, (camera, network, route), settings, seen).run().await
}

/// The client: the first connection whose first request names the secret address.
async fn admit(listener: &TcpListener, address: &Url) -> (TcpStream, BytesMut) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        let mut first = BytesMut::with_capacity(4096);
        let secret = address.path().as_bytes();
        let names_it = |first: &BytesMut| first.windows(secret.len()).any(|it| it == secret);
        let said = timeout(ADMIT_LIMIT, async {
            while !names_it(&first) && !first.contains(&b'\n') {
                if !matches!(stream.read_buf(&mut first).await, Ok(1..)) {
                    return;
                }
            }
        });
        let _too_late = said.await;
        if names_it(&first) && stream.set_nodelay(true).is_ok() {
            return (stream, first);
        }
    }
}
