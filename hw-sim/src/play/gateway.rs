//! The real gateway as a child process.

use std::path::Path;

use tokio::process::Command;

use super::error::PlayError;
use super::process::Process;

/// A running gateway. Killed on drop.
#[derive(Debug)]
pub struct Gateway {
    process: Process,
}

impl Gateway {
    /// Starts `bin run --config CONFIG`. Its output is appended to `log`.
    ///
    /// # Errors
    /// If the program cannot be started or the log cannot be written.
    pub fn start(bin: &Path, config: &Path, log: &Path) -> Result<Self, PlayError> {
        let mut command = Command::new(bin);
        command.arg("run").arg("--config").arg(config);
        Ok(Self { process: Process::start(&mut command, log)? })
    }

    /// Ends it with SIGTERM and waits for it.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn terminate(&mut self) -> Result<(), PlayError> {
        self.process.terminate().await
    }

    /// Ends it with SIGKILL.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn kill(&mut self) -> Result<(), PlayError> {
        self.process.kill().await
    }

    /// Waits until it ends by itself, and says how. Cancel safe.
    pub async fn ends(&mut self) -> PlayError {
        self.process.ends().await
    }
}
