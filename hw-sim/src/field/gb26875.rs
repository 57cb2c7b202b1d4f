//! A fire transmitter by GB/T 26875.3-2011: it connects, reports, and repeats until it is confirmed.
//!
//! It writes its frames by itself, so that it judges those of the gateway.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::civil::DateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How it writes its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `40 40 … 23 23`, times in binary.
    Binary,
    /// The same, times in two decimal digits a byte.
    Bcd,
    /// `68 … 16`.
    Short,
}

/// What it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The report arrived.
    Confirmed,
    /// The report was damaged.
    Denied,
    /// Something else.
    Odd,
}

/// A transmitter and its connection, if it has one.
#[derive(Debug)]
pub struct Transmitter {
    centre: SocketAddr,
    /// Twelve digits; of a short form the user code.
    address: String,
    form: Form,
    number: u16,
    wire: Option<TcpStream>,
    unread: Vec<u8>,
    /// How long it waits before it sends a report again.
    pub patience: Duration,
}

impl Transmitter {
    /// One that has not connected yet. `address` is twelve digits, or the user code of a short form.
    #[must_use]
    pub fn new(centre: SocketAddr, address: &str, form: Form) -> Self {
        let patience = Duration::from_millis(200);
        let (wire, unread) = (None, Vec::new());
        Self { centre, address: address.to_owned(), form, number: 0, wire, unread, patience }
    }

    /// Loses its connection.
    pub fn cut(&mut self) {
        (self.wire, self.unread) = (None, Vec::new());
    }

    /// Forgets the number of its latest report, as after a reset.
    pub fn reboot(&mut self) {
        self.cut();
        self.number = 0;
    }

    /// The frame of a new report. `data` is the application data of the standard, or command and data
    /// of a short frame.
    pub fn frame(&mut self, at: DateTime, data: &[u8]) -> Vec<u8> {
        self.number = self.number.wrapping_add(1);
        if self.form == Form::Short {
            return short(data);
        }
        let mut inner = self.number.to_le_bytes().to_vec();
        inner.extend([1, 0]);
        inner.extend(self.time(at));
        inner.extend(self.source());
        inner.extend([0; 6]);
        inner.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
        inner.push(2);
        inner.extend(data);
        let sum = inner.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        [&[0x40, 0x40], inner.as_slice(), &[sum, 0x23, 0x23]].concat()
    }

    /// A time in six bytes.
    #[must_use]
    pub fn time(&self, at: DateTime) -> [u8; 6] {
        let year = i8::try_from(at.year() % 100).unwrap_or(0);
        [at.second(), at.minute(), at.hour(), at.day(), at.month(), year].map(|number| {
            let number = number.unsigned_abs();
            if self.form == Form::Bcd { number / 10 * 16 + number % 10 } else { number }
        })
    }

    fn source(&self) -> [u8; 6] {
        let mut source = [0; 6];
        let digits = hex::decode(&self.address).unwrap_or_default();
        source.iter_mut().zip(digits.iter().rev()).for_each(|(byte, digit)| *byte = *digit);
        source
    }

    /// Sends the frame until it is answered, over as many connections as it takes. Says what the
    /// answer was, and how often it was sent.
    pub async fn report(&mut self, frame: &[u8]) -> (Answer, u32) {
        let mut times = 0;
        loop {
            times += 1;
            if self.send(frame).await.is_err() {
                self.cut();
                tokio::time::sleep(self.patience).await;
                continue;
            }
            match timeout(self.patience, self.answer()).await {
                Ok(Ok(answer)) => return (answer, times),
                Ok(Err(_)) => self.cut(),
                Err(_) => {}
            }
        }
    }

    /// Sends bytes, and connects for that if it must. A short form registers first.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.wire.is_none() {
            self.wire = Some(TcpStream::connect(self.centre).await?);
            if self.form == Form::Short {
                let mut code = self.address.clone().into_bytes();
                code.resize(6, b' ');
                code.extend([1, 0]);
                let register = short(&[&[0x01], code.as_slice()].concat());
                self.wire()?.write_all(&register).await?;
                let answered = timeout(self.patience, self.answer()).await;
                answered.map_err(|_| io::ErrorKind::TimedOut)??;
            }
        }
        self.wire()?.write_all(bytes).await
    }

    /// The next answer.
    ///
    /// # Errors
    /// If the connection ends.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            if let Some(answer) = self.answer_so_far() {
                return Ok(answer);
            }
            let mut bytes = [0; 256];
            let count = self.wire()?.read(&mut bytes).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.unread.extend(bytes.iter().take(count));
        }
    }

    fn answer_so_far(&mut self) -> Option<Answer> {
        if self.form == Form::Short {
            let frame: Vec<u8> = self.unread.drain(..8.min(self.unread.len())).collect();
            let [0x68, 4, 0, 0, 0x80, _, sum, 0x16] = *frame.as_slice() else {
                self.unread.splice(..0, frame);
                return None;
            };
            let inner = frame.get(1..6).unwrap_or_default();
            let summed = inner.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
            return Some(if summed == sum { Answer::Confirmed } else { Answer::Odd });
        }
        // Neither a confirmation nor a denial has data: 30 bytes.
        if self.unread.len() < 30 {
            return None;
        }
        let frame: Vec<u8> = self.unread.drain(..30).collect();
        Some(self.judge(&frame))
    }

    /// Whether an answer is as the standard has it.
    fn judge(&self, frame: &[u8]) -> Answer {
        let part = |from: usize, to: usize| frame.get(from..to).unwrap_or_default();
        let summed = part(2, 27).iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let is_right = part(0, 2) == [0x40, 0x40]
            && part(2, 4) == self.number.to_le_bytes()
            && part(12, 18) == [0; 6]
            && part(18, 24) == self.source()
            && part(24, 26) == [0, 0]
            && part(27, 30) == [summed, 0x23, 0x23];
        match (is_right, frame.get(26)) {
            (true, Some(3)) => Answer::Confirmed,
            (true, Some(6)) => Answer::Denied,
            _ => Answer::Odd,
        }
    }

    fn wire(&mut self) -> io::Result<&mut TcpStream> {
        self.wire.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

/// Status of a component (type 2): one object. `note` is what the maker wrote beside it.
#[must_use]
pub fn component(system: u8, address: u32, status: u16, note: &str, time: [u8; 6]) -> Vec<u8> {
    let mut data = vec![2, 1, 1, system, 42];
    data.extend(address.to_le_bytes());
    data.extend(status.to_le_bytes());
    let mut note = note.as_bytes().to_vec();
    note.resize(31, 0);
    data.extend(note);
    data.extend(time);
    data
}

/// Analogue value of a component (type 3): one object.
#[must_use]
pub fn analogue(system: u8, address: u32, quantity: u8, count: i16, time: [u8; 6]) -> Vec<u8> {
    let mut data = vec![3, 1, 1, system, 18];
    data.extend(address.to_le_bytes());
    data.push(quantity);
    data.extend(count.to_le_bytes());
    data.extend(time);
    data
}

/// Status of the transmitter (type 21).
#[must_use]
pub fn transmitter(status: u8, time: [u8; 6]) -> Vec<u8> {
    [&[21, 1, status], time.as_slice()].concat()
}

fn short(command_and_data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(command_and_data.len() + 2).unwrap_or(u16::MAX);
    let mut inner = length.to_le_bytes().to_vec();
    inner.push(0);
    inner.extend(command_and_data);
    let sum = inner.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    [&[0x68], inner.as_slice(), &[sum, 0x16]].concat()
}
