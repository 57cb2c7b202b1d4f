//! What alerts are proved with: the evidence folder, its keys, and the server that gives it out.

use std::sync::Arc;

use anyhow::anyhow;
use ledger::Ledger;
use tracing::warn;
use url::Url;

use super::sealing::sealing_key;
use super::signing::signing_key;
use super::storage::make_state_dir;
use crate::analysis::{ClipMaker, ClipWorker, EyeDesk, PrivacyZones, SnapshotMaker, ZoneFiles};
use crate::config::Config;
use crate::evidence::{ClipStore, EvidenceStore, Originals};
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
    seal: Arc<Originals>,
    keeps_originals: bool,
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
        let seal = Arc::new(sealing_key(config)?);
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
        let keeps_originals = evidence.keep_originals;
        let parts = Self { store, signing, private, seal, keeps_originals, server, public_url };
        parts.seal_old_clips()?;
        Ok(parts)
    }

    /// Where clips are kept.
    fn clip_store(&self) -> ClipStore {
        ClipStore::new(Arc::clone(&self.store), Arc::clone(&self.seal))
    }

    /// Seals what an earlier version left unencrypted, on a thread of its own: it may be gigabytes.
    fn seal_old_clips(&self) -> Result<(), Stopped> {
        let clips = self.clip_store();
        let thread = std::thread::Builder::new().name("sealing".to_owned());
        let sealing = thread.spawn(move || clips.seal_plain());
        sealing.map(drop).map_err(|error| Stopped::new(exit::FAULT, error))
    }

    /// Where clips are ordered, if the configuration wants any.
    pub(super) fn clips(&self, config: &Config, desk: &EyeDesk) -> Result<Clips, Stopped> {
        let Some(settings) = config.evidence.clips else { return Ok(None) };
        let clips = ClipMaker::open(settings, desk.clone(), self.clip_store());
        clips.map(Some).map_err(|error| Stopped::new(exit::FAULT, error))
    }

    /// Where it is kept how zones look: sealed, and without what is private.
    pub(super) fn zones(&self, config: &Config) -> Result<ZoneFiles, Stopped> {
        let (seal, private) = (Arc::clone(&self.seal), self.private.clone());
        let zones = ZoneFiles::open(config.storage.zone_folder(), seal, private);
        zones.map_err(|error| Stopped::new(exit::LEDGER, error))
    }

    /// What makes snapshots.
    pub(super) fn snapshots(&self) -> SnapshotMaker {
        SnapshotMaker {
            store: Arc::clone(&self.store),
            originals: self.keeps_originals.then(|| Arc::clone(&self.seal)),
            public_url: self.public_url.clone(),
            private: self.private.clone(),
        }
    }

    /// Gives evidence out from now on, if the configuration wants that.
    pub(super) fn hand_out(&mut self, ledger: &Ledger) -> Result<Option<ServerThread>, Stopped> {
        let Some(server) = self.server.take() else { return Ok(None) };
        let stock = Stock {
            evidence: Arc::clone(&self.store),
            clips: self.clip_store(),
            originals: Arc::clone(&self.seal),
            ledger: ledger.clone(),
        };
        let serving = server.serve(stock).map_err(|error| Stopped::new(exit::FAULT, error))?;
        Ok(Some(serving))
    }
}
