//! What the settings of every kind of rule can say.

use std::any::Any;
use std::fmt::Debug;
use std::time::Duration;

use scene::{Class, Thresholds, is_of_second_look};

use crate::ranges::Fault;
use crate::rule::Rule;
use crate::sought::Sought;
use crate::zone::Zone;

/// The settings of one kind of rule.
pub trait KindSettings: Any + Debug + Send + Sync {
    /// The first setting out of range and what was expected of it.
    fn fault(&self) -> Option<Fault>;

    /// The classes that the detector must look for.
    fn classes(&self) -> Wanted;

    /// Whether an object of this class can count for it.
    fn counts(&self, class: &Class) -> bool {
        self.classes().holds(class)
    }

    /// From which score on a detection counts for it; none if it judges no detections. The rule is
    /// only shown what counts.
    fn thresholds(&self) -> Option<&Thresholds>;

    /// Whether it must be shown what the picture looks like as a whole
    /// ([`scene::Observation::appearance`]), which costs time.
    fn needs_appearance(&self) -> bool {
        false
    }

    /// Whether it must be shown what newly stands in its zone, whatever it is
    /// ([`scene::Observation::standing`]), which costs time and memory.
    fn needs_standing(&self) -> bool {
        false
    }

    /// Whether it must be told where new cables hang ([`scene::Observation::cables`]), which costs time and
    /// memory.
    fn needs_cables(&self) -> bool {
        false
    }

    /// Whether what leaves its zone must be told for as long as it is gone. Else the place becomes a part of
    /// the empty zone.
    fn keeps_what_leaves(&self) -> bool {
        false
    }

    /// Whether its zone is a part of the ground, and not of a wall or of the picture as such.
    fn lies_on_ground(&self) -> bool;

    /// What a re-check looks for; none if no single picture can tell: then a person must look.
    fn sought(&self) -> Option<Sought>;

    /// The rule with no memory yet. `clear_after` is how long an open incident outlasts its cause.
    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule>;
}

/// The object classes that a rule must be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// These.
    Only(Vec<Class>),
    /// Whatever the model knows.
    All,
}

impl Wanted {
    /// Whether objects of this class are among them.
    #[must_use]
    pub fn holds(&self, class: &Class) -> bool {
        match self {
            Self::Only(classes) => classes.contains(class),
            Self::All => true,
        }
    }

    /// Whether the rule itself has this name for objects: not one of a second look, if it takes whatever the
    /// model knows.
    #[must_use]
    pub fn names(&self, class: &Class) -> bool {
        match self {
            Self::Only(classes) => classes.contains(class),
            Self::All => !is_of_second_look(class),
        }
    }
}
