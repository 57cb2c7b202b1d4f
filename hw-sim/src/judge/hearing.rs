//! A hearing: what the judge hears is told to those present and written to the journal.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::{Heard, Journal, describe};

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
        Self {
            journal: Journal::default(),
            zone,
        }
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
            Heard::Status { topic, payload } => writeln!(out, "{topic} {payload}")?,
            Heard::Listening { resumed: true } => writeln!(out, "listening again, nothing missed")?,
            Heard::Listening { resumed: false } => writeln!(out, "listening")?,
            Heard::Lost { reason } => writeln!(out, "broker away: {reason}")?,
        }
        out.flush()
    }
}
