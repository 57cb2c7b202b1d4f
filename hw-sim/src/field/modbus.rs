//! A Modbus TCP device, or a converter with several units behind it: registers, refusals, silence.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};
use tokio_util::sync::CancellationToken;

/// A port that somebody's connection has for a moment is waited for.
const PORT_PATIENCE: Duration = Duration::from_secs(5);

/// One of the four tables of Modbus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Bits that can be written too.
    Coil,
    /// Bits.
    Discrete,
    /// Registers that can be written too.
    Holding,
    /// Registers.
    Input,
}

/// How a unit answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// At once.
    #[default]
    Prompt,
    /// After this time.
    Slow(Duration),
    /// Never. Its connection stays open.
    Silent,
    /// By this exception code.
    Refuses(u8),
}

/// A device that runs until it is dropped or killed.
#[derive(Debug)]
pub struct Slave {
    address: SocketAddr,
    memory: Memory,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Units>>);

#[derive(Debug, Default)]
struct Units {
    places: BTreeMap<(u8, Table, u16), u16>,
    manners: BTreeMap<u8, Manner>,
    /// Coils that take an order and do not move.
    stuck: BTreeSet<(u8, u16)>,
    /// The functions of writes, in the order in which they came.
    writes: Vec<u8>,
    requests: u64,
    connections: u64,
}

impl Slave {
    /// Listens on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// If nobody may listen there.
    pub async fn start(address: SocketAddr) -> io::Result<Self> {
        Self::with_memory(address, Memory::default()).await
    }

    async fn with_memory(address: SocketAddr, memory: Memory) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, memory.clone(), stop.clone()));
        Ok(Self { address, memory, stop, serving })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives a unit a place of a table and its value; of a bit, anything but 0 is on.
    pub fn set(&self, unit_id: u8, table: Table, address: u16, value: u16) {
        self.memory.lock().places.insert((unit_id, table, address), value);
    }

    /// The value of a place, as somebody may have written it.
    #[must_use]
    pub fn value(&self, unit_id: u8, table: Table, address: u16) -> Option<u16> {
        self.memory.lock().places.get(&(unit_id, table, address)).copied()
    }

    /// How a unit answers from now on.
    pub fn behave(&self, unit_id: u8, manner: Manner) {
        self.memory.lock().manners.insert(unit_id, manner);
    }

    /// A coil that from now on takes every order, or none, and stays as it is: a relay that is burnt fast.
    pub fn stick(&self, unit_id: u8, coil: u16, is_stuck: bool) {
        let stuck = &mut self.memory.lock().stuck;
        if is_stuck {
            stuck.insert((unit_id, coil))
        } else {
            stuck.remove(&(unit_id, coil))
        };
    }

    /// The function codes of all writes so far: 5 and 6 of one place, 15 of several coils.
    #[must_use]
    pub fn writes(&self) -> Vec<u8> {
        self.memory.lock().writes.clone()
    }

    /// How many requests came since the first start.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.memory.lock().requests
    }

    /// How many connections came since the first start.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.memory.lock().connections
    }

    /// Cuts all connections off and listens no more, as when its plug is pulled. Its registers stay.
    pub async fn kill(self) -> Unplugged {
        self.stop.cancel();
        // It ends by itself now; if it panicked, the tests see that by what it no longer answers.
        let _ended = self.serving.await;
        Unplugged { address: self.address, memory: self.memory }
    }
}

/// A device without power.
#[derive(Debug)]
pub struct Unplugged {
    address: SocketAddr,
    memory: Memory,
}

impl Unplugged {
    /// Starts it again, on the same port. A connection that somebody makes meanwhile may have that port for its
    /// own end: it is waited for.
    ///
    /// # Errors
    /// If nobody may listen there, also after a while.
    pub async fn plug_in(self) -> io::Result<Slave> {
        let begun = Instant::now();
        loop {
            match Slave::with_memory(self.address, self.memory.clone()).await {
                Err(error)
                    if error.kind() == io::ErrorKind::AddrInUse
                        && begun.elapsed() < PORT_PATIENCE =>
                {
                    sleep(PORT_PATIENCE / 50).await;
                }
                other => return other,
            }
        }
    }
}

