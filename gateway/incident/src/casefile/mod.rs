//! What the case system says of an alert: its messages, and the file that they make.

pub(crate) mod feedback;
mod field;
pub(crate) mod file;
mod message;
#[cfg(test)]
mod tests;

pub use feedback::{
    CaseEvent, CaseFeedback, Deadlines, Label, Reason, ReasonCode, VerifyMode, VerifyTerms,
    Whistle, WhistleLevel,
};
pub use file::{CaseFile, CaseStatus, CheckRequest, MAX_SEQ_GAP, StageNames, newest_seq};
pub use message::{FeedbackError, MAX_FEEDBACK_BYTES};
