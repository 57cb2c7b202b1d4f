//! The judge's console: what the judge receives is recorded in the journal and printed.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::journal::Journal;
use super::message::ConfigNews;
use super::report::describe;
use super::subscriber::JudgeEvent;

/// A journal that is printed while it is written.
#[derive(Debug, Clone)]
pub struct Console {
    /// What was received so far.
    pub journal: Journal,
    zone: TimeZone,
}

impl Console {
    /// An empty journal. Times of day are printed in `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { journal: Journal::default(), zone }
    }

    /// Records an event and prints it on `out`.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn record(&mut self, event: JudgeEvent, out: &mut dyn Write) -> io::Result<()> {
        match event {
            JudgeEvent::Alert(receipt) => {
                let arrival = self.journal.record(receipt.as_ref().clone());
                writeln!(out, "{}", describe(&receipt, arrival, &self.zone))?;
            }
            JudgeEvent::Unreadable { topic, reason } => {
                self.journal.unreadable += 1;
                writeln!(out, "not an alert: {topic}: {reason}")?;
            }
            JudgeEvent::Status { gateway, online, config } => {
                let state = if online { "online" } else { "offline" };
                writeln!(out, "{}  {gateway} is {state}", self.time_of_day())?;
                if let Some(config) = config {
                    self.print_config(&config, out)?;
                    self.journal.configs.push(config);
                }
            }
            JudgeEvent::DeviceRemoved { device } => {
                writeln!(out, "{}  {device} was removed", self.time_of_day())?;
                self.journal.devices.remove(&device);
            }
            JudgeEvent::Device { device, status } => {
                let reason = status.reason.iter().map(|reason| format!(": {reason}"));
                let reason: String = reason.collect();
                let state = &status.status;
                writeln!(out, "{}  {device} is {state}{reason}", self.time_of_day())?;
                self.journal.note(device, status);
            }
            JudgeEvent::Output { output, state } => {
                let told = state.as_ref().map_or("removed", |state| state.status.as_str());
                writeln!(out, "{}  output {output} is {told}", self.time_of_day())?;
                self.journal.outputs.entry(output).or_default().extend(state);
            }
            JudgeEvent::Listening { resumed } => {
                let session =
                    if resumed { ", the broker kept the messages of the meantime" } else { "" };
                writeln!(out, "{}  listening{session}", self.time_of_day())?;
            }
            JudgeEvent::Lost { reason } => {
                writeln!(out, "{}  connection to the broker lost: {reason}", self.time_of_day())?;
            }
        }
        out.flush()
    }

    fn print_config(&self, config: &ConfigNews, out: &mut dyn Write) -> io::Result<()> {
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
