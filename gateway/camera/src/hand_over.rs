//! Tells when a camera's bytes go to a thread that is not the session's own.

use std::fmt;
use std::sync::Arc;

/// Who hears of it. Cheap to clone.
#[derive(Clone, Default)]
pub struct HandOver(Option<Arc<dyn Fn() + Send + Sync>>);

impl HandOver {
    /// Calls `told` before such bytes go, on the thread of the session. It must not block.
    pub fn telling(told: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    pub(crate) fn tell(&self) {
        if let Some(told) = &self.0 {
            told();
        }
    }
}

impl fmt::Debug for HandOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HandOver").field(&self.0.is_some()).finish()
    }
}
