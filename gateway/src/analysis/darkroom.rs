//! From a camera's picture to evidence that may leave: searched, masked, encoded, kept on disk.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use incident::alert::{Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masking};
use rule::Slug;
use scene::Polygon;
use tracing::error;
use url::Url;

use super::camera_shot::{CameraShot, Frame, MaskSearch, ShotError};
use super::line::Bench;
use crate::evidence::{EvidenceStore, FileKind, OriginalError, Originals, StoreError};
use camera::Picture;
use runtime::metrics;
use runtime::utc_now;

/// Makes evidence of pictures.
pub(crate) struct Darkroom {
    /// What must be masked.
    pub(crate) mask: MaskSearch,
    /// Where files are kept.
    pub(crate) store: Arc<EvidenceStore>,
    /// Seals pictures as the camera took them; `None`: they are not kept.
    pub(crate) originals: Option<Arc<Originals>>,
    /// Under which files are served; ends with `/`.
    pub(crate) public_url: Url,
    /// What nobody may look into.
    pub(crate) private: PrivateViews,
}

/// The privacy zones of all cameras, as configured now. Cheap to clone: all clones are one list.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrivateViews(Arc<RwLock<BTreeMap<String, Vec<Polygon>>>>);

impl PrivateViews {
    /// Sets a camera's zones, in place of those it had.
    pub(crate) fn set(&self, camera: &str, zones: Vec<Polygon>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(camera.to_owned(), zones);
    }

    fn of(&self, camera: &str) -> Vec<Polygon> {
        let zones = self.0.read().unwrap_or_else(PoisonError::into_inner);
        zones.get(camera).cloned().unwrap_or_default()
    }
}

/// What is to become evidence.
struct View<'a> {
    camera: &'a str,
    picture: &'a Picture,
    boxes: &'a [scene::BoundingBox],
}

/// Why an alert goes without its picture.
#[derive(Debug, thiserror::Error)]
enum NoPicture {
    #[error(transparent)]
    Shot(#[from] ShotError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Id(#[from] rule::SlugError),
}

impl Darkroom {
    /// The picture that shows what `alert` tells, if it tells of something to be seen. An alert
    /// without a picture is worth more than none, so failures are logged, counted and passed over.
    pub(crate) fn evidence_of(
        &self,
        alert: &Alert,
        picture: &Picture,
        bench: &mut Bench,
    ) -> Option<Evidence> {
        let (word, role) = match alert.action {
            Action::Open => ("report", EvidenceRole::Report),
            Action::Update => ("update", EvidenceRole::Update),
            Action::Verify => ("verify", EvidenceRole::Verify),
            Action::Clear | Action::Close(_) => return None,
        };
        let boxes: Vec<_> =
            alert.detection.finding.subjects.iter().map(|subject| subject.bbox).collect();
        let named = (format!("{word}-{}", alert.seq), role);
        let view = View { camera: alert.camera.camera_id.as_str(), picture, boxes: &boxes };
        self.develop(named, &view, bench)
            .inspect_err(|error| {
                error!(%error, alert = %alert.alert_id, "alert goes without its picture");
                metrics::evidence_missing(alert.camera.camera_id.as_str());
            })
            .ok()
    }

    /// Masks and keeps a picture of `camera` that somebody asked for.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn show(
        &self,
        camera: &str,
        picture: &Picture,
        bench: &mut Bench,
    ) -> Result<Evidence, String> {
        let named = ("snapshot".to_owned(), EvidenceRole::Update);
        let view = View { camera, picture, boxes: &[] };
        self.develop(named, &view, bench).map_err(|error| error.to_string())
    }

    fn develop(
        &self,
        (id, role): (String, EvidenceRole),
        view: &View<'_>,
        bench: &mut Bench,
    ) -> Result<Evidence, NoPicture> {
        let started = Instant::now();
        let View { camera, picture, boxes } = *view;
        let zones = self.private.of(camera);
        // An original would show what the zones hide.
        let with_original = self.originals.is_some() && zones.is_empty();
        let frame = Frame { boxes, zones, with_original };
        let shot = self.mask.take(picture, frame, bench)?;
        let CameraShot { jpeg, masked, original } = shot;
        let found = |masking| masking == Masking::Blurred;
        metrics::evidence_masked(found(masked.faces), found(masked.plates), started.elapsed());
        let stored = self.store.put(FileKind::Picture, &jpeg, utc_now())?;
        let uri = self.public_url.join(&format!("evidence/{}.jpg", stored.sha256));
        let original_held =
            original.is_some_and(|original| self.hold_original(&original, &stored.sha256));
        Ok(Evidence {
            id: Slug::new(&id)?,
            role,
            kind: EvidenceKind::Snapshot,
            uri: uri.map(String::from).ok(),
            mime: "image/jpeg".to_owned(),
            sha256: stored.sha256,
            size_bytes: stored.bytes,
            width_px: picture.width(),
            height_px: picture.height(),
            captured_at: picture.captured_at,
            masked,
            expires_at: Some(stored.expires_at),
            original_held,
        })
    }

    /// Whether it is kept now. The masked picture does not wait for it.
    fn hold_original(&self, jpeg: &[u8], sha256: &str) -> bool {
        let Some(originals) = &self.originals else { return false };
        let seal = || -> Result<(), NotHeld> {
            let sealed = originals.seal(jpeg, sha256)?;
            self.store.put_as(FileKind::Sealed, sha256, &sealed, utc_now())?;
            Ok(())
        };
        seal().inspect_err(|error| error!(%error, sha256, "original not kept")).is_ok()
    }
}

#[derive(Debug, thiserror::Error)]
enum NotHeld {
    #[error(transparent)]
    Seal(#[from] OriginalError),
    #[error(transparent)]
    Store(#[from] StoreError),
}
