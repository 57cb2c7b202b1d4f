//! An incident whose rule no longer exists.

use scene::{CaptureTime, Clock};

use crate::alert::action::{Action, CloseReason};
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::history::History;
use crate::lifecycle::incident::Incident;
use crate::lifecycle::origin::Origin;
use crate::memory::rule::RuleV1;

/// An incident whose rule no longer exists.
pub(super) struct Orphan {
    pub(super) origin: Origin,
    pub(super) incident: Incident,
}

impl Orphan {
    /// Its last message. It shows no objects: nobody looked for them in this picture.
    pub(super) fn cancel(mut self, at: CaptureTime, clock: Clock) -> IncidentEvent {
        self.incident.finding.subjects.clear();
        self.origin.message(&mut self.incident, Action::Close(CloseReason::Cancelled), at, clock)
    }

    /// What must survive a restart.
    pub(super) fn memory(&self) -> RuleV1 {
        let current = Some(self.incident.clone());
        RuleV1::of(&self.origin, None, &History { current, ..History::default() })
    }
}
