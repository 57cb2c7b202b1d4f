//! What the file of an incident says.

use crate::case::{Case, Evidence};
use crate::condition::Condition;
use crate::material::{Effort, Material};

/// One incident.
pub(crate) struct Incident {
    pub(crate) name: &'static str,
    /// As alerts call it.
    pub(crate) code: &'static str,
    /// Which camera's rules tell of it.
    pub(crate) camera: &'static str,
    /// What is due, for a stranger.
    pub(crate) due: &'static str,
    pub(crate) goals: &'static [Goal],
    pub(crate) trial: Trial,
}

/// How it is tried.
pub(crate) enum Trial {
    /// In these runs.
    Runs(fn(&Material, &Effort) -> Vec<Case>),
    /// In the runs of another incident, which is due for this one, too.
    WithOthers,
    /// In every run: it is in the recorded street, and due there.
    Everywhere(fn(&mut Case)),
    /// Not yet, and why.
    NotInTheGateway(&'static str),
}

/// What is aimed at.
pub(crate) struct Goal {
    pub(crate) what: Measure,
    /// The least, or for rates the most.
    pub(crate) bound: f64,
}

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) enum Measure {
    /// Of all that was due under this condition, the share that was told.
    RecallUnder(Condition, Evidence),
    /// The same under all conditions together.
    Recall(Evidence),
    /// Where nothing was due.
    FalseAlertsADay,
}

impl Measure {
    pub(crate) fn words(self) -> String {
        match self {
            Self::RecallUnder(condition, evidence) => {
                format!("recall, {}, {}", condition.name(), evidence.name())
            }
            Self::Recall(evidence) => format!("recall, all conditions, {}", evidence.name()),
            Self::FalseAlertsADay => "false alerts a camera-day".to_owned(),
        }
    }
}
