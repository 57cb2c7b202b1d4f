//! The way to the case system beside the broker, if there is one.

use std::sync::Arc;

use ledger::{Ledger, Remedy};

use crate::config::Config;
use crate::evidence::EvidenceStore;
use crate::exit::{self, Stopped};
use crate::northbound::egova::{Egova, EgovaHandle};
use delivery::Inbox;

/// Starts the adapter that `config` asks for. Whether anybody answers is not waited for.
pub(super) fn start(
    config: &Config,
    ledger: &Ledger,
    evidence: &Arc<EvidenceStore>,
    inbox: Box<dyn Inbox>,
) -> Result<Option<EgovaHandle>, Stopped> {
    let Some(settings) = &config.egova else {
        return match Egova::retire(ledger) {
            Err(fault) if fault.remedy() != Remedy::Retry => Err(Stopped::new(exit::LEDGER, fault)),
            // A full disk: the next start tries again.
            _ => Ok(None),
        };
    };
    let started = Egova::spawn(settings.clone(), ledger.clone(), Arc::clone(evidence), inbox);
    started.map(Some).map_err(|error| Stopped::new(exit::FAULT, error))
}
