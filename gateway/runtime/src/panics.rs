//! What a panic does to a process: it is told in one line, and ends the process or only its task.

use tracing::error;

/// The first panic of any thread ends the process: a half-dead gateway is worse than a restart, and
/// the ledger makes restarts safe.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or_default();
        error!(
            at,
            said, "the gateway met a fault of its own and ends; the next start goes on. Report it"
        );
        std::process::abort();
    }));
}

/// A panic is told, and is then left to whoever catches it. What it says is left out: that may be a
/// camera's own text.
pub fn tell_panics_briefly() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        error!(at, "a part failed on what it got, and is given up");
    }));
}
