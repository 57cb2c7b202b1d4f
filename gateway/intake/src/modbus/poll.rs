//! One poll of a Modbus device: all blocks once, and what became of each of their points.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use runtime::utc_now;
use scene::{CaptureTime, Reading};
use tokio::time::Instant;
use tokio_modbus::ExceptionCode;

use crate::device::{Device, Told};
use crate::modbus::block::{Block, plan};
use crate::modbus::line::{Line, ReadFault};
use crate::modbus::settings::Settings;
use crate::modbus::telling::Telling;
use crate::modbus::units::Units;
use crate::modbus::value::{Answer, reading};

/// A point that the device does not have is asked for again this often: the device may have been
/// given another program.
const WRONG_AGAIN_EVERY: Duration = Duration::from_mins(1);

/// The most wrong points that are named.
const MOST_NAMED: usize = 8;

/// A device, and what was learnt of it.
pub(crate) struct Poll {
    pub(crate) device: Device,
    pub(crate) settings: Settings,
    blocks: Vec<Block>,
    units: Units,
    /// Points that the device does not have, and until when they are left alone.
    wrong: BTreeMap<usize, Instant>,
    telling: Telling,
    line: Option<Line>,
    /// Whether there is another connection when this one is lost.
    may_dial: bool,
}

/// What one poll came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Polled {
    /// At least one block was answered, if only by a refusal.
    Answered,
    /// All that may be asked are left alone for a while.
    Resting,
    /// None was answered, and why: one sentence for a person.
    Nothing(String),
}

/// One poll, as far as it has come.
#[derive(Default)]
struct Round {
    work: VecDeque<Block>,
    /// Blocks at which the connection was lost twice.
    broken_blocks: Vec<Block>,
    is_asked: bool,
    is_answered: bool,
    /// How often the connection was lost since the last answer.
    lost: u8,
    /// Why there is no connection.
    unreachable: Option<String>,
    /// Why the connection was lost twice.
    broken: Option<String>,
}

impl Poll {
    pub(crate) fn new(settings: Settings, device: Device) -> Self {
        let telling = Telling::new(settings.points.len(), settings.poll_interval);
        Self {
            blocks: plan(&settings.points),
            units: Units::default(),
            wrong: BTreeMap::new(),
            telling,
            line: None,
            may_dial: true,
            device,
            settings,
        }
    }

    /// Uses `line`, and no other one once it is lost.
    pub(crate) fn attach(&mut self, line: Line) {
        (self.line, self.may_dial) = (Some(line), false);
    }

    /// Asks for all blocks once.
    pub(crate) async fn once(&mut self) -> Polled {
        let mut round = Round { work: std::mem::take(&mut self.blocks).into(), ..Round::default() };
        while let Some(block) = round.work.pop_front() {
            let now = Instant::now();
            if round.unreachable.is_some() || self.rests(&block, now) {
                self.tell_bad(&block, now);
                self.blocks.push(block);
                continue;
            }
            round.is_asked = true;
            if let Err(why) = self.connect().await {
                round.unreachable = Some(why);
                round.work.push_front(block);
                continue;
            }
            let Some(line) = &mut self.line else { continue };
            let read = line.read(&block).await;
            self.heed(block, read, &mut round);
        }
        // Who was broken off is asked last the next time, so that the unit's other blocks have their turn.
        self.blocks.append(&mut round.broken_blocks);
        if round.is_answered {
            self.device.beat(None, utc_now());
        }
        match round.unreachable.or(round.broken) {
            _ if round.is_answered => Polled::Answered,
            Some(reason) => Polled::Nothing(reason),
            None if round.is_asked => Polled::Nothing(self.silence()),
            None => Polled::Resting,
        }
    }

    /// What follows from a read of one block.
    fn heed(&mut self, block: Block, read: Result<Answer, ReadFault>, round: &mut Round) {
        match read {
            Ok(answer) => {
                (round.is_answered, round.lost) = (true, 0);
                self.take(&block, &answer);
                self.blocks.push(block);
            }
            Err(ReadFault::Refused(code)) => {
                (round.is_answered, round.lost) = (true, 0);
                self.units.answered(block.unit_id);
                match self.refused(&block, code) {
                    Some(halves) => {
                        halves.into_iter().rev().for_each(|it| round.work.push_front(it));
                    }
                    None => self.blocks.push(block),
                }
            }
            Err(ReadFault::Silent) => {
                (self.line, round.lost) = (None, 0);
                self.units.silent(block.unit_id, Instant::now());
                round.work.push_front(block);
            }
            // A device may close a connection that was idle since the last poll.
            Err(ReadFault::Lost | ReadFault::Misfit) if round.lost == 0 => {
                (self.line, round.lost) = (None, 1);
                round.work.push_front(block);
            }
            Err(fault) => {
                (self.line, round.lost) = (None, 0);
                let now = Instant::now();
                self.units.silent(block.unit_id, now);
                let (place, first, unit_id) = (block.table.place(), block.address, block.unit_id);
                let why = self.broken(fault);
                self.device.fault(&format!("unit {unit_id}, {place} {first} and later: {why}"));
                round.broken = Some(why);
                self.tell_bad(&block, now);
                round.broken_blocks.push(block);
            }
        }
    }

