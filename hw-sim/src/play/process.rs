//! A child process that we started. It logs to a file, and we end it by its own id.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::error::PlayError;

/// How long after SIGTERM a program that still runs is killed.
const GRACE: Duration = Duration::from_secs(15);
/// How many lines at the end of a log are shown when a program ended by itself.
const TAIL_LINES: usize = 12;

/// A running program. Killed on drop.
#[derive(Debug)]
pub(super) struct Process {
    program: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`. Its output is appended to `log`. It gets a process group of its own: a
    /// Ctrl-C in the terminal reaches only us, and we end our children in order.
    pub(super) fn start(command: &mut Command, log: &Path) -> Result<Self, PlayError> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let file = |source| PlayError::File { path: log.to_owned(), source };
        let out = File::options().create(true).append(true).open(log).map_err(file)?;
        let err = out.try_clone().map_err(file)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| PlayError::Start { program: program.clone(), source })?;
        Ok(Self { program, child, log: log.to_owned() })
    }

    /// An error if the program has ended.
    pub(super) fn check_alive(&mut self) -> Result<(), PlayError> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.ended(status.to_string())),
            Err(source) => Err(PlayError::End { program: self.program.clone(), source }),
        }
    }

    /// Waits until the program ends by itself, and says how.
    pub(super) async fn ends(&mut self) -> PlayError {
        match self.child.wait().await {
            Ok(status) => self.ended(status.to_string()),
            Err(source) => PlayError::End { program: self.program.clone(), source },
        }
    }

    /// Sends SIGTERM, and SIGKILL if the program does not end in time. That is an error, and so is
    /// every exit status but 0.
    pub(super) async fn terminate(&mut self) -> Result<(), PlayError> {
        let Some(pid) =
            self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
        else {
            return Ok(()); // it has ended already
        };
        kill_process(pid, Signal::TERM).map_err(|errno| PlayError::End {
            program: self.program.clone(),
            source: errno.into(),
        })?;
        match tokio::time::timeout(GRACE, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(self.unclean(format!("ended with {status}"))),
            Ok(Err(source)) => Err(PlayError::End { program: self.program.clone(), source }),
            Err(_elapsed) => {
                self.kill().await?;
                Err(self
                    .unclean(format!("did not end within {} s and was killed", GRACE.as_secs())))
            }
        }
    }

    /// Sends SIGKILL and waits for the end.
    pub(super) async fn kill(&mut self) -> Result<(), PlayError> {
        self.child
            .kill()
            .await
            .map_err(|source| PlayError::End { program: self.program.clone(), source })
    }

    fn unclean(&self, how: String) -> PlayError {
        PlayError::Unclean { program: self.program.clone(), how, log: self.log.clone() }
    }

    fn ended(&self, status: String) -> PlayError {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.iter().skip(lines.len().saturating_sub(TAIL_LINES));
        PlayError::Ended {
            program: self.program.clone(),
            status,
            log: self.log.clone(),
            tail: tail.map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"),
        }
    }
}
