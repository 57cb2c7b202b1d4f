//! What a test found, shown although it passes.

use std::io::Write;

/// Shows a result although the test passes.
pub(crate) fn show(text: &str) {
    // Standard error may be closed; the assertions count all the same.
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}
