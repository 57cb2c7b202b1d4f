//! What alerts are proved with: the evidence folder, its keys, and the server that gives it out.

use std::sync::Arc;

use anyhow::anyhow;
use ledger::Ledger;
use tracing::warn;
use url::Url;

use super::signing::signing_key;
use super::storage::make_state_dir;
use crate::analysis::{ClipMaker, ClipWorker, EyeDesk, PrivacyZones, SnapshotMaker};
use crate::config::Config;
use crate::evidence::{EvidenceStore, Originals};
use crate::exit::{self, Stopped};
use crate::handout::{EvidenceServer, Stock};
use crate::server_thread::ServerThread;
use signature::SigningKey;

/// What makes clips, and its thread.
pub(super) type Clips = Option<(ClipMaker, ClipWorker)>;

/// What alerts are proved with.
pub(super) struct EvidenceParts {
    pub(super) store: Arc<EvidenceStore>,
    pub(super) signing: Arc<SigningKey>,
    pub(super) private: PrivacyZones,
    originals: Option<Arc<Originals>>,
    server: Option<EvidenceServer>,
    public_url: Url,
}

impl EvidenceParts {
    /// Opens the folder and keys, and claims the address where evidence is given out.
    pub(super) fn open(config: &Config) -> Result<Self, Stopped> {
        let evidence = &config.evidence;
        make_state_dir(&config.storage)?;
        let store = EvidenceStore::open(&config.storage.evidence_folder(), evidence.limits)
            .map_err(|error| Stopped::new(exit::LEDGER, error))?;
        let refuse = |cause: anyhow::Error| Stopped::new(exit::CONFIG, cause);
        let originals = match evidence.keep_originals {
            true => Some(Originals::open_key(&config.storage.originals_key_file())),
            false => None,
        };
        let originals = originals.transpose().map_err(|e| refuse(e.into()))?.map(Arc::new);
        let signing = Arc::new(signing_key(config)?);
        let handout = evidence.handout.as_ref().map(|it| EvidenceServer::bind(it.settings.clone()));
        let server =
            handout.transpose().map_err(|e| refuse(anyhow!("gateway.toml, [evidence]: {e}")))?;
        let public_url = config.evidence_url().clone();
        if server.is_none() && public_url.scheme() == "http" {
            warn!(
                "alerts name pictures at {public_url}, which only this machine can fetch: set \
                 evidence.listen in gateway.toml, with a certificate and tokens"
            );
        }
        let (store, private) = (Arc::new(store), PrivacyZones::default());
        Ok(Self { store, signing, private, originals, server, public_url })
    }

    /// Where clips are ordered, if the configuration wants any.
    pub(super) fn clips(&self, config: &Config, desk: &EyeDesk) -> Result<Clips, Stopped> {
        let Some(settings) = config.evidence.clips else { return Ok(None) };
        let clips = ClipMaker::open(settings, desk.clone(), Arc::clone(&self.store));
        clips.map(Some).map_err(|error| Stopped::new(exit::FAULT, error))
    }

    /// What makes snapshots.
    pub(super) fn snapshots(&self) -> SnapshotMaker {
        SnapshotMaker {
            store: Arc::clone(&self.store),
            originals: self.originals.clone(),
            public_url: self.public_url.clone(),
            private: self.private.clone(),
        }
    }

    /// Gives evidence out from now on, if the configuration wants that.
    pub(super) fn hand_out(&mut self, ledger: &Ledger) -> Result<Option<ServerThread>, Stopped> {
        let Some(server) = self.server.take() else { return Ok(None) };
        let stock = Stock {
            evidence: Arc::clone(&self.store),
            originals: self.originals.clone(),
            ledger: ledger.clone(),
        };
        let serving = server.serve(stock).map_err(|error| Stopped::new(exit::FAULT, error))?;
        Ok(Some(serving))
    }
}
