//! The way to the case system beside the broker, if there is one.

use std::sync::Arc;

use ledger::{Ledger, Remedy};

use crate::config::{Config, TokenIn};
use crate::evidence::EvidenceStore;
use crate::exit::{self, Stopped};
use crate::northbound::{
    egova::Egova, egova::EgovaHandle, egova::EgovaSettings, egova::TokenPlace,
};
use delivery::Inbox;

/// Starts the adapter that `config` asks for. Whether anybody answers is not waited for.
pub(super) fn start(
    config: &Config,
    ledger: &Ledger,
    evidence: &Arc<EvidenceStore>,
    inbox: Box<dyn Inbox>,
) -> Result<Option<EgovaHandle>, Stopped> {
    let Some(egova) = &config.egova else {
        return match Egova::retire(ledger) {
            Err(fault) if fault.remedy() != Remedy::Retry => Err(Stopped::new(exit::LEDGER, fault)),
            // A full disk: the next start tries again.
            _ => Ok(None),
        };
    };
    let settings = EgovaSettings {
        url: egova.url.clone(),
        ca_file: egova.ca_file.clone(),
        sender_code: egova.sender_code.clone(),
        client_id: egova.client_id.clone(),
        client_secret_file: egova.client_secret_file.clone(),
        token_in: match egova.token_in {
            TokenIn::Query => TokenPlace::Query,
            TokenIn::Header => TokenPlace::Header,
        },
        poll: egova.poll,
        scheme: egova.scheme.clone(),
        source: egova.source.clone(),
        drills: egova.drills,
        report_within: egova.report_within,
        utc_offset: config.gateway.utc_offset,
        retry: EgovaSettings::RETRY,
        timeout: egova.timeout,
    };
    let started = Egova::spawn(settings, ledger.clone(), Arc::clone(evidence), inbox);
    started.map(Some).map_err(|error| Stopped::new(exit::FAULT, error))
}
