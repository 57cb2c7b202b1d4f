//! Tells what the thread of a session gives another thread to read, and how that one gets on with it.

use std::fmt;
use std::sync::Arc;

/// What becomes of a thread that reads what a camera sends, beside the session's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderStep {
    /// It begins, or comes back for more after something was handed over. Told on that thread.
    GoesOn,
    /// Its session is over: it is to end within a moment. Told by the session.
    MustEnd,
}

/// Who hears of one such thread. What it holds is let go when both thread and session have ended.
pub type ReaderWatch = Arc<dyn Fn(ReaderStep) + Send + Sync>;

/// Who hears of it. Cheap to clone.
#[derive(Clone, Default)]
pub struct HandOver(Option<Watches>);

#[derive(Clone)]
struct Watches {
    told: Arc<dyn Fn() + Send + Sync>,
    watch: Arc<dyn Fn() -> Option<ReaderWatch> + Send + Sync>,
}

impl HandOver {
    /// Calls `told` before bytes of the camera go to such a thread, on the thread of the session. It must
    /// not block. `watch` gives each such thread somebody who hears of it; nobody if there are too many.
    pub fn telling(
        told: impl Fn() + Send + Sync + 'static,
        watch: impl Fn() -> Option<ReaderWatch> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Watches { told: Arc::new(told), watch: Arc::new(watch) }))
    }

    pub(crate) fn tell(&self) {
        if let Some(Watches { told, .. }) = &self.0 {
            told();
        }
    }

    /// Who hears of a thread that is about to begin; none if there are too many.
    pub(crate) fn watch(&self) -> Option<ReaderWatch> {
        match &self.0 {
            Some(Watches { watch, .. }) => watch(),
            None => Some(Arc::new(|_| {})),
        }
    }
}

impl fmt::Debug for HandOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HandOver").field(&self.0.is_some()).finish()
    }
}
