//! What ends the gateway if one of its loops stands still: a restart goes on, a standstill does not.

use std::io;
use std::time::Duration;

use runtime::{LONGEST_STEP, Stall, loops};

use crate::exit;

/// An orderly exit may wait for a lock that the standing loop holds; then it ends without order.
const EXIT_LIMIT: Duration = Duration::from_secs(5);

/// Watches all loops of the gateway, and the one that this is called in, from now on.
///
/// # Errors
/// If the system refuses a thread.
pub(super) fn watch_loops() -> io::Result<()> {
    loops().start("the gateway ends with exit code 70, so that it is started again", end)?;
    tokio::spawn(loops().watch("main", LONGEST_STEP).keep_beating());
    Ok(())
}

/// No loop can be restarted alone: its thread cannot be ended, and it may hold a lock, a socket or a
/// message. The ledger makes an abrupt end safe, and the service starts the gateway again. Its eyes end
/// when their socket closes.
fn end(_: &Stall) {
    let last_resort = std::thread::Builder::new().spawn(|| {
        std::thread::sleep(EXIT_LIMIT);
        std::process::abort();
    });
    if last_resort.is_err() {
        std::process::abort();
    }
    runtime::drain_log();
    std::process::exit(exit::FAULT.into());
}
