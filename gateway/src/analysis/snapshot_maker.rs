//! Makes the JPEG snapshots of alerts: a camera's picture searched, masked, encoded and kept on disk.

use std::sync::Arc;

use eye::{Shot, ShotRequest};
use incident::alert::{Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masked, Masking};
use rule::Slug;
use scene::CaptureTime;
use tracing::error;
use url::Url;

use super::eyes::{EyeGone, HeldPicture, ShowError};
use super::privacy_zones::PrivacyZones;
use crate::evidence::{Caption, EvidenceStore, FileKind, OriginalError, Originals, StoreError};
use runtime::metrics;
use runtime::utc_now;

/// Makes snapshots.
pub(crate) struct SnapshotMaker {
    /// Where files are kept.
    pub(crate) store: Arc<EvidenceStore>,
    /// Seals pictures as the camera took them; `None`: they are not kept.
    pub(crate) originals: Option<Arc<Originals>>,
    /// Under which files are served; ends with `/`.
    pub(crate) public_url: Url,
    /// What nobody may look into.
    pub(crate) private: PrivacyZones,
}

/// A masked picture that is not kept yet.
pub(crate) struct TakenPicture {
    camera: String,
    captured_at: CaptureTime,
    jpeg: Vec<u8>,
    masked: Masked,
    /// As the camera took it, if such pictures are kept.
    original: Option<Vec<u8>>,
    size_px: (u32, u32),
}

/// What a snapshot is made of.
struct View<'a> {
    camera: &'a str,
    captured_at: CaptureTime,
    boxes: &'a [scene::BoundingBox],
}

/// Why an alert goes without its picture.
#[derive(Debug, thiserror::Error)]
enum SnapshotMakerError {
    #[error(transparent)]
    Show(#[from] ShowError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Id(#[from] rule::SlugError),
}

impl SnapshotMaker {
    /// The picture that shows what `alert` says, if there is something to see. An alert without a
    /// picture is worth more than no alert, so failures are logged and counted, and the alert goes on.
    ///
    /// # Errors
    /// The eye that held the picture is gone.
    pub(crate) fn evidence_of(
        &self,
        alert: &Alert,
        captured_at: CaptureTime,
        held: &mut HeldPicture<'_>,
    ) -> Result<Option<Evidence>, EyeGone> {
        let (word, role) = match alert.action {
            Action::Open => ("report", EvidenceRole::Report),
            Action::Update => ("update", EvidenceRole::Update),
            Action::Verify => ("verify", EvidenceRole::Verify),
            Action::Clear | Action::Close(_) => return Ok(None),
        };
        let boxes: Vec<_> =
            alert.detection.finding.subjects.iter().map(|subject| subject.bbox).collect();
        let named = (format!("{word}-{}", alert.seq), role);
        let view = View { camera: alert.camera.camera_id.as_str(), captured_at, boxes: &boxes };
        match self.make(named, &view, held) {
            Ok(evidence) => Ok(Some(evidence)),
            Err(SnapshotMakerError::Show(ShowError::Gone(gone))) => Err(gone),
            Err(error) => {
                error!(%error, alert = %alert.alert_id, "alert goes without its picture");
                metrics::evidence_missing(alert.camera.camera_id.as_str());
                Ok(None)
            }
        }
    }

    /// Masks and keeps a picture of `camera` that somebody asked for.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn show(
        &self,
        camera: &str,
        captured_at: CaptureTime,
        held: &mut HeldPicture<'_>,
    ) -> Result<Evidence, String> {
        let named = ("snapshot".to_owned(), EvidenceRole::Update);
        let view = View { camera, captured_at, boxes: &[] };
        self.make(named, &view, held).map_err(|error| error.to_string())
    }

