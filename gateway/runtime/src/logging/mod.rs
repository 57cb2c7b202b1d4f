//! Where log lines go, how they look, and how many there may be.

mod line_format;
mod line_pace;
mod line_queue;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use line_format::LineFormat;
use line_queue::LineQueue;

/// How long a process that ends waits for whoever reads its last lines.
const DRAIN_LIMIT: Duration = Duration::from_millis(500);

/// The lines of this process.
static LINES: LineQueue = LineQueue::new();

/// Whether there is a thread that writes them.
static HAS_WRITER: Mutex<bool> = Mutex::new(false);

/// What is told unless somebody asks for more.
const USUAL: &str = "info";

/// Logs to standard error, `info` and above unless `RUST_LOG` says otherwise.
///
/// Every event is one line of bounded length, whatever a device made it say. Lines a second are
/// bounded, too; what is left out is counted and told. What libraries say of a camera's or a broker's words
/// (by the crate `log`, which nothing of ours uses) is for programmers, who set `RUST_LOG`.
pub fn install_logging() {
    let asked = EnvFilter::try_from_default_env();
    let is_for_programmers = asked.is_ok();
    let lines = tracing_subscriber::fmt()
        .with_env_filter(asked.unwrap_or_else(|_| EnvFilter::new(USUAL)))
        .with_writer(&LINES)
        // The lines colour themselves: an escape sequence inside one is never ours.
        .with_ansi(false)
        .event_format(LineFormat::new(std::io::stderr().is_terminal()));
    if is_for_programmers {
        lines.init();
    } else {
        // Whoever installed another log before goes on with that one.
        let _installed = tracing::subscriber::set_global_default(lines.finish());
    }
}

/// Lets log lines wait from now on, until [`log_without_waiting`] or [`drain_log`]. For a program that may not
/// start a thread yet.
pub fn hold_log() {
    LINES.begin();
}

/// Writes log lines on a thread of its own from now on, so that nobody waits for whoever reads them. The
/// thread may do what the one may that calls this. For programs that go on; a command that tells a person
/// something and ends waits for that person.
///
/// # Errors
/// If the system refuses the thread.
pub fn log_without_waiting() -> io::Result<()> {
    LINES.begin();
    let mut has_writer = HAS_WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    if *has_writer {
        return Ok(());
    }
    // Another handle than std's: whoever holds that while it writes holds up all who want to say something.
    let sink = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    std::thread::Builder::new().name("log".to_owned()).spawn(move || LINES.serve(sink))?;
    *has_writer = true;
    Ok(())
}

/// Says something to who started this program, behind all that was logged. It finds room where log lines find
/// none.
pub fn tell_starter(line: &str) {
    // Standard error may be closed; the exit code still tells.
    drop(LINES.writer(true).write_all(format!("{line}\n").as_bytes()));
}

/// Waits a moment until all that was logged is written. For those who end the process.
pub fn drain_log() {
    // One that ends early may still hold its lines. If it gets no thread now, they are lost.
    let _lost = LINES.is_begun().then(log_without_waiting);
    LINES.drain(DRAIN_LIMIT);
}

#[cfg(test)]
mod tests;
