//! Under which kinds the history keeps what the centre says.

/// Feedback that a case took in; the entry's subject is the alert.
pub(crate) const CASE: &str = "case";
/// A command; its subject begins with [`SUBJECT`].
pub(super) const COMMAND: &str = "command";
/// The answer to a command; its subject is that of the command.
pub(super) const COMMAND_ANSWER: &str = "command_answer";

/// Begins the subject of a request.
pub(super) const SUBJECT: &str = "cmd/";
