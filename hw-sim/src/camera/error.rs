//! Why a server cannot serve its cameras.

use std::net::SocketAddr;

use thiserror::Error;

/// Why a server cannot serve its cameras.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address is taken, not ours, or reserved.
    #[error("cannot serve cameras at {addr}: {source}; choose another port or address")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Two cameras would have the same URL.
    #[error("two cameras are called {id:?}; give each its own id")]
    DuplicateCamera {
        /// The id.
        id: String,
    },
    /// The id cannot be the path of a URL.
    #[error(
        "camera id {id:?} cannot be part of a URL; use letters, digits, '-', '_', '.' and inner '/'"
    )]
    CameraId {
        /// The id.
        id: String,
    },
    /// A clip that plays once would be over before it begins.
    #[error("camera {id:?} plays its clip once but starts after its end; reduce the start offset")]
    StartOffset {
        /// The id.
        id: String,
    },
}
