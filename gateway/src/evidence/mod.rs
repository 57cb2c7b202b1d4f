//! Pictures that prove an alert, kept on disk under their SHA-256.

mod snapshot;
mod store;

pub(crate) use snapshot::draw_and_encode;
pub(crate) use store::EvidenceStore;
