//! The state folder while the gateway runs: whether it is still there, and still the gateway's alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ledger::{Ledger, LedgerError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::analysis::RecordError;
use crate::config;

/// Alerts that are told meanwhile are not in the ledger that the next start finds.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// It holds tens of thousands of files.
const LOOK_AT_RIGHTS_EVERY: Duration = Duration::from_mins(5);

/// Looks after the folder until `shutdown`. A ledger that was taken away ends the gateway; so does not a
/// folder that others can reach, but it is told, since the next start refuses it.
pub(super) async fn watch(
    (folder, ledger): (PathBuf, Ledger),
    failed: mpsc::Sender<RecordError>,
    shutdown: CancellationToken,
) {
    let mut rights = Rights::default();
    let mut looked_at = Instant::now();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let is_due = looked_at.elapsed() >= LOOK_AT_RIGHTS_EVERY;
        if is_due {
            looked_at = Instant::now();
        }
        let (watched, within) = (ledger.clone(), folder.clone());
        // A disk that fails may keep who looks at it waiting.
        let looking = tokio::task::spawn_blocking(move || {
            if is_due {
                rights.look(&within);
            }
            (watched.check_place(), rights)
        });
        match looking.await {
            Ok((Ok(()), rights_back)) => rights = rights_back,
            Ok((Err(gone), _)) => return end(gone, &failed),
            Err(_) => {
                error!(
                    "the state folder is no longer looked after: a fault of the gateway; report it"
                );
                return;
            }
        }
    }
}

fn end(gone: LedgerError, failed: &mpsc::Sender<RecordError>) {
    // A full channel means that a failure is already on its way to stop the gateway.
    drop(failed.try_send(gone.into()));
}

/// Who can reach the folder, as it was told last.
#[derive(Debug, Default)]
struct Rights {
    told: Option<String>,
}

impl Rights {
    fn look(&mut self, folder: &Path) {
        let fault = filing::check_private(folder, config::Storage::is_ours).err();
        let fault = fault.map(|fault| fault.to_string());
        if fault == self.told {
            return;
        }
        match &fault {
            Some(fault) => {
                error!(fault, "the state folder was opened to others; the next start refuses it")
            }
            None => info!("the state folder is the gateway's alone again"),
        }
        self.told = fault;
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_is_opened_to_others_is_told_of_until_it_is_shut() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        filing::make_folder(&state).unwrap();
        let mut rights = Rights::default();
        let mut told = |mode: u32| {
            set_permissions(&state, Permissions::from_mode(mode)).unwrap();
            rights.look(&state);
            rights.told.clone()
        };
        assert_eq!(told(0o700), None);
        assert!(told(0o755).is_some_and(|fault| fault.contains("run: chmod")));
        assert_eq!(told(0o700), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_that_is_taken_away_ends_the_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        filing::make_folder(&state).unwrap();
        let ledger = Ledger::open(&state.join("ledger.sqlite3")).unwrap();
        let (failed, mut failures) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let watching = tokio::spawn(watch((state.clone(), ledger), failed, stop.clone()));
        tokio::time::sleep(LOOK_EVERY * 3).await;
        assert!(failures.try_recv().is_err(), "all is well");
        std::fs::remove_dir_all(&state).unwrap();
        let failure = failures.recv().await.unwrap();
        assert!(failure.to_string().contains("was removed"), "{failure}");
        watching.await.unwrap();
    }
}