async fn serve(listener: TcpListener, memory: Memory, stop: CancellationToken) {
    let connected = memory.clone();
    let new_service = |_| {
        connected.lock().connections += 1;
        Ok(Some(memory.clone()))
    };
    let on_connected =
        |stream, address| async move { accept_tcp_connection(stream, address, new_service) };
    let server = Server::new(listener);
    // Dropped, the server cuts off its connections. Clients that send nonsense are cut off by it.
    let _ended = stop.run_until_cancelled(server.serve(&on_connected, |_| {})).await;
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Units> {
        // Whoever panicked here wrote one value at most.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Memory {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Option<Response>, ExceptionCode>> + Send>>;

    fn call(&self, asked: Self::Request) -> Self::Future {
        let (manner, answer) = {
            let mut units = self.lock();
            units.requests += 1;
            let manner = units.manners.get(&asked.slave).copied().unwrap_or_default();
            (manner, units.answer(asked.slave, &asked.request))
        };
        Box::pin(async move {
            match manner {
                Manner::Prompt => {}
                Manner::Slow(wait) => tokio::time::sleep(wait).await,
                Manner::Silent => return Ok(None),
                Manner::Refuses(code) => return Err(ExceptionCode::new(code)),
            }
            answer.map(Some)
        })
    }
}

impl Units {
    fn answer(&mut self, unit_id: u8, request: &Request<'_>) -> Result<Response, ExceptionCode> {
        if !self.places.keys().any(|(unit, ..)| *unit == unit_id) {
            return Err(ExceptionCode::GatewayTargetDevice);
        }
        let on = |words: Vec<u16>| words.into_iter().map(|word| word != 0).collect();
        match *request {
            Request::ReadCoils(at, count) => {
                self.words(unit_id, Table::Coil, at, count).map(|it| Response::ReadCoils(on(it)))
            }
            Request::ReadDiscreteInputs(at, count) => self
                .words(unit_id, Table::Discrete, at, count)
                .map(|it| Response::ReadDiscreteInputs(on(it))),
            Request::ReadHoldingRegisters(at, count) => {
                self.words(unit_id, Table::Holding, at, count).map(Response::ReadHoldingRegisters)
            }
            Request::ReadInputRegisters(at, count) => {
                self.words(unit_id, Table::Input, at, count).map(Response::ReadInputRegisters)
            }
            Request::WriteSingleCoil(at, is_on) => {
                self.writes.push(5);
                self.write(unit_id, Table::Coil, at, u16::from(is_on))?;
                Ok(Response::WriteSingleCoil(at, is_on))
            }
            Request::WriteMultipleCoils(first, ref coils) => {
                self.write_coils(unit_id, first, coils)
            }
            Request::WriteSingleRegister(at, word) => {
                self.writes.push(6);
                self.write(unit_id, Table::Holding, at, word)?;
                Ok(Response::WriteSingleRegister(at, word))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }

    fn words(
        &self,
        unit_id: u8,
        table: Table,
        first: u16,
        count: u16,
    ) -> Result<Vec<u16>, ExceptionCode> {
        let most = if matches!(table, Table::Coil | Table::Discrete) { 2_000 } else { 125 };
        if count == 0 || count > most {
            return Err(ExceptionCode::IllegalDataValue);
        }
        let word = |step: u16| {
            let at = first.checked_add(step)?;
            self.places.get(&(unit_id, table, at)).copied()
        };
        let words: Option<Vec<u16>> = (0..count).map(word).collect();
        words.ok_or(ExceptionCode::IllegalDataAddress)
    }

    /// All of them or none (Application Protocol V1.1b3, section 6.11).
    fn write_coils(
        &mut self,
        unit_id: u8,
        first: u16,
        coils: &[bool],
    ) -> Result<Response, ExceptionCode> {
        let count = u16::try_from(coils.len()).map_err(|_| ExceptionCode::IllegalDataValue)?;
        if count == 0 || count > 1_968 {
            return Err(ExceptionCode::IllegalDataValue);
        }
        self.writes.push(15);
        self.words(unit_id, Table::Coil, first, count)?;
        for (at, is_on) in (first..).zip(coils) {
            self.write(unit_id, Table::Coil, at, u16::from(*is_on))?;
        }
        Ok(Response::WriteMultipleCoils(first, count))
    }

    fn write(
        &mut self,
        unit_id: u8,
        table: Table,
        at: u16,
        value: u16,
    ) -> Result<(), ExceptionCode> {
        let is_stuck = table == Table::Coil && self.stuck.contains(&(unit_id, at));
        let place = self.places.get_mut(&(unit_id, table, at));
        if is_stuck && place.is_some() {
            return Ok(());
        }
        *place.ok_or(ExceptionCode::IllegalDataAddress)? = value;
        Ok(())
    }
}
