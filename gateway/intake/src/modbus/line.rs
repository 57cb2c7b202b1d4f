//! One connection to a Modbus device: a request at a time, each with its deadline.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Client as _, Context, tcp};
use tokio_modbus::slave::{Slave, SlaveContext as _};
use tokio_modbus::{Error, ExceptionCode, Request, Response};

use crate::modbus::block::Block;
use crate::modbus::settings::Table;
use crate::modbus::value::Answer;

/// A connection. After a fault other than [`ReadFault::Refused`] it is of no more use: an answer that
/// comes late would be taken for that of the next request.
pub(crate) struct Line {
    context: Context,
    deadline: Duration,
}

/// Why a read brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadFault {
    /// The device answered that it does not (Application Protocol V1.1b3, section 7).
    Refused(ExceptionCode),
    /// No answer in time.
    Silent,
    /// The connection ended.
    Lost,
    /// The answer is none to what was asked.
    Misfit,
}

impl Line {
    /// Connects within `deadline`, which then holds for each answer.
    pub(crate) async fn connect(host: &str, port: u16, deadline: Duration) -> io::Result<Self> {
        let connecting = timeout(deadline, TcpStream::connect((host, port)));
        let stream = connecting.await.map_err(|_| io::ErrorKind::TimedOut)??;
        // Requests are small and wait for their answers.
        stream.set_nodelay(true)?;
        Ok(Self::over(stream, deadline))
    }

    /// Over a connection that stands.
    pub(crate) fn over<T>(stream: T, deadline: Duration) -> Self
    where
        T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin + 'static,
    {
        Self { context: tcp::attach(stream), deadline }
    }

    /// Asks for one block.
    pub(crate) async fn read(&mut self, block: &Block) -> Result<Answer, ReadFault> {
        let (address, quantity) = (block.address, block.quantity);
        let request = match block.table {
            Table::Coil => Request::ReadCoils(address, quantity),
            Table::Discrete => Request::ReadDiscreteInputs(address, quantity),
            Table::Holding => Request::ReadHoldingRegisters(address, quantity),
            Table::Input => Request::ReadInputRegisters(address, quantity),
        };
        self.context.set_slave(Slave(block.unit_id));
        let answered = timeout(self.deadline, self.context.call(request)).await;
        let response = match answered {
            Err(_) => return Err(ReadFault::Silent),
            Ok(Err(Error::Transport(error))) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(ReadFault::Misfit);
            }
            Ok(Err(Error::Transport(_))) => return Err(ReadFault::Lost),
            Ok(Err(Error::Protocol(_))) => return Err(ReadFault::Misfit),
            Ok(Ok(Err(code))) => return Err(ReadFault::Refused(code)),
            Ok(Ok(Ok(response))) => response,
        };
        answer(response, usize::from(quantity)).ok_or(ReadFault::Misfit)
    }
}

/// The answer, if it has as many places as were asked for. The library only asserts that, and a device
/// that answers too little would end the gateway.
fn answer(response: Response, quantity: usize) -> Option<Answer> {
    match response {
        Response::ReadCoils(mut bits) | Response::ReadDiscreteInputs(mut bits) => {
            let is_whole = bits.len() == quantity.next_multiple_of(8);
            bits.truncate(quantity);
            is_whole.then_some(Answer::Bits(bits))
        }
        Response::ReadHoldingRegisters(words) | Response::ReadInputRegisters(words) => {
            (words.len() == quantity).then_some(Answer::Words(words))
        }
        _ => None,
    }
}
