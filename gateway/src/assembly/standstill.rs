//! What ends the gateway if its main loop stands still: a restart goes on, a standstill does not.

use std::io;
use std::time::Duration;

use runtime::Watchdog;

/// The main loop computes nothing and waits for nobody. One that is silent for this long never speaks
/// again.
const LONGEST: Duration = Duration::from_secs(60);

/// Watches the loop that this is called in, from now on.
///
/// # Errors
/// If the system refuses a thread.
pub(super) fn watch_this_loop() -> io::Result<()> {
    let watchdog = Watchdog::default();
    // The watchdog has told which loop and for how long. The ledger makes an abrupt end safe.
    watchdog.start(|_stall| std::process::abort())?;
    let beats = watchdog.watch("main", LONGEST);
    tokio::spawn(async move {
        beats.keep_beating().await;
        drop(watchdog);
    });
    Ok(())
}
