//! Opens the inbox for cases and commands, and the worker that gives cameras and devices their orders.

use std::sync::Arc;

use anyhow::anyhow;
use ledger::Ledger;

use super::orders::Orders;
use crate::casework::{CaseContext, CaseInbox, CaseWorker, LabelStore};
use crate::config::Config;
use crate::evidence::EvidenceStore;
use crate::exit::{self, Stopped};

/// The inbox for what the broker, and a case system beside it, have to say.
pub(super) fn inbox(config: &Config, ledger: &Ledger) -> CaseInbox {
    CaseInbox::open(CaseContext {
        ledger: ledger.clone(),
        topics: config.gateway.topics.clone(),
        stage_names: Arc::new(config.casework.stage_names.clone()),
        desk_max_bytes: config.casework.desk_max_bytes,
    })
}

/// The worker for what `inbox` takes in, not started yet. `answered` is called when something waits
/// to be sent.
pub(super) fn worker(
    config: &Config,
    inbox: &CaseInbox,
    orders: Orders,
    evidence: &Arc<EvidenceStore>,
    answered: Arc<dyn Fn() + Send + Sync>,
) -> Result<CaseWorker, Stopped> {
    let folder = config.storage.label_folder();
    let max_bytes = config.casework.label_max_bytes;
    let observations = config.storage.observation_folder();
    let labels = LabelStore::open(folder.clone(), max_bytes, Arc::clone(evidence), observations);
    let labels = labels.map_err(|error| {
        let cause = anyhow!("cannot open the labels in {}: {error}", folder.display());
        Stopped::new(exit::LEDGER, cause)
    })?;
    Ok(CaseWorker::new(inbox, Box::new(orders), labels, answered))
}
