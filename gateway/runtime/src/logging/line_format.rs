//! One event as one line: plain text, cut, and no more lines than a person can read.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::line_pace::{LeftOut, LinePace};
use crate::error_numbers::without_error_numbers;
use crate::metrics;
use crate::plain_text::PlainText;

/// The most bytes of a line. What an operator needs of an event is in its first few hundred.
pub(super) const MOST_LINE_BYTES: usize = 2048;

const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const NO_COLOUR: &str = "\u{1b}[0m";

/// The format of the gateway's log.
pub(super) struct LineFormat {
    inner: Format<Full, SystemTime>,
    pace: Mutex<LinePace>,
    has_colours: bool,
}

impl LineFormat {
    /// With warnings and errors in colour, if a person looks at a terminal.
    pub(super) fn new(has_colours: bool) -> Self {
        let inner = Format::default().with_target(false).with_ansi(false);
        Self { inner, pace: Mutex::new(LinePace::new(Instant::now())), has_colours }
    }

    fn admit(&self, level: Level) -> Option<LeftOut> {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = pace.admit(level, Instant::now());
        drop(pace);
        if admitted.is_none() {
            metrics::log_line_left_out(level.as_str());
        }
        admitted
    }
}

impl<S, N> FormatEvent<S, N> for LineFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = *event.metadata().level();
        let Some(left_out) = self.admit(level) else { return Ok(()) };
        if left_out.lines > 0 {
            let LeftOut { lines, errors } = left_out;
            SystemTime.format_time(&mut writer)?;
            writeln!(
                writer,
                "  WARN {lines} log lines were left out, {errors} of them errors: too many came at once"
            )?;
        }
        let mut line = PlainText::new(MOST_LINE_BYTES);
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let line = line.into_line();
        let line = without_error_numbers(&line);
        match (self.has_colours, level) {
            (true, Level::ERROR) => writeln!(writer, "{RED}{line}{NO_COLOUR}"),
            (true, Level::WARN) => writeln!(writer, "{YELLOW}{line}{NO_COLOUR}"),
            _ => writeln!(writer, "{line}"),
        }
    }
}
