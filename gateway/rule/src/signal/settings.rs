//! The settings of one rule on signals, whatever its kind.

use std::any::Any;
use std::fmt::{self, Debug};
use std::ops::Deref;
use std::sync::Arc;

use scene::Signal;

use super::checkpoint::CheckpointFacts;
use super::judge::Judge;
use crate::ranges::Fault;

/// What the settings of every kind of rule on signals can say.
pub trait SignalSettings: Any + Debug + Send + Sync {
    /// The kind's name in configuration, and the tag of what its rules remember.
    fn name(&self) -> &'static str;

    /// The first setting out of range and what was expected of it.
    fn fault(&self) -> Option<Fault>;

    /// Whether a signal is one that the rule judges: a point that sends such signals has the rule.
    fn concerns(&self, signal: &Signal) -> bool;

    /// Whether a rule without a point judges the device as a whole, and not each of its points.
    fn is_of_device(&self) -> bool {
        false
    }

    /// Whether there is something that lasts and can be checked again by readings. Else a person
    /// must check.
    fn has_scene(&self) -> bool {
        true
    }

    /// Whether it can conclude nothing while the device is silent.
    fn needs_device(&self) -> bool {
        true
    }

    /// The same settings at this checkpoint; none if the kind judges devices, not checkpoints.
    fn at_checkpoint(&self, facts: &CheckpointFacts) -> Option<SignalRuleKind> {
        let _ = facts;
        None
    }

    /// The kind's own part of the rule, with no memory yet.
    fn judge(&self) -> Box<dyn Judge>;
}

/// The settings of one rule on signals, whatever its kind. What they say is behind
/// [`SignalSettings`].
#[derive(Clone)]
pub struct SignalRuleKind(Arc<dyn Comparable>);

/// Settings that can be compared with those of any kind.
trait Comparable: SignalSettings {
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<S: SignalSettings + PartialEq> Comparable for S {
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

impl<S: SignalSettings + PartialEq> From<S> for SignalRuleKind {
    fn from(settings: S) -> Self {
        Self(Arc::new(settings))
    }
}

impl Deref for SignalRuleKind {
    type Target = dyn SignalSettings;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for SignalRuleKind {
    fn eq(&self, other: &Self) -> bool {
        let other: &dyn Any = &*other.0;
        self.0.equals(other)
    }
}

impl Debug for SignalRuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
