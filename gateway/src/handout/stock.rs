//! What is given out.

use std::sync::Arc;

use ledger::Ledger;

use crate::evidence::{EvidenceStore, Originals};

/// What is given out, and where that is written down.
#[derive(Clone)]
pub(crate) struct Stock {
    /// The files.
    pub(crate) evidence: Arc<EvidenceStore>,
    /// Pictures as the camera took them, if they are kept.
    pub(crate) originals: Option<Arc<Originals>>,
    /// Where access is written down.
    pub(crate) ledger: Ledger,
}
