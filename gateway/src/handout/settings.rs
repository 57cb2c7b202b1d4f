//! Where evidence is given out, who may fetch it, and the limits of the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::reception::VisitLimits;

/// Where evidence is given out, and who may fetch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandoutSettings {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// Certificate chain, PEM; a renewed one is used from the next connection on.
    pub(crate) cert_file: PathBuf,
    /// Its key, PEM.
    pub(crate) key_file: PathBuf,
    /// Who may fetch masked evidence; read for every request.
    pub(crate) token_file: PathBuf,
    /// Who may fetch what is not masked.
    pub(crate) originals_token_file: Option<PathBuf>,
    /// How much it puts up with before it cuts a client off.
    pub(crate) patience: Patience,
}

/// What the server puts up with before it cuts a client off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Connections at a time. Beyond that strangers make room.
    pub(crate) connections: usize,
    /// Requests a second of each holder of a token; twice as many in a burst. All that come from one
    /// address without a token have a tenth of it.
    pub(crate) requests_per_sec: u32,
    /// For a TLS handshake.
    pub(crate) handshake: Duration,
    /// For the head of a request, once it is due.
    pub(crate) head: Duration,
    /// For a whole connection, slow readers included.
    pub(crate) connection: Duration,
}

impl Patience {
    /// For one connection, once its handshake is done.
    pub(super) fn of_visit(&self) -> VisitLimits {
        VisitLimits { head: self.head, connection: self.connection }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connections: 256,
            requests_per_sec: 50,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            connection: Duration::from_mins(2),
        }
    }
}
