//! What is said to a camera over the connection on which it speaks.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, WriteHalf};
use tokio::time::{Instant, timeout_at};

use super::network::AnyWire;
use super::waiting::{DEAF, Waiting};
use crate::fault::SessionError;

/// The sending half of a connection.
pub(super) struct Straight {
    wire: WriteHalf<AnyWire>,
    pub(super) waiting: Waiting,
    /// What is being sent, and how much of it has gone.
    message: Vec<u8>,
    gone: usize,
    /// How long a message may take, and until when this one may. Without the latter its time is over already.
    limit: Duration,
    until: Option<Instant>,
}

impl Straight {
    /// Each message may take so long.
    pub(super) fn new(wire: WriteHalf<AnyWire>, limit: Duration) -> Self {
        let waiting = Waiting::default();
        Self { wire, waiting, message: Vec::new(), gone: 0, limit, until: None }
    }

    /// Why what is on its way has not gone; none if nothing is.
    pub(super) fn unsaid(&self) -> Option<SessionError> {
        (!self.message.is_empty()).then_some(SessionError::Unreachable(DEAF))
    }

    /// Sends the next message; waits for one if there is none. Nothing is lost if this is dropped.
    ///
    /// # Errors
    /// If the camera does not take it in time. What it has taken a part of is tried on: nothing else can be
    /// said before.
    pub(super) async fn work(&mut self) -> Result<(), SessionError> {
        if self.message.is_empty() {
            match self.waiting.pop() {
                Some(message) => {
                    (self.message, self.gone) = (message, 0);
                    self.until = Some(Instant::now() + self.limit);
                }
                None => std::future::pending().await,
            }
        }
        let Self { wire, message, gone, until, .. } = self;
        let sending = send_rest(wire, message, gone);
        let sent = match *until {
            Some(until) => timeout_at(until, sending).await,
            None => Ok(sending.await),
        };
        let Ok(sent) = sent else {
            self.until = None;
            return Err(SessionError::Unreachable(DEAF));
        };
        self.message.clear();
        sent.map_err(|error| SessionError::unreachable(&error))
    }
}

async fn send_rest(
    wire: &mut WriteHalf<AnyWire>,
    message: &[u8],
    gone: &mut usize,
) -> io::Result<()> {
    while let Some(rest) = message.get(*gone..).filter(|rest| !rest.is_empty()) {
        match wire.write(rest).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            more => *gone += more,
        }
    }
    wire.flush().await
}
