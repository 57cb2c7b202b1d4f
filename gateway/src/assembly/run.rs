//! The gateway from start to stop: everything is built, serves, and stops in order.

use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::build::{self, Built};
use super::clock;
use super::device_entry::DevicesBuilt;
use super::oversight;
use super::reload::Reload;
use super::standstill;
use super::state_folder;
use super::upkeep;
use crate::config::{self, Config};
use crate::exit::{self, Stopped};

/// A signal that has come is told within this time.
const MOMENT: Duration = Duration::from_millis(200);

/// `gridwhistle run`: until a signal, or a failure that only a restart mends.
///
/// # Errors
/// What must be mended before the next start.
pub(crate) fn run(folder: &Path) -> Result<(), Stopped> {
    runtime::abort_on_panic();
    runtime::log_without_waiting().map_err(|error| Stopped::new(exit::FAULT, error))?;
    let config = config::load(folder)?;
    let grace = config.shutdown.grace;
    let shutdown = CancellationToken::new();
    let runtime = main_runtime()?;
    // From now on a signal ends the gateway in order. One that comes while it is being built is heard
    // once that is done.
    let mut signals = {
        let _within = runtime.enter();
        StopSignals::listen()
    };
    let mut ended_by = None;
    let pause = |time: Duration| {
        let told = async { timeout(time, signals.next()).await };
        ended_by = runtime.block_on(told).ok();
        ended_by.is_none()
    };
    let built = match build::build(&config, &shutdown, pause) {
        Ok(built) => built,
        Err(_) if ended_by.is_some() => {
            info!(signal = ended_by, "stopping before the start was over");
            return Ok(());
        }
        Err(fault) => {
            // A signal for the whole service may have ended a part that was being built.
            let told = async { timeout(MOMENT, signals.next()).await };
            let Ok(signal) = runtime.block_on(told) else { return Err(fault) };
            info!(signal, "stopping before the start was over");
            return Ok(());
        }
    };
    let served = runtime.block_on(serve((folder, config), built, (shutdown, signals), grace));
    // Not a plain drop: that would wait for a name lookup that hangs.
    runtime.shutdown_background();
    served
}

/// The thread of all that waits and does not compute.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn main_runtime() -> Result<tokio::runtime::Runtime, Stopped> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stopped::new(exit::FAULT, error))
}

async fn serve(
    (folder, config): (&Path, Config),
    built: Built,
    (shutdown, mut signals): (CancellationToken, StopSignals),
    grace: Duration,
) -> Result<(), Stopped> {
    let Built { cameras, list, sessions, board, pool, case_worker, mut publisher, ledger, .. } =
        built;
    let DevicesBuilt { devices, checkpoints, feed, list: device_list, service } = built.devices;
    let (upkeep, mut services, outputs) = (built.upkeep, built.services, built.outputs);
    let (mut failures, failed, disk) = (built.failures, built.failed, built.disk);
    let parts = (cameras, devices, checkpoints, outputs.clone());
    let mut reload = Reload::new((folder, config), parts, board.clone());
    reload.begin().map_err(|error| Stopped::new(exit::CONFIG, error))?;
    let fault = |error| Stopped::new(exit::FAULT, error);
    let case_worker = case_worker.start().map_err(fault)?;
    standstill::watch_loops().map_err(fault)?;
    let Config { cameras, devices, .. } = &reload.config;
    info!(cameras = cameras.len(), devices = devices.len(), "watching");
    sessions.spawn(clock::watch(board.clone(), shutdown.clone()));
    sessions.spawn(oversight::oversee((list, device_list, feed), (board, disk), shutdown.clone()));
    sessions.spawn(upkeep::keep_up(upkeep, failed.clone(), shutdown.clone()));
    let kept = (reload.config.storage.state_dir.clone(), ledger.clone());
    sessions.spawn(state_folder::watch(kept, failed.clone(), shutdown.clone()));
    sessions.spawn(reload.follow(shutdown.clone(), failed));
    let cause = tokio::select! {
        signal = signals.next() => { info!(signal, "stopping"); None }
        failure = failures.recv() => failure.map(|failure| Stopped::new(exit::LEDGER, failure)),
        ended = publisher.ended() => Some(match ended {
            Ok(_) => Stopped::new(exit::FAULT, anyhow!("delivery ended by itself; report it")),
            Err(error) => Stopped::new(exit::LEDGER, error),
        }),
    };
    tokio::spawn(exit_at_the_next(signals));
    let deadline = Instant::now() + grace;
    shutdown.cancel();
    sessions.close();
    if timeout(grace / 3, sessions.wait()).await.is_err() {
        warn!("an edit of the configuration did not end in time");
    }
    let stop = move || {
        // First of all: people may stand in a lift.
        outputs.stop(grace / 3);
        services.stop_case_system(grace / 3);
        case_worker.stop();
        service.stop();
        pool.stop();
        services.stop_clips();
        services
    };
    let stopped = tokio::task::spawn_blocking(stop).await;
    if let Err(error) = ledger.seal() {
        error!(%error, "the ledger could not be sealed; the next start recovers it");
    }
    if cause.is_none() {
        match publisher.shutdown(deadline.saturating_duration_since(Instant::now())).await {
            Ok(drained) => info!(left_in_outbox = drained.left, "delivery stopped"),
            Err(error) => error!(%error, "delivery stopped with a fault"),
        }
    }
    match stopped {
        Ok(services) => services.stop().await,
        Err(_) => error!("the analysis pool did not stop cleanly"),
    }
    cause.map_or(Ok(()), Err)
}

async fn exit_at_the_next(mut signals: StopSignals) {
    let signal = signals.next().await;
    runtime::tell_starter(&format!(
        "gridwhistle: {signal} came again: the gateway ends at once, and the ledger keeps all it has"
    ));
    runtime::drain_log();
    std::process::exit(0);
}

/// The signals that end the gateway, and the one that does where a terminal was closed; none if the system
/// does not tell of them.
struct StopSignals(Option<[(&'static str, Signal); 3]>);

impl StopSignals {
    /// Listens from now on.
    fn listen() -> Self {
        let listen = || -> std::io::Result<_> {
            let terminate = signal(SignalKind::terminate())?;
            let interrupt = signal(SignalKind::interrupt())?;
            let hang_up = signal(SignalKind::hangup())?;
            Ok([("SIGTERM", terminate), ("SIGINT", interrupt), ("SIGHUP", hang_up)])
        };
        Self(listen().ok())
    }

    /// Waits for one that has not been told of; its name.
    async fn next(&mut self) -> &'static str {
        let Some([(terminate, terminated), (interrupt, interrupted), (hang_up, hung_up)]) =
            &mut self.0
        else {
            error!("cannot listen for signals; stop the gateway with SIGKILL, nothing is lost");
            return std::future::pending().await;
        };
        loop {
            tokio::select! {
                _ = terminated.recv() => return terminate,
                _ = interrupted.recv() => return interrupt,
                _ = hung_up.recv() => {}
            }
            if std::io::stderr().is_terminal() {
                return hang_up;
            }
            // Who rotates logs sends it to services. One that ended by it would not be started again.
            info!(
                signal = hang_up,
                "the gateway goes on: it sees edits of its configuration by itself"
            );
        }
    }
}
