//! The pictures and clips that prove an alert.

use std::time::Duration;

use rule::Slug;
use scene::CaptureTime;

/// A picture or clip that proves an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Unique within the alert.
    pub id: Slug,
    /// What it shows.
    pub role: EvidenceRole,
    /// A picture or a clip.
    pub kind: EvidenceKind,
    /// Where it can be fetched, if anywhere.
    pub uri: Option<String>,
    /// Media type, e.g. `image/jpeg`.
    pub mime: String,
    /// SHA-256 of the file, 64 hex digits.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Size of the picture in pixels.
    pub width_px: u32,
    /// Size of the picture in pixels.
    pub height_px: u32,
    /// When it was taken; for a clip, its first picture.
    pub captured_at: CaptureTime,
    /// What of it was made unreadable.
    pub masked: Masked,
    /// When the gateway deletes it, if that is known.
    pub expires_at: Option<CaptureTime>,
    /// The gateway also keeps the picture without masks.
    pub original_held: bool,
}

/// What kind of file proves an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceKind {
    /// One picture.
    Snapshot,
    /// A video.
    Clip {
        /// From the first picture to the last.
        duration: Duration,
    },
}

/// What an evidence picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceRole {
    /// The incident as first reported (上报).
    Report,
    /// The incident later on.
    Update,
    /// Its place during a re-check (核查).
    Verify,
}

/// What was made unreadable before evidence may leave the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked {
    /// Faces, with the heads around them.
    pub faces: Masking,
    /// Number plates.
    pub plates: Masking,
    /// The camera's privacy zones were filled.
    pub zones: bool,
}

/// What became of one kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Masking {
    /// Nobody looked for any: the picture is as the camera took it.
    NotMasked,
    /// All that was found is unreadable.
    Blurred,
    /// Looked for, and none found. What the detector misses is not masked.
    NoneFound,
}

impl Masked {
    /// Nothing was masked: the picture is as the camera took it.
    pub const NOTHING: Self =
        Self { faces: Masking::NotMasked, plates: Masking::NotMasked, zones: false };

    /// Whether faces and plates were looked for, and all that was found is unreadable.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.faces != Masking::NotMasked && self.plates != Masking::NotMasked
    }
}
