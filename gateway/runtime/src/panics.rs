//! What a panic does to a process: it is told in one line, and ends the process or only its task.

use std::panic::PanicHookInfo;

use tracing::{error, warn};

use crate::logging::drain_log;

/// The last parts of a path that name crate, version and file.
const PATH_PARTS: usize = 4;

/// The first panic of any thread ends the process: a half-dead gateway is worse than a restart, and
/// the ledger makes restarts safe.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let (at, said) = (place(panic), panic.payload_as_str().unwrap_or_default());
        error!(
            at,
            said, "the gateway met a fault of its own and ends; the next start goes on. Report it"
        );
        drain_log();
        std::process::abort();
    }));
}

/// A panic is told, and is then left to whoever catches it. What it says is left out: that may be a
/// camera's own text.
pub fn tell_panics_briefly() {
    std::panic::set_hook(Box::new(|panic| {
        warn!(at = place(panic), "a part failed on what it got, and is given up");
    }));
}

/// Where it happened, for a report: without the folders of the machine that compiled it.
fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map(|at| format!("{}:{}", end_of(at.file()), at.line())).unwrap_or_default()
}

fn end_of(path: &str) -> String {
    let mut parts: Vec<&str> = path.rsplit('/').take(PATH_PARTS).collect();
    parts.reverse();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_crate_and_file_and_no_folder_of_the_builder() {
        let path = "/root/.cargo/registry/src/index.crates.io-19/retina-0.4.21/src/codec/h265.rs";
        assert_eq!(end_of(path), "retina-0.4.21/src/codec/h265.rs");
        assert_eq!(end_of("src/main.rs"), "src/main.rs");
    }
}
