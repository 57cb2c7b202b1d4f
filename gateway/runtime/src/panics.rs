//! What is told of a panic that is caught.

use std::panic;

use tracing::error;

/// Tells where a panic happened, and not what it says: that may be a camera's own text, of any length, on
/// several lines.
pub fn tell_panics_briefly() {
    panic::set_hook(Box::new(|panic| {
        let (file, line) = panic.location().map_or(("?", 0), |at| (at.file(), at.line()));
        error!(file, line, "a part failed on what it got, and is given up");
    }));
}
