//! Casework: what the case system says of alerts, what people ask the gateway to do, and what is
//! learned from it.
//!
//! The [`Desk`] takes messages on the publisher's thread: it judges, keeps and answers them in one
//! transaction and does nothing else. The [`Clerk`] on its own thread reads in the history what was
//! taken in, feedback and commands, and carries it to the cameras. Whatever it had not done when the
//! gateway stopped, it finds there again.

mod case_label;
mod clerk;
mod command;
mod desk;
mod feedback;
mod label_room;
mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use incident::alert::topic::Topics;
use incident::casefile::{CaseFile, StageNames};
use ledger::Ledger;
use scene::CaptureTime;
use uuid::Uuid;

pub use clerk::Clerk;
pub use desk::{Desk, Vacancy};
pub use label_room::LabelRoom;

/// The cameras, as far as cases and commands concern them.
pub trait Lines: Send {
    /// Takes in what is known of the case of an alert, given with its dedupe key. `false` if there
    /// is no such camera (yet).
    fn follow_case(&self, device: &str, alert: (Uuid, &str), file: &CaseFile) -> bool;

    /// Checks whether what an alert reported is gone. `false` if it is not open there.
    fn check_now(&self, device: &str, alert_id: Uuid, msg_id: Uuid) -> bool;

    /// Keeps the rules for which `choose(rule, zone, dedupe key)` holds from opening alerts, on
    /// one camera or on all. Answers how many there are.
    fn mute(
        &self,
        device: Option<&str>,
        choose: &dyn Fn(&str, &str, &str) -> bool,
        lasts: Duration,
    ) -> usize;

    /// Hands the camera's next picture to `order`. `false` if there is no such camera, or too many
    /// wait for its next picture.
    fn order_snapshot(&self, device: &str, order: SnapshotOrder) -> bool;

    /// Tells all cameras that time has passed.
    fn pass_time(&self);
}

/// Where a picture, or why there is none, is told.
pub type SnapshotOrder = Box<dyn FnOnce(Result<Snapshot, String>) + Send>;

/// A picture that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Of the JPEG, 64 hex digits.
    pub sha256: String,
    /// Where it can be fetched.
    pub uri: Option<String>,
    /// When it was taken.
    pub captured_at: CaptureTime,
}

/// What desk and clerk have in common.
#[derive(Clone)]
pub struct Office {
    /// Where cases are kept.
    pub ledger: Ledger,
    /// The addresses of this gateway.
    pub topics: Topics,
    /// What the city calls the stages of a case.
    pub stage_names: Arc<StageNames>,
}

/// RFC 3339, UTC.
fn rfc3339(at: CaptureTime) -> String {
    let time = jiff::Timestamp::from_microsecond(at.unix_micros());
    time.unwrap_or(jiff::Timestamp::MAX).to_string()
}
