//! A message about one incident, and the picture that caused it.

use scene::CaptureTime;

use crate::alert::content::Alert;

/// Something happened to an incident: a message that must reach the command centre.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentEvent {
    /// Capture time of the picture that caused it: the one to keep as evidence.
    pub observed_at: CaptureTime,
    /// The incident's full state; [`Alert::action`] says what happened, and the subjects of
    /// [`Alert::detection`] are the boxes that this very picture shows (none once cleared).
    pub alert: Alert,
}
