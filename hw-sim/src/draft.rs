//! The name under which a file is written until it is whole.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many drafts this process has begun.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// A name beside `path` that no other process and no other thread writes to.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let (process, number) = (std::process::id(), BEGUN.fetch_add(1, Ordering::Relaxed));
    path.with_extension(format!("{process}.{number}.draft"))
}
