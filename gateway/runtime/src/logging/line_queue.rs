//! Log lines on their way to whoever reads them. That one may stand still, and nobody waits for it: lines
//! wait in a bounded queue and are written by a thread of their own.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::metrics;

/// Bytes of lines that wait: about ten thousand usual lines. A reader that is only slow misses none.
pub(super) const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Bytes beyond that for errors and last words: a hundred lines of the greatest length or more. They say why
/// a program ended, and come when all else is full.
const URGENT_BYTES: usize = 64 * 1024;

/// How often it is tried again to write where nothing can be written at the moment, and no call waits: another
/// program that has the same terminal or pipe may have made it so.
const RETRY_EVERY: Duration = Duration::from_millis(20);

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub(super) struct LineQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Line>,
    bytes: usize,
    /// Lines that found no room or could not be written, since that was last told.
    left_out: u64,
    /// Lines wait here.
    is_begun: bool,
    /// One is written just now.
    is_writing: bool,
    /// The latest one could not be written.
    has_failed: bool,
}

/// A line that waits.
#[derive(Debug)]
struct Line {
    text: Vec<u8>,
    /// If it tells of lines that are missing, of how many.
    tells_of: Option<u64>,
}

/// Who writes one event, which is one line.
#[derive(Debug)]
pub(super) struct LineWriter<'a> {
    queue: &'a LineQueue,
    is_urgent: bool,
}

impl LineQueue {
    pub(super) const fn new() -> Self {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            left_out: 0,
            is_begun: false,
            is_writing: false,
            has_failed: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Lines wait here from now on, and somebody calls [`LineQueue::serve`], perhaps later.
    pub(super) fn begin(&self) {
        self.lock().is_begun = true;
    }

    /// Whether they do.
    pub(super) fn is_begun(&self) -> bool {
        self.lock().is_begun
    }

    /// Who writes a line. One that `is_urgent` finds room where others find none.
    pub(super) fn writer(&self, is_urgent: bool) -> LineWriter<'_> {
        LineWriter { queue: self, is_urgent }
    }

    /// Writes all that comes to `sink`, for ever.
    pub(super) fn serve(&self, mut sink: impl Write) {
        let mut is_torn = false;
        loop {
            let line = self.next();
            // Nothing may be read as the rest of a line that was not written whole.
            let end_of_torn: &[u8] = if is_torn { b"\n" } else { b"" };
            let written = write_whole(&mut sink, &[end_of_torn, &line.text].concat());
            is_torn = written
                .is_err_and(|count| if count == 0 { is_torn } else { count > end_of_torn.len() });
            let mut state = self.lock();
            state.has_failed = written.is_err();
            if written.is_err() {
                // What it tells of is told again, and has been counted.
                state.left_out += line.tells_of.unwrap_or(1);
                drop(state);
                if line.tells_of.is_none() {
                    metrics::log_line_unread();
                }
            }
        }
    }

    /// The next line; waits for it.
    fn next(&self) -> Line {
        let mut state = self.lock();
        state.is_writing = false;
        self.changed.notify_all();
        loop {
            if let Some(line) = state.waiting.pop_front() {
                state.bytes -= line.text.len();
                state.is_writing = true;
                return line;
            }
            // Where nothing can be written, this is told before the next line.
            let told = if state.has_failed { None } else { state.told_of_left_out() };
            if let Some(told) = told {
                state.is_writing = true;
                return told;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a line; false if none wait here.
    fn take(&self, line: &[u8], is_urgent: bool) -> bool {
        let mut state = self.lock();
        if !state.is_begun {
            return false;
        }
        let most = MOST_BYTES + if is_urgent { URGENT_BYTES } else { 0 };
        if state.bytes + line.len() > most {
            state.left_out += 1;
            drop(state);
            metrics::log_line_unread();
            return true;
        }
        let told = state.told_of_left_out();
        let line = Line { text: line.to_vec(), tells_of: None };
        for line in told.into_iter().chain([line]) {
            state.bytes += line.text.len();
            state.waiting.push_back(line);
        }
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Waits until all is written, for so long at most.
    pub(super) fn drain(&self, limit: Duration) {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        while state.is_begun && (state.is_writing || !state.waiting.is_empty()) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The line that says what was left out, if anything was.
    fn told_of_left_out(&mut self) -> Option<Line> {
        let count = std::mem::take(&mut self.left_out);
        let mut line = String::new();
        (count > 0).then(|| {
            // A clock that cannot be written leaves the line without its time.
            let _no_time = SystemTime.format_time(&mut Writer::new(&mut line));
            line += &format!("  WARN {count} log lines were left out: nobody read them in time\n");
            Line { text: line.into_bytes(), tells_of: Some(count) }
        })
    }
}

impl Write for LineWriter<'_> {
    /// Takes an event, which is one line. Where none wait, it is written here.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.queue.take(line, self.is_urgent) {
            io::stderr().write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for &'static LineQueue {
    type Writer = LineWriter<'static>;

    fn make_writer(&'a self) -> Self::Writer {
        self.writer(false)
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        self.writer(*event.level() == Level::ERROR)
    }
}

/// Writes all of `text`; if that fails, how much of it was written.
fn write_whole(sink: &mut impl Write, text: &[u8]) -> Result<(), usize> {
    let mut rest = text;
    while !rest.is_empty() {
        match sink.write(rest) {
            Ok(count) if count > 0 => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(RETRY_EVERY),
            // Nobody is there any more, or the disk is full.
            Ok(_) | Err(_) => return Err(text.len() - rest.len()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
