//! The events that a case system reports, and the steps of a city's flow.

use serde::{Deserialize, Serialize};

/// One event in the life of a case, as `cg.case/1` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the field's own; the schema explains them")]
pub enum Event {
    Received,
    Accepted,
    Rejected,
    FalseAlarm,
    Merged,
    Dispatched,
    Signed,
    Handling,
    Returned,
    Postponed,
    Whistle,
    Handled,
    VerifyRequest,
    Closed,
    Reopened,
    Cancelled,
    Press,
    Supervise,
    EvidenceRequest,
    Evaluated,
}

impl Event {
    /// Whether a case reports it only if the city's flow has it. Every other event can happen in any
    /// flow.
    #[must_use]
    pub fn is_optional(self) -> bool {
        matches!(
            self,
            Self::Received
                | Self::Accepted
                | Self::Dispatched
                | Self::Signed
                | Self::Handling
                | Self::Handled
                | Self::VerifyRequest
                | Self::Evaluated
        )
    }
}

/// One step of a city's flow, such as 指挥派遣.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its local name.
    pub name: String,
    /// The events that belong to it. Empty: the step is the gateway's alert itself.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// The steps of a city, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    steps: Vec<Step>,
}

/// Why steps do not make a flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// An event belongs to two steps.
    #[error("`{event:?}` belongs to two steps, `{first}` and `{second}`: write it in one")]
    Twice {
        /// The event.
        event: Event,
        /// One step.
        first: String,
        /// The other step.
        second: String,
    },
    /// Cases would never end.
    #[error("no step has `closed`: a case that is never closed keeps its alert open for ever")]
    Endless,
    /// No gateway would ever be asked for a re-check.
    #[error("no step has `handled` or `verify_request`: no gateway would be asked to look again")]
    Unverified,
}

impl Flow {
    /// Checks the steps.
    ///
    /// # Errors
    /// Why these steps do not make a flow.
    pub fn new(steps: Vec<Step>) -> Result<Self, FlowError> {
        let flow = Self { steps };
        for (index, step) in flow.steps.iter().enumerate() {
            for event in &step.events {
                let earlier = flow.steps.iter().take(index);
                if let Some(first) = earlier.rev().find(|other| other.events.contains(event)) {
                    let (first, second) = (first.name.clone(), step.name.clone());
                    return Err(FlowError::Twice { event: *event, first, second });
                }
            }
        }
        if flow.step_of(Event::Closed).is_none() {
            return Err(FlowError::Endless);
        }
        if !flow.has(Event::Handled) && !flow.has(Event::VerifyRequest) {
            return Err(FlowError::Unverified);
        }
        Ok(flow)
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether a case of this city reports `event`.
    #[must_use]
    pub fn has(&self, event: Event) -> bool {
        !event.is_optional() || self.step_of(event).is_some()
    }

    /// The local name of the step that `event` belongs to, if it belongs to one.
    #[must_use]
    pub fn step_of(&self, event: Event) -> Option<&str> {
        let step = self.steps.iter().find(|step| step.events.contains(&event));
        step.map(|step| step.name.as_str())
    }
}
