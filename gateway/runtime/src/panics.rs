//! What a panic does to a process: it is told in one line, and ends the process or only its task.

use std::panic::PanicHookInfo;

use tracing::error;

/// The first panic of any thread ends the process: a half-dead gateway is worse than a restart, and
/// the ledger makes restarts safe.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        tell(panic, "the gateway met a fault of its own and ends; the next start goes on. Report it");
        std::process::abort();
    }));
}

/// A panic is told, and is then left to whoever catches it.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        tell(panic, "a fault of the program or a library; what it worked on is given up. Report it");
    }));
}

fn tell(panic: &PanicHookInfo<'_>, what: &'static str) {
    let at = panic.location().map(ToString::to_string).unwrap_or_default();
    let said = panic.payload_as_str().unwrap_or_default();
    error!(at, said, "{what}");
}
