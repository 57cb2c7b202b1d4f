//! One rule of one camera, as configured.

use rule::schedule::Schedule;
use rule::{Rule, RuleKind, Slug, Zone};

use crate::incident_type::IncidentType;
use crate::lifecycle::settings::LifecycleSettings;

/// One rule of one camera, as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSettings {
    /// Unique within the camera together with the zone.
    pub id: Slug,
    /// Where it applies.
    pub zone: Zone,
    /// The type of its incidents.
    pub incident: IncidentType,
    /// What must be seen.
    pub kind: RuleKind,
    /// How long the steps of an alert's life take.
    pub lifecycle: LifecycleSettings,
    /// When it applies.
    pub schedule: Schedule,
}

/// Why a rule was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A setting out of its range.
    #[error("rule `{rule}` in zone `{zone}`: {setting} must be {expected}")]
    Setting {
        /// The rule.
        rule: Slug,
        /// Its zone.
        zone: Slug,
        /// The setting, as the configuration spells it.
        setting: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// The same rule twice in one zone.
    #[error("rule `{rule}` is set twice in zone `{zone}`: give one of them another id or zone")]
    RepeatedRule {
        /// The rule.
        rule: Slug,
        /// The zone.
        zone: Slug,
    },
    /// Two rules that would raise the same alert.
    #[error(
        "two rules raise `{incident}` in zone `{zone}`, but there is one open alert per type and \
         zone: give one of them another type or zone"
    )]
    RepeatedIncident {
        /// The incident type's code.
        incident: Slug,
        /// The zone.
        zone: Slug,
    },
}

impl RuleSettings {
    /// Checks whether an assessor would accept them.
    ///
    /// # Errors
    /// [`RuleError::Setting`] for the first setting out of its range.
    pub fn check(&self) -> Result<(), RuleError> {
        self.build().map(drop)
    }

    /// Checks the settings and sets up the rule, with no memory yet.
    pub(crate) fn build(&self) -> Result<Box<dyn Rule>, RuleError> {
        if let Some((setting, expected)) = self.kind.fault().or_else(|| self.lifecycle.fault()) {
            let (rule, zone) = (self.id.clone(), self.zone.id.clone());
            return Err(RuleError::Setting { rule, zone, setting, expected });
        }
        Ok(self.kind.build(&self.zone, self.lifecycle.clear_after))
    }
}
