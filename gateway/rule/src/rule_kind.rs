//! The settings of one rule, whatever its kind.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::kind_settings::KindSettings;

/// The settings of one rule, whatever its kind. What they say is behind [`KindSettings`].
#[derive(Clone)]
pub struct RuleKind(Arc<dyn Comparable>);

/// Settings that can be compared with those of any kind.
trait Comparable: KindSettings {
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<S: KindSettings + PartialEq> Comparable for S {
    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref() == Some(self)
    }
}

impl RuleKind {
    /// Its settings, if it is of the kind that has such settings.
    #[must_use]
    pub fn settings<S: KindSettings>(&self) -> Option<&S> {
        let settings: &dyn Any = &*self.0;
        settings.downcast_ref()
    }
}

impl<S: KindSettings + PartialEq> From<S> for RuleKind {
    fn from(settings: S) -> Self {
        Self(Arc::new(settings))
    }
}

impl Deref for RuleKind {
    type Target = dyn KindSettings;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for RuleKind {
    fn eq(&self, other: &Self) -> bool {
        let other: &dyn Any = &*other.0;
        self.0.equals(other)
    }
}

impl fmt::Debug for RuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
