//! A running server on a free loopback port, stopped when dropped.

use std::net::SocketAddr;
use std::time::Duration;

use hw_sim::camera::{RtspServer, ServerHandle, SimulatedCamera};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than any awaited event takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    pub(crate) handle: ServerHandle,
    _stop: DropGuard,
}

impl Served {
    pub(crate) async fn start(cameras: Vec<SimulatedCamera>) -> Self {
        let server = RtspServer::bind("127.0.0.1:0".parse().unwrap(), cameras).await.unwrap();
        let (addr, handle) = (server.local_addr(), server.handle());
        let shutdown = CancellationToken::new();
        tokio::spawn(server.run(shutdown.clone()));
        Self { addr, handle, _stop: shutdown.drop_guard() }
    }

    pub(crate) fn url(&self, id: &str) -> String {
        format!("rtsp://{}/{id}", self.addr)
    }

    pub(crate) async fn until_sessions(&self, id: &str, wanted: usize) {
        let mut poll = tokio::time::interval(Duration::from_millis(20));
        patiently(async {
            while self.handle.sessions(id) != wanted {
                poll.tick().await;
            }
        })
        .await;
    }
}

pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("what is awaited happens in time")
}