    fn rests(&self, block: &Block, now: Instant) -> bool {
        let is_wrong = |at: &usize| self.wrong.get(at).is_some_and(|until| now < *until);
        self.units.rests(block.unit_id, now) || block.points.iter().all(is_wrong)
    }

    async fn connect(&mut self) -> Result<(), String> {
        if self.line.is_none() {
            let Settings { host, port, timeout, .. } = &self.settings;
            if !self.may_dial {
                return Err("the only connection is lost".to_owned());
            }
            let connected = Line::connect(host, *port, *timeout).await;
            self.line = Some(connected.map_err(|error| unreachable_reason(host, *port, &error))?);
        }
        Ok(())
    }

    fn take(&mut self, block: &Block, answer: &Answer) {
        self.units.answered(block.unit_id);
        let (now, arrived_at) = (Instant::now(), utc_now());
        for at in &block.points {
            self.wrong.remove(at);
            let reading = self.settings.points.get(*at).map(|point| reading(point, block, answer));
            if let Some(reading) = reading {
                self.tell(*at, reading, (now, arrived_at));
            }
        }
    }

    /// The halves that are to be asked for instead, if a smaller read may succeed.
    fn refused(&mut self, block: &Block, code: ExceptionCode) -> Option<[Block; 2]> {
        let now = Instant::now();
        // Some devices call an address that they do not have an illegal value.
        let is_place =
            matches!(code, ExceptionCode::IllegalDataAddress | ExceptionCode::IllegalDataValue);
        if is_place && let Some(halves) = block.halves(&self.settings.points) {
            return Some(halves);
        }
        if is_place {
            self.wrong.extend(block.points.iter().map(|at| (*at, now + WRONG_AGAIN_EVERY)));
            self.device.fault(&self.wrong_points());
        } else {
            let place = block.table.place();
            let (first, unit_id) = (block.address, block.unit_id);
            let why = refusal(code);
            self.device.fault(&format!("unit {unit_id}, {place} {first} and later: {why}"));
        }
        self.tell_bad(block, now);
        None
    }

    fn wrong_points(&self) -> String {
        let named = self.wrong.keys().take(MOST_NAMED).filter_map(|at| {
            let point = self.settings.points.get(*at)?;
            let (place, address) = (point.table.place(), point.address);
            Some(format!("{} ({place} {address} of unit {})", point.name, point.unit_id))
        });
        let named: Vec<String> = named.collect();
        let more = self.wrong.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(
            "the device does not have: {}{more}. Check table, address and form by its manual",
            named.join(", ")
        )
    }

    fn tell_bad(&mut self, block: &Block, now: Instant) {
        let arrived_at = utc_now();
        for at in &block.points {
            self.tell(*at, Reading::Bad, (now, arrived_at));
        }
    }

    fn tell(&mut self, at: usize, reading: Reading, (now, arrived_at): (Instant, CaptureTime)) {
        if !self.telling.is_due(at, reading, now) {
            return;
        }
        let Some(point) = self.settings.points.get(at) else { return };
        let (name, kind) = (point.name.as_str(), point.kind);
        let told = Told { point: name, kind, reading, device_time: None, serial: None };
        // Nobody at the other end waits for a receipt. What is lost is told again in ten seconds.
        if self.device.report(&told, arrived_at).is_err() {
            // The fault is noted by now; a bad reading is always possible.
            let bad = Told { reading: Reading::Bad, ..told };
            drop(self.device.report(&bad, arrived_at));
        }
    }

    fn silence(&self) -> String {
        let units: Vec<String> = self.units.silent_ones().map(|unit| unit.to_string()).collect();
        let Settings { host, port, timeout, .. } = &self.settings;
        format!(
            "{host} port {port} takes connections, but unit {} does not answer within {timeout:?}. \
             Check the unit id, and the line behind a converter",
            units.join(", ")
        )
    }

    fn broken(&self, fault: ReadFault) -> String {
        let Settings { host, port, .. } = &self.settings;
        if fault == ReadFault::Misfit {
            return format!("{host} port {port} does not answer by Modbus TCP. Check the port");
        }
        format!(
            "{host} port {port} closes the connection when it is asked. Check the port, whether \
             it takes another client, and whether this address may read it"
        )
    }
}

fn unreachable_reason(host: &str, port: u16, error: &std::io::Error) -> String {
    if let Some(fault) = runtime::out_of_files(error) {
        return format!("{host} port {port}: {fault}");
    }
    let why = match error.kind() {
        std::io::ErrorKind::TimedOut => "nothing answers there. Check address, power and network",
        std::io::ErrorKind::ConnectionRefused => {
            "the host takes no connections on this port. Check the port, and whether Modbus TCP is \
             switched on"
        }
        _ => "it cannot be reached. Check name, address and network",
    };
    format!("{host} port {port}: {why}")
}

fn refusal(code: ExceptionCode) -> &'static str {
    match code {
        ExceptionCode::IllegalFunction => "the device does not have this table",
        ExceptionCode::ServerDeviceFailure => "the device says that it has failed",
        ExceptionCode::Acknowledge | ExceptionCode::ServerDeviceBusy => "the device is busy",
        ExceptionCode::MemoryParityError => "the device says that its memory is damaged",
        ExceptionCode::GatewayPathUnavailable => "the converter has no line to this unit",
        ExceptionCode::GatewayTargetDevice => "the unit does not answer its converter",
        _ => "the device refuses for a reason that Modbus does not name",
    }
}
