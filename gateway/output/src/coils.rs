//! Coils of a Modbus device: written, and read back.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Client as _, Context, tcp};
use tokio_modbus::slave::{Slave, SlaveContext as _};
use tokio_modbus::{Error, ExceptionCode, Request, Response};

/// Coils one behind the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coils {
    /// Name or address of the device.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The unit behind it.
    pub unit_id: u8,
    /// The address of the first, as it goes over the wire, from 0.
    pub first: u16,
    /// How many, from 1: one is written by function 5, more by function 15.
    pub count: u16,
    /// For the connection, and for each answer: milliseconds.
    pub timeout_millis: u64,
}

/// Why coils are not as they were to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CoilFault {
    #[error("the device cannot be reached: {0}")]
    Unreachable(io::ErrorKind),
    #[error("the device does not answer")]
    Silent,
    #[error("the device ended the connection")]
    Lost,
    #[error("the device answers something else than was asked")]
    Misfit,
    #[error("the device refuses: {0}")]
    Refused(ExceptionCode),
    #[error("the device took the order, but read back the coils are {}", if *is_on { "off" } else { "on" })]
    Unmoved {
        /// How they were to be.
        is_on: bool,
    },
}

impl Coils {
    /// Has all of them on or off, by a connection of its own, and reads them back.
    pub(crate) async fn put(&self, is_on: bool) -> Result<(), CoilFault> {
        let mut line = self.connect().await?;
        let is_done = match (self.count, self.ask(&mut line, self.order(is_on)).await?) {
            (1, Response::WriteSingleCoil(at, set)) => at == self.first && set == is_on,
            (count, Response::WriteMultipleCoils(at, written)) => {
                at == self.first && written == count
            }
            _ => false,
        };
        if !is_done {
            return Err(CoilFault::Misfit);
        }
        let asked = Request::ReadCoils(self.first, self.count);
        let Response::ReadCoils(mut bits) = self.ask(&mut line, asked).await? else {
            return Err(CoilFault::Misfit);
        };
        let count = usize::from(self.count);
        if bits.len() < count {
            return Err(CoilFault::Misfit);
        }
        bits.truncate(count);
        if bits.iter().all(|bit| *bit == is_on) {
            Ok(())
        } else {
            Err(CoilFault::Unmoved { is_on })
        }
    }

    /// The coil by function 5, or the coils by function 15 (Application Protocol V1.1b3, 6.5 and 6.11).
    fn order(&self, is_on: bool) -> Request<'static> {
        match self.count {
            1 => Request::WriteSingleCoil(self.first, is_on),
            count => {
                Request::WriteMultipleCoils(self.first, vec![is_on; usize::from(count)].into())
            }
        }
    }

    async fn connect(&self) -> Result<Context, CoilFault> {
        let connecting =
            timeout(self.timeout(), TcpStream::connect((self.host.as_str(), self.port)));
        let stream = match connecting.await {
            Err(_) => return Err(CoilFault::Unreachable(io::ErrorKind::TimedOut)),
            Ok(Err(error)) => return Err(CoilFault::Unreachable(error.kind())),
            Ok(Ok(stream)) => stream,
        };
        let mut line = tcp::attach(stream);
        line.set_slave(Slave(self.unit_id));
        Ok(line)
    }

    async fn ask(&self, line: &mut Context, request: Request<'_>) -> Result<Response, CoilFault> {
        match timeout(self.timeout(), line.call(request)).await {
            Err(_) => Err(CoilFault::Silent),
            Ok(Err(Error::Transport(error))) if error.kind() == io::ErrorKind::InvalidData => {
                Err(CoilFault::Misfit)
            }
            Ok(Err(Error::Transport(_))) => Err(CoilFault::Lost),
            Ok(Err(Error::Protocol(_))) => Err(CoilFault::Misfit),
            Ok(Ok(Err(code))) => Err(CoilFault::Refused(code)),
            Ok(Ok(Ok(response))) => Ok(response),
        }
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_millis)
    }
}
