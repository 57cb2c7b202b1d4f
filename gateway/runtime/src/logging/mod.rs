//! Where log lines go, how they look, and how many there may be.

mod line_format;
mod line_pace;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use line_format::LineFormat;

/// Logs to standard error, `info` and above unless `RUST_LOG` says otherwise.
///
/// Every event is one line of bounded length, whatever a device made it say. Lines a second are
/// bounded, too; what is left out is counted and told.
pub fn install_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // The lines colour themselves: an escape sequence inside one is never ours.
        .with_ansi(false)
        .event_format(LineFormat::new(std::io::stderr().is_terminal()))
        .init();
}

#[cfg(test)]
mod tests;
