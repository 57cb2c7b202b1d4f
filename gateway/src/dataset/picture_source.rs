//! Where the pictures of alerts lie: the evidence folder and the folder of labels.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::sample::Sample;
use super::tally::LeftOut;
use crate::evidence::{EvidenceStore, FileKind, Originals};

/// Reads pictures of alerts while a gateway keeps them.
pub(crate) struct PictureSource {
    /// Everything of the last weeks, masked and sealed.
    pub(crate) evidence: PathBuf,
    /// Masked pictures of labels, which stay for longer.
    pub(crate) labels: PathBuf,
    /// Opens the pictures that are not masked; none: they are not wanted.
    pub(crate) originals: Option<Originals>,
}

/// A picture of an alert.
pub(super) struct FoundPicture {
    pub(super) jpeg: Vec<u8>,
    /// As the camera took it.
    pub(super) is_original: bool,
}

impl PictureSource {
    /// The picture as the camera took it, if originals are wanted and this one can be opened; else
    /// the masked one.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn find(&self, alert: Uuid, sample: &Sample) -> Result<FoundPicture, LeftOut> {
        if let Some(jpeg) = self.original(&sample.sha256) {
            return Ok(FoundPicture { jpeg, is_original: true });
        }
        let is_original = !sample.is_masked;
        if is_original && self.originals.is_none() {
            return Err(LeftOut::NotMasked);
        }
        let of_label = self.labels.join(alert.to_string());
        let jpeg = match kept(&self.evidence, &sample.sha256) {
            Ok(jpeg) => jpeg,
            Err(why) => kept(&of_label, &sample.sha256).map_err(|other| why.max(other))?,
        };
        Ok(FoundPicture { jpeg, is_original })
    }

    fn original(&self, sha256: &str) -> Option<Vec<u8>> {
        let originals = self.originals.as_ref()?;
        let sealed = EvidenceStore::find_in(&self.evidence, FileKind::Sealed, sha256)?;
        originals.open(&filing::read(&sealed).ok()?, sha256).ok()
    }
}

/// The masked picture in `folder`, if it is as it was when the alert named it.
fn kept(folder: &Path, sha256: &str) -> Result<Vec<u8>, LeftOut> {
    let path = EvidenceStore::find_in(folder, FileKind::Picture, sha256).ok_or(LeftOut::Gone)?;
    let jpeg = filing::read(&path).map_err(|error| match error.kind() {
        // It expired between two looks.
        io::ErrorKind::NotFound => LeftOut::Gone,
        _ => LeftOut::Damaged,
    })?;
    let is_whole = hex::encode(Sha256::digest(&jpeg)) == sha256;
    is_whole.then_some(jpeg).ok_or(LeftOut::Damaged)
}
