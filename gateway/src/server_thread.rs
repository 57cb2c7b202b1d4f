//! A server on a thread and an async runtime of its own, so that its clients never slow an alert.

use std::time::Duration;

use runtime::{LONGEST_STEP, loops};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

/// How long open requests may take once the gateway stops.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// The system refuses a thread.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the page's thread: {0}")]
pub(crate) struct ThreadError(std::io::Error);

/// A server under way.
pub(crate) struct ServerThread {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl ServerThread {
    /// Serves on a new thread of this name until stopped.
    ///
    /// # Errors
    /// [`ThreadError`].
    pub(crate) fn start<F>(
        name: &'static str,
        serve: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Result<Self, ThreadError>
    where
        F: Future<Output = std::io::Result<()>>,
    {
        let stop = CancellationToken::new();
        let own_stop = stop.clone();
        let (ended_sender, ended) = oneshot::channel();
        let own_runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ThreadError)?;
        let serve = move || {
            let served = own_runtime.block_on(async {
                tokio::spawn(loops().watch(name, LONGEST_STEP).keep_beating());
                serve(stop).await
            });
            if let Err(error) = served {
                error!(%error, name, "serving has stopped");
            }
            // Not a plain drop: that would wait for a reader that hangs.
            own_runtime.shutdown_background();
            // Nobody waits if the process is ending anyway.
            let _unheard = ended_sender.send(());
        };
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(serve).map_err(ThreadError)?;
        Ok(Self { stop: own_stop, ended })
    }

    /// Stops serving. A browser that stalls in the middle of a picture is not waited for.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if tokio::time::timeout(STOP_LIMIT, self.ended).await.is_err() {
            warn!("a browser is still reading; the page ends without waiting for it");
        }
    }
}