    /// Masks a picture of `camera`, with these boxes drawn in. [`SnapshotMaker::keep`] may keep it later.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn take(
        &self,
        (camera, captured_at): (&str, CaptureTime),
        boxes: &[scene::BoundingBox],
        held: &mut HeldPicture<'_>,
    ) -> Result<TakenPicture, String> {
        let view = View { camera, captured_at, boxes };
        self.shoot(&view, held).map_err(|error| error.to_string())
    }

    /// Keeps a picture that was taken.
    ///
    /// # Errors
    /// Why it is not kept, in words.
    pub(crate) fn keep(&self, taken: &TakenPicture) -> Result<Evidence, String> {
        let named = ("snapshot".to_owned(), EvidenceRole::Update);
        self.store(named, taken).map_err(|error| error.to_string())
    }

    fn make(
        &self,
        named: (String, EvidenceRole),
        view: &View<'_>,
        held: &mut HeldPicture<'_>,
    ) -> Result<Evidence, SnapshotMakerError> {
        let taken = self.shoot(view, held)?;
        self.store(named, &taken)
    }

    fn shoot(
        &self,
        view: &View<'_>,
        held: &mut HeldPicture<'_>,
    ) -> Result<TakenPicture, SnapshotMakerError> {
        let View { camera, captured_at, boxes } = *view;
        let zones = self.private.of(camera);
        // An original would show what the zones hide.
        let with_original = self.originals.is_some() && zones.is_empty();
        let shot = held.show(ShotRequest::new(boxes, &zones, with_original))?;
        let Shot { jpeg, masked, original, size_px, took } = shot;
        let masked = Masked {
            faces: masking(masked.faces),
            plates: masking(masked.plates),
            zones: masked.zones,
        };
        let found = |masking| masking == Masking::Blurred;
        metrics::evidence_masked(found(masked.faces), found(masked.plates), took);
        let camera = camera.to_owned();
        Ok(TakenPicture { camera, captured_at, jpeg, masked, original, size_px })
    }

    fn store(
        &self,
        (id, role): (String, EvidenceRole),
        taken: &TakenPicture,
    ) -> Result<Evidence, SnapshotMakerError> {
        let TakenPicture { camera, captured_at, jpeg, masked, original, size_px } = taken;
        let (width_px, height_px) = *size_px;
        let stored = self.store.put(FileKind::Picture, jpeg, utc_now())?;
        let caption = Caption { camera: camera.clone(), captured_at: *captured_at };
        self.store.note_caption(&stored.sha256, caption);
        let uri = self.public_url.join(&format!("evidence/{}.jpg", stored.sha256));
        let original_held =
            original.as_ref().is_some_and(|it| self.hold_original(it, &stored.sha256));
        Ok(Evidence {
            id: Slug::new(&id)?,
            role,
            kind: EvidenceKind::Snapshot,
            uri: uri.map(String::from).ok(),
            mime: "image/jpeg".to_owned(),
            sha256: stored.sha256,
            size_bytes: stored.bytes,
            width_px,
            height_px,
            captured_at: *captured_at,
            masked: *masked,
            expires_at: Some(stored.expires_at),
            original_held,
        })
    }

    /// Keeps the picture as the camera took it; answers whether that worked. The masked picture is
    /// kept either way.
    fn hold_original(&self, jpeg: &[u8], sha256: &str) -> bool {
        let Some(originals) = &self.originals else { return false };
        let seal = || -> Result<(), OriginalNotKeptError> {
            let sealed = originals.seal(jpeg, sha256)?;
            self.store.put_as(FileKind::Sealed, sha256, &sealed, utc_now())?;
            Ok(())
        };
        seal().inspect_err(|error| error!(%error, sha256, "original not kept")).is_ok()
    }
}

/// What an eye did, in the words of alerts.
fn masking(done: eye::Masking) -> Masking {
    match done {
        eye::Masking::NotSearched => Masking::NotMasked,
        eye::Masking::Blurred => Masking::Blurred,
        eye::Masking::NoneFound => Masking::NoneFound,
    }
}

/// Why the picture as the camera took it is not kept.
#[derive(Debug, thiserror::Error)]
enum OriginalNotKeptError {
    #[error(transparent)]
    Seal(#[from] OriginalError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
