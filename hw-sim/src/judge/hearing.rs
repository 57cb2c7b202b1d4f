//! A hearing: what the judge hears is told to those present and written to the journal.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{ConfigNews, Heard, Journal, describe};

/// A journal that is told aloud while it is written.
#[derive(Debug, Clone)]
pub struct Hearing {
    /// What was heard so far.
    pub journal: Journal,
    zone: TimeZone,
}

impl Hearing {
    /// An empty journal. Times of day will be told in `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { journal: Journal::default(), zone }
    }

    /// Takes in what was heard, and tells it on `out`.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn hear(&mut self, heard: Heard, out: &mut dyn Write) -> io::Result<()> {
        match heard {
            Heard::Alert(receipt) => {
                let arrival = self.journal.record(receipt.as_ref().clone());
                writeln!(out, "{}", describe(&receipt, arrival, &self.zone))?;
            }
            Heard::Unreadable { topic, reason } => {
                self.journal.unreadable += 1;
                writeln!(out, "not an alert: {topic}: {reason}")?;
            }
            Heard::Status { gateway, online, config } => {
                let state = if online { "online" } else { "offline" };
                writeln!(out, "{}  {gateway} is {state}", self.time_of_day())?;
                if let Some(config) = config {
                    self.tell_config(&config, out)?;
                    self.journal.configs.push(config);
                }
            }
            Heard::Withdrawn { device } => {
                writeln!(out, "{}  {device} is no more", self.time_of_day())?;
                self.journal.devices.remove(&device);
            }
            Heard::Device { device, status } => {
                let reason = status.reason.iter().map(|reason| format!(": {reason}"));
                let reason: String = reason.collect();
                let state = &status.status;
                writeln!(out, "{}  {device} is {state}{reason}", self.time_of_day())?;
                self.journal.note(device, status);
            }
            Heard::Listening { resumed } => {
                let session = if resumed { ", the broker kept what came meanwhile" } else { "" };
                writeln!(out, "{}  listening{session}", self.time_of_day())?;
            }
            Heard::Lost { reason } => {
                writeln!(out, "{}  broker away: {reason}", self.time_of_day())?;
            }
        }
        out.flush()
    }

    fn tell_config(&self, config: &ConfigNews, out: &mut dyn Write) -> io::Result<()> {
        let ConfigNews { state, faults, changes } = config;
        if *state != "applied" || !changes.is_empty() {
            writeln!(out, "{}  configuration {state}", self.time_of_day())?;
        }
        faults.iter().chain(changes).try_for_each(|line| writeln!(out, "          {line}"))
    }

    fn time_of_day(&self) -> String {
        Timestamp::now().to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }
}
