//! The way up to the gateway, shared by all threads of an eye.

use std::os::unix::net::UnixStream;
use std::sync::Arc;

use crate::protocol::{Report, ReportWriter};

/// Sends reports. Cheap to clone: all clones are one socket.
#[derive(Debug, Clone)]
pub(crate) struct Reports(Arc<ReportWriter<UnixStream>>);

impl Reports {
    /// By this socket.
    pub(crate) fn by(socket: UnixStream) -> Self {
        Self(Arc::new(ReportWriter::new(socket)))
    }

    /// Sends one. If the gateway is gone, the thread that reads its orders ends the process.
    pub(crate) fn send(&self, report: &Report) {
        drop(self.0.send(report));
    }
}
