//! Log lines on their way to whoever reads them. That one may stand still, and nobody waits for it: lines
//! wait in a bounded queue and are written by a thread of their own.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};

use crate::metrics;

/// Bytes of lines that wait: about ten thousand usual lines. A reader that is only slow misses none.
pub(super) const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub(super) struct LineQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Lines that found no room, since that was last told.
    left_out: u64,
    /// There is a thread that writes.
    is_served: bool,
    /// It writes just now.
    is_writing: bool,
}

impl LineQueue {
    pub(super) const fn new() -> Self {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            left_out: 0,
            is_served: false,
            is_writing: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Lines wait here from now on, and somebody calls [`LineQueue::serve`].
    pub(super) fn begin(&self) {
        self.lock().is_served = true;
    }

    /// Writes all that comes to `sink`, for ever.
    pub(super) fn serve(&self, mut sink: impl Write) {
        loop {
            let line = self.next();
            if sink.write_all(&line).and_then(|()| sink.flush()).is_err() {
                // Nobody is there any more.
                metrics::log_line_unread();
            }
        }
    }

    /// The next line; waits for it.
    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        state.is_writing = false;
        self.changed.notify_all();
        loop {
            if let Some(line) = state.waiting.pop_front() {
                state.bytes -= line.len();
                state.is_writing = true;
                return line;
            }
            if let Some(told) = state.told_of_left_out() {
                state.is_writing = true;
                return told;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a line; false if it goes nowhere before there is a thread that writes.
    fn take(&self, line: &[u8]) -> bool {
        let mut state = self.lock();
        if !state.is_served {
            return false;
        }
        if state.bytes + line.len() > MOST_BYTES {
            state.left_out += 1;
            drop(state);
            metrics::log_line_unread();
            return true;
        }
        let told = state.told_of_left_out();
        for line in told.into_iter().chain([line.to_vec()]) {
            state.bytes += line.len();
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
        while state.is_served && (state.is_writing || !state.waiting.is_empty()) {
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
    fn told_of_left_out(&mut self) -> Option<Vec<u8>> {
        let count = std::mem::take(&mut self.left_out);
        let mut line = String::new();
        (count > 0).then(|| {
            // A clock that cannot be written leaves the line without its time.
            let _no_time = SystemTime.format_time(&mut Writer::new(&mut line));
            line += &format!("  WARN {count} log lines were left out: nobody read them in time\n");
            line.into_bytes()
        })
    }
}

impl Write for &LineQueue {
    /// Takes an event, which is one line. Before there is a thread that writes, it is written here.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.take(line) {
            io::stderr().write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for &'static LineQueue {
    type Writer = &'static LineQueue;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::sync::Arc;

    use super::*;

    fn served(sink: impl Write + Send + 'static) -> Arc<LineQueue> {
        let queue = Arc::new(LineQueue::new());
        queue.begin();
        let serving = Arc::clone(&queue);
        std::thread::spawn(move || serving.serve(sink));
        queue
    }

    #[test]
    fn a_reader_that_stands_still_holds_up_nobody_and_is_told_once_what_it_missed() {
        let (reader, writer) = io::pipe().unwrap();
        let queue = served(writer);
        let line = |number: usize| format!("{number:099}\n");
        let sent = 2 * MOST_BYTES / 100;
        let (done, all_taken) = std::sync::mpsc::channel();
        let sending = Arc::clone(&queue);
        std::thread::spawn(move || {
            (0..sent).for_each(|number| (&*sending).write_all(line(number).as_bytes()).unwrap());
            sending.drain(Duration::from_millis(50));
            done.send(()).unwrap();
        });
        all_taken.recv_timeout(Duration::from_secs(60)).expect("nobody waits for the reader");
        let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
        let mut read = 0;
        let told = loop {
            let line = lines.next().unwrap();
            match line.parse::<usize>() {
                Ok(number) => assert_eq!(number, read, "the first lines, in order"),
                Err(_) => break line,
            }
            read += 1;
        };
        let (_, told) = told.split_once("  WARN ").expect("a warning with its time");
        let expected = format!("{} log lines were left out: nobody read them in time", sent - read);
        assert_eq!(told, expected);
        (&*queue).write_all(b"on we go\n").unwrap();
        assert_eq!(lines.next().unwrap(), "on we go");
        queue.drain(Duration::from_secs(60));
    }

    #[test]
    fn what_was_left_out_is_told_where_it_is_missing() {
        let (reader, writer) = io::pipe().unwrap();
        let queue = LineQueue::new();
        queue.begin();
        let large = [b"x".repeat(MOST_BYTES / 2 - 1), b"\n".to_vec()].concat();
        for line in [&large[..], &large, b"too much\n"] {
            (&queue).write_all(line).unwrap();
        }
        assert_eq!(queue.next(), large);
        (&queue).write_all(b"after\n").unwrap();
        let rest = Arc::new(queue);
        let serving = Arc::clone(&rest);
        std::thread::spawn(move || serving.serve(writer));
        let ends: Vec<String> = BufReader::new(reader)
            .lines()
            .take(3)
            .map(|line| line.unwrap().chars().rev().take(30).collect::<Vec<_>>())
            .map(|end| end.into_iter().rev().collect())
            .collect();
        assert_eq!(ends[0], "x".repeat(30));
        assert_eq!(ends[1], " out: nobody read them in time");
        assert_eq!(ends[2], "after");
    }
}
