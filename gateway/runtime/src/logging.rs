//! Where log lines go and how they look.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::plain_text::PlainLines;

/// Logs to standard error, `info` and above unless `RUST_LOG` says otherwise.
pub fn install_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| PlainLines(std::io::stderr()))
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
