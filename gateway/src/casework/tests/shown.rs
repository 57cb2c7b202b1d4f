//! The picture that the camera of these tests shows.

use incident::alert::{Evidence, EvidenceKind, EvidenceRole, Masked};
use rule::Slug;
use scene::CaptureTime;

/// It is kept nowhere, and nothing of it is masked.
pub(super) fn picture() -> Evidence {
    Evidence {
        id: Slug::new("snapshot").unwrap(),
        role: EvidenceRole::Update,
        kind: EvidenceKind::Snapshot,
        uri: None,
        mime: "image/jpeg".to_owned(),
        sha256: "ab".repeat(32),
        size_bytes: 1,
        width_px: 1,
        height_px: 1,
        captured_at: CaptureTime::from_unix_micros(1_795_309_800_000_000),
        masked: Masked::NOTHING,
        expires_at: None,
        original_held: false,
    }
}
