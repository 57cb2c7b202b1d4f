//! What became of something that a device told, for who remembers that it was told.

use crate::receipt::{Receipt, Settlement};

/// What became of it.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It waits to be judged and kept, or is lost since.
    Waits(Settlement),
    /// What follows from it is on disk, or nothing does.
    Kept,
}

impl Fate {
    /// Whether it is lost, and must be told again.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Waits(settlement) if settlement.is_lost())
    }

    /// Whether what the rules remember holds it.
    pub(crate) fn is_judged(&self) -> bool {
        match self {
            Self::Waits(settlement) => settlement.is_judged() || settlement.is_kept(),
            Self::Kept => true,
        }
    }

    /// A receipt for it; none if it is kept.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        match self {
            Self::Waits(settlement) => settlement.receipt(),
            Self::Kept => None,
        }
    }

    /// Lets go of what only somebody who waits needs.
    pub(crate) fn settle(&mut self) {
        if matches!(self, Self::Waits(settlement) if settlement.is_kept()) {
            *self = Self::Kept;
        }
    }
}
