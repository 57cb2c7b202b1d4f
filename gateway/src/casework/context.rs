//! What the inbox and the worker of cases have in common.

use std::sync::Arc;

use incident::alert::topic::Topics;
use incident::casefile::StageNames;
use ledger::Ledger;

/// Where cases are kept and answered.
#[derive(Clone)]
pub struct CaseContext {
    /// Where cases are kept.
    pub ledger: Ledger,
    /// The addresses of this gateway.
    pub topics: Topics,
    /// What the city calls the stages of a case.
    pub stage_names: Arc<StageNames>,
    /// How much room what the centre sends may take in the ledger.
    pub desk_max_bytes: u64,
}
