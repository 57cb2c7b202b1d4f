//! One rule on the signals of a device, as configured.

use std::time::Duration;

use rule::schedule::Schedule;
use rule::signal::{SignalRule, SignalRuleKind};
use rule::{Fault, Slug};

use crate::incident_type::IncidentType;
use crate::lifecycle::settings::LifecycleSettings;

/// One rule on the signals of a device, as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalRuleSettings {
    /// Unique within the device.
    pub id: Slug,
    /// The type of its incidents.
    pub incident: IncidentType,
    /// The point that it judges. None: each point of the device on its own, or, if its kind judges
    /// devices, the device as a whole.
    pub point: Option<Slug>,
    /// What is an incident.
    pub kind: SignalRuleKind,
    /// How long the steps of an alert's life take.
    pub lifecycle: LifecycleSettings,
    /// When it applies. Allowances are for pictures; they change nothing here.
    pub schedule: Schedule,
    /// The device counts as there for this long after its last sign of life, 5 s or more. After
    /// that its silence is a gap: it neither opens, prolongs nor clears.
    pub silence: Duration,
}

impl SignalRuleSettings {
    /// How long a device may be silent unless something else is set.
    pub const USUAL_SILENCE: Duration = Duration::from_mins(5);

    /// The first setting out of range and what was expected of it.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let is_short = self.silence < Duration::from_secs(5);
        let silence = is_short.then_some(("silence", "5 seconds or more"));
        self.kind.fault().or_else(|| self.lifecycle.fault()).or(silence)
    }

    /// The rule on this point, or on the device as a whole, with no memory yet.
    pub(crate) fn build(&self, point: Option<&str>) -> SignalRule {
        SignalRule::new(&self.kind, point, self.silence)
    }
}
