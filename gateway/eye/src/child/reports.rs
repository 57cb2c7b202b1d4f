//! The way up to the gateway, shared by all threads of an eye.

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::{Report, write_message};

/// Sends reports. Cheap to clone: all clones are one socket.
#[derive(Debug, Clone)]
pub(crate) struct Reports(Arc<Mutex<UnixStream>>);

impl Reports {
    /// By this socket.
    pub(crate) fn by(socket: UnixStream) -> Self {
        Self(Arc::new(Mutex::new(socket)))
    }

    /// Sends one. If the gateway is gone, the thread that reads its orders ends the process.
    pub(crate) fn send(&self, report: &Report) {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(write_message(&mut *socket, report));
    }
}
