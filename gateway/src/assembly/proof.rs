//! Everything that makes alerts provable: the evidence folder, its keys, its server.

use std::sync::Arc;

use anyhow::anyhow;
use detector::Manifest;
use ledger::Ledger;
use tracing::warn;
use url::Url;

use super::build;
use super::signing::signing_key;
use crate::analysis::{
    ClipMaker, ClipSettings, ClipWorker, MaskSearch, PrivacyZones, SnapshotMaker,
};
use crate::config::{self, Config};
use crate::evidence::{EvidenceStore, Limits, Originals};
use crate::exit::{self, Stopped};
use crate::handout::{EvidenceServer, HandoutSettings, Patience, Stock};
use crate::server_thread::ServerThread;
use crate::signature::SigningKey;

/// What makes clips, and its thread.
pub(super) type Clips = Option<(ClipMaker, ClipWorker)>;

/// What alerts are proved with.
pub(super) struct Proof {
    pub(super) store: Arc<EvidenceStore>,
    pub(super) signing: Arc<SigningKey>,
    pub(super) private: PrivacyZones,
    originals: Option<Arc<Originals>>,
    server: Option<EvidenceServer>,
    public_url: Url,
}

impl Proof {
    /// Opens the folder and keys, and claims the address where evidence is given out.
    pub(super) fn open(config: &Config) -> Result<Self, Stopped> {
        let evidence = &config.evidence;
        build::make_state_dir(&config.storage)?;
        let limits = Limits {
            max_bytes: evidence.max_bytes,
            min_free_bytes: evidence.min_free_bytes,
            keep_for: evidence.keep_for,
        };
        let store = EvidenceStore::open(&config.storage.evidence_folder(), limits)
            .map_err(|error| Stopped::new(exit::LEDGER, error))?;
        let refuse = |cause: anyhow::Error| Stopped::new(exit::CONFIG, cause);
        let originals = match evidence.keep_originals {
            true => Some(Originals::open_key(&config.storage.originals_key_file())),
            false => None,
        };
        let originals = originals.transpose().map_err(|e| refuse(e.into()))?.map(Arc::new);
        let signing = Arc::new(signing_key(config)?);
        let server = evidence.door.as_ref().map(|door| {
            EvidenceServer::bind(HandoutSettings {
                listen: door.listen,
                cert_file: door.cert_file.clone(),
                key_file: door.key_file.clone(),
                token_file: door.token_file.clone(),
                originals_token_file: door.originals_token_file.clone(),
                patience: Patience::default(),
            })
        });
        let server =
            server.transpose().map_err(|e| refuse(anyhow!("gateway.toml, [evidence]: {e}")))?;
        let public_url = match &evidence.door {
            Some(door) => door.public_url.clone(),
            None => config.http.public_url.clone(),
        };
        if server.is_none() && public_url.scheme() == "http" {
            warn!(
                "alerts name pictures at {public_url}, which only this machine can fetch: set \
                 evidence.listen in gateway.toml, with a certificate and tokens"
            );
        }
        let (store, private) = (Arc::new(store), PrivacyZones::default());
        Ok(Self { store, signing, private, originals, server, public_url })
    }

    /// Where clips are cut, if the configuration wants any.
    pub(super) fn clips(&self, config: &Config) -> Result<Clips, Stopped> {
        let Some(clip) = config.evidence.clip else { return Ok(None) };
        let config::Clip { before, after, ring_bytes } = clip;
        let settings = ClipSettings { before, after, ring_bytes };
        let clips = ClipMaker::open(settings, Arc::clone(&self.store));
        clips.map(Some).map_err(|error| Stopped::new(exit::FAULT, error))
    }

    /// Where pictures become evidence.
    pub(super) fn snapshots(&self, manifest: &Manifest) -> SnapshotMaker {
        let mask = MaskSearch::of(manifest);
        let searched = mask.searched();
        for (known, what) in [(searched.heads, "people"), (searched.plates, "vehicles")] {
            if !known {
                warn!(
                    model = manifest.name,
                    "the model knows no {what}: theirs stays readable in pictures, and alerts say \
                     so"
                );
            }
        }
        SnapshotMaker {
            mask,
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
