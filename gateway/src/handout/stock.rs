//! What is given out.

use std::sync::Arc;

use ledger::Ledger;

use crate::evidence::{ClipStore, EvidenceStore, Originals};

/// What is given out, and where that is written down.
#[derive(Clone)]
pub(crate) struct Stock {
    /// The files.
    pub(crate) evidence: Arc<EvidenceStore>,
    /// The clips among them.
    pub(crate) clips: ClipStore,
    /// Opens pictures as the camera took them, if any are kept.
    pub(crate) originals: Arc<Originals>,
    /// Where access is written down.
    pub(crate) ledger: Ledger,
}
