//! How the process ends: its exit codes, and why a command ended without success.

/// What was looked at is not as it should be; the report says what is wrong.
pub(crate) const WRONG: u8 = 1;
/// The command line is wrong. Exit codes follow sysexits.h; the service file relies on them.
pub(crate) const USAGE: u8 = 64;
/// A message is not what was signed.
pub(crate) const NOT_VALID: u8 = 65;
/// A file named on the command line cannot be read.
pub(crate) const NO_INPUT: u8 = 66;
/// A camera or another service cannot be reached.
pub(crate) const UNAVAILABLE: u8 = 69;
/// A fault of the gateway itself.
pub(crate) const FAULT: u8 = 70;
/// The ledger, the observations or their disk failed, or the history is not what was recorded.
pub(crate) const LEDGER: u8 = 74;
/// The configuration, or a file or port that it names.
pub(crate) const CONFIG: u8 = 78;

/// Why a command ended without success.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// The process's exit code, one of this file.
    pub(crate) code: u8,
    /// For the person who can act.
    pub(crate) cause: anyhow::Error,
}

impl Stopped {
    /// With an exit code of this file.
    pub(crate) fn new(code: u8, cause: impl Into<anyhow::Error>) -> Self {
        Self { code, cause: cause.into() }
    }
}
