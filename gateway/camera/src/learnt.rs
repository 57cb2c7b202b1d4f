//! What the sessions with a camera have taught, in a form that outlives the process that learnt it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// No camera is left alone for longer, whatever it did.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_mins(40);

/// What earlier sessions have taught.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Learnt {
    /// The compatible client is taken: for how long already, and whether it has shown a picture.
    pub(crate) compatible: Option<(Duration, bool)>,
    /// How often in a row the camera refused us.
    pub(crate) refused: u32,
    /// How many sessions in a row did harm to others.
    pub(crate) harmful: u32,
    /// For how long the camera is to be left alone.
    pub(crate) pause: Duration,
}

impl Learnt {
    /// The same `later`.
    #[must_use]
    pub fn aged(self, later: Duration) -> Self {
        Self {
            compatible: self.compatible.map(|(since, shown)| (since.saturating_add(later), shown)),
            // Who learnt it may have fallen to a camera since.
            pause: self.pause.min(LONGEST_PAUSE).saturating_sub(later),
            ..self
        }
    }
}

/// What a session begins with, and who hears of what it learns. Cheap to clone.
#[derive(Clone, Default)]
pub struct SharedLearnt {
    pub(crate) before: Learnt,
    told: Option<Arc<dyn Fn(Learnt) + Send + Sync>>,
}

impl SharedLearnt {
    /// One that knows `before`. `told` hears of all that follows, on the thread of the session. It must
    /// not block.
    pub fn telling(before: Learnt, told: impl Fn(Learnt) + Send + Sync + 'static) -> Self {
        Self { before, told: Some(Arc::new(told)) }
    }

    pub(crate) fn tell(&self, learnt: Learnt) {
        if let Some(told) = &self.told {
            told(learnt);
        }
    }
}

impl fmt::Debug for SharedLearnt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedLearnt").field(&self.before).finish()
    }
}
