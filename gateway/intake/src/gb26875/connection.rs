//! One connection of a transmitter: frames in, confirmations out.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use runtime::utc_now;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::gb26875::clock_time;
use crate::gb26875::dialect::SourceAddress;
use crate::gb26875::frame::{Found, Frame, Stream};
use crate::gb26875::numbers::{command, short};
use crate::gb26875::short_frame::ShortFrame;
use crate::gb26875::station::Station;
use crate::gb26875::strangers::Strangers;

/// Bytes that begin a frame and stay without their end for so long are no frame.
const HALF_FRAME: Duration = Duration::from_secs(5);

/// The longest that a transmitter may leave our answers unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// All transmitters by their address.
pub(crate) type Stations = Arc<BTreeMap<SourceAddress, Arc<Station>>>;

/// One connection.
pub(crate) struct Connection {
    pub(crate) stations: Stations,
    pub(crate) strangers: Strangers,
    pub(crate) idle_timeout: Duration,
    /// Who has spoken on it, each of them told that he has.
    speakers: BTreeMap<SourceAddress, Arc<Station>>,
    /// Who has registered by a short frame: the others do not say who they are.
    registered: Option<Arc<Station>>,
}

impl Connection {
    pub(crate) fn new(stations: Stations, strangers: Strangers, idle_timeout: Duration) -> Self {
        let speakers = BTreeMap::new();
        Self { stations, strangers, idle_timeout, speakers, registered: None }
    }

    /// Serves it until it ends.
    pub(crate) async fn serve(
        &mut self,
        mut wire: impl AsyncRead + AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut stream = Stream::default();
        let mut bytes = [0; 1024];
        loop {
            while let Some(found) = stream.next() {
                if let Some(answer) = self.answer(found).await {
                    timeout(WRITE_TIMEOUT, wire.write_all(&answer)).await??;
                }
            }
            let is_half = !stream.is_empty();
            let patience =
                if is_half { HALF_FRAME.min(self.idle_timeout) } else { self.idle_timeout };
            match timeout(patience, wire.read(&mut bytes)).await {
                Ok(Ok(0)) => return Ok(()),
                Ok(Ok(count)) => stream.push(bytes.get(..count).unwrap_or_default()),
                Ok(Err(error)) => return Err(error),
                // What seemed to begin a frame may hide a whole one behind it.
                Err(_) if is_half => stream.give_up(),
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    async fn answer(&mut self, found: Found) -> Option<Vec<u8>> {
        match found {
            Found::Garbage(bytes) => {
                for station in self.speakers.values() {
                    station.fault(&format!("{bytes} bytes that belong to no frame")).await;
                }
                None
            }
            Found::Damaged(frame) => {
                let station = self.station(frame.source)?;
                station.fault("sum of the frame: expected that of its bytes").await;
                Some(reply(&frame, command::DENY, &station))
            }
            Found::Frame(frame) => self.answer_frame(&frame).await,
            Found::Short(frame) => self.answer_short(&frame).await,
        }
    }

    async fn answer_frame(&mut self, frame: &Frame) -> Option<Vec<u8>> {
        let station = self.station(frame.source)?;
        if station.is_short() {
            station.fault("start of the frame: expected 68, as its dialect is configured").await;
            return None;
        }
        // Nothing else is asked for, so nothing else is an answer.
        let is_data = matches!(frame.command, command::SEND | command::KEEP_ALIVE);
        if !is_data {
            station.fault("command: expected 2, data that is sent").await;
            return None;
        }
        station.take(frame).await.then(|| reply(frame, command::CONFIRM, &station))
    }

    async fn answer_short(&mut self, frame: &ShortFrame) -> Option<Vec<u8>> {
        if frame.command == short::REGISTER {
            let code = frame.data.first_chunk().copied().map(|code| SourceAddress(spaced(code)));
            self.registered = match code {
                Some(code) => self.station(code),
                None => None,
            };
        }
        let Some(station) = self.registered.clone() else {
            if frame.command != short::REGISTER {
                self.strangers.count(None);
            }
            return None;
        };
        if !station.is_short() {
            station.fault("start of the frame: expected 40 40, as its dialect is configured").await;
            return None;
        }
        let ShortFrame { address, command: told, .. } = *frame;
        let answer = ShortFrame { address, command: short::ANSWER, data: vec![told] };
        station.take_short(frame).await.then(|| answer.bytes())
    }

    /// Who has this address. A stranger is counted.
    fn station(&mut self, address: SourceAddress) -> Option<Arc<Station>> {
        let Some(station) = self.stations.get(&address) else {
            self.strangers.count(Some(address));
            return None;
        };
        if self.speakers.insert(address, Arc::clone(station)).is_none() {
            station.connected();
        }
        Some(Arc::clone(station))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.speakers.values().for_each(|station| station.disconnected());
    }
}

/// A user code is filled up by zeros or spaces.
fn spaced(code: [u8; 6]) -> [u8; 6] {
    code.map(|byte| if byte == 0 { b' ' } else { byte })
}

/// Confirms or denies a frame: its number, our time, the addresses the other way round, no data.
fn reply(frame: &Frame, command: u8, station: &Station) -> Vec<u8> {
    let settings = &station.settings;
    let time = clock_time::write(utc_now(), settings.dialect, settings.utc_offset_secs);
    Frame {
        number: frame.number,
        version: frame.version,
        time,
        source: frame.destination,
        destination: frame.source,
        command,
        data: Vec::new(),
    }
    .bytes()
}
