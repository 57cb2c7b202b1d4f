//! The only place that knows everyone: settings become running parts, and stop in order.

mod books;
mod build;
mod case_system;
mod casework;
mod crew;
mod departed;
mod inference;
mod oversight;
mod proof;
mod reload;
mod signing;
mod tuning;
mod upkeep;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use url::Url;

use crate::calibrate;
use crate::config;
use crate::config::Config;
use crate::probe;
pub(crate) use books::{export_ledger, verify_ledger};
use build::Built;
use reload::Reload;
pub(crate) use signing::{public_key, verify};
pub(crate) use tuning::retune;

/// Exit codes, after sysexits.h; the service file relies on them.
pub(crate) mod exit {
    /// The command line is wrong.
    pub(crate) const USAGE: u8 = 64;
    /// A message is not what was signed.
    pub(crate) const NOT_VALID: u8 = 65;
    /// A file named on the command line cannot be read.
    pub(crate) const NO_INPUT: u8 = 66;
    /// A camera or another service cannot be reached.
    pub(crate) const UNAVAILABLE: u8 = 69;
    /// A fault of the gateway itself.
    pub(crate) const FAULT: u8 = 70;
    /// The ledger, the observations or their disk failed, or the history is not what was recorded.
    pub(crate) const LEDGER: u8 = 74;
    /// The configuration, or a file or port that it names.
    pub(crate) const CONFIG: u8 = 78;
}

/// Why the command ended without success.
#[derive(Debug)]
pub(crate) struct Stopped {
    /// The process's exit code.
    pub(crate) code: u8,
    /// For the person who can act.
    pub(crate) cause: anyhow::Error,
}

impl Stopped {
    /// With a code of [`exit`].
    pub(crate) fn new(code: u8, cause: impl Into<anyhow::Error>) -> Self {
        Self { code, cause: cause.into() }
    }
}

/// `gridwhistle check`: the report of a clean folder.
///
/// # Errors
/// Every fault of the folder.
pub(crate) fn check(folder: &Path) -> Result<String, Stopped> {
    let config = build::load_config(folder)?;
    let rules: usize = config.cameras.iter().map(|camera| camera.rules.len()).sum();
    let cameras = config.cameras.len();
    let folder = folder.display();
    let city = config.city.map(|city| format!("{city}\n")).unwrap_or_default();
    Ok(format!("{city}{folder}: {cameras} camera(s), {rules} rule(s), no fault\n"))
}

/// `gridwhistle calibrate`: the report about one camera's ground plane.
///
/// # Errors
/// Every fault of the camera's file, and why its points make no plane.
pub(crate) fn calibrate(file: &Path) -> Result<String, Stopped> {
    let camera = config::calibrate(file)
        .map_err(|faults| Stopped::new(exit::CONFIG, anyhow!("{faults}")))?;
    let config::CalibratedCamera { id, picture_px, pairs, calibration, warnings } = camera;
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    Ok(calibrate::report(&id, picture_px, &pairs, &calibration, &warnings))
}

/// User and password for `probe`.
///
/// # Errors
/// If the password file cannot be read.
pub(crate) fn credentials(
    user: Option<String>,
    password_file: Option<PathBuf>,
) -> Result<Option<camera::Credentials>, Stopped> {
    let (Some(user), Some(path)) = (user, password_file) else { return Ok(None) };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the password file {}", path.display()))
        .map_err(|cause| Stopped::new(exit::NO_INPUT, cause))?;
    Ok(Some(camera::Credentials { user, password: text.trim().to_owned() }))
}

/// `gridwhistle probe`: the report about one camera.
///
/// # Errors
/// If its stream cannot be played.
pub(crate) fn probe(
    url: Url,
    transport: camera::Transport,
    credentials: Option<camera::Credentials>,
    length: Duration,
) -> Result<String, Stopped> {
    if url.scheme() != "rtsp" || !url.username().is_empty() || url.password().is_some() {
        let expected = "expected rtsp://host[:port]/path; user and password go into --user and --password-file";
        return Err(Stopped::new(exit::USAGE, anyhow!("{expected}")));
    }
    build::init_ffmpeg()?;
    let address = url.to_string();
    let settings =
        camera::Settings { transport, credentials, ..camera::Settings::new("probe", url) };
    let runtime = main_runtime()?;
    let report = runtime.block_on(probe::probe(&settings, length));
    runtime.shutdown_background();
    report.map_err(|error| Stopped::new(exit::UNAVAILABLE, anyhow!("{address}: {error}")))
}

/// `gridwhistle run`: until a signal, or a failure that only a restart mends.
///
/// # Errors
/// What must be mended before the next start.
pub(crate) fn run(folder: &Path) -> Result<(), Stopped> {
    let config = build::load_config(folder)?;
    let grace = config.shutdown.grace;
    let shutdown = CancellationToken::new();
    let built = build::build(&config, &shutdown)?;
    let runtime = main_runtime()?;
    let served = runtime.block_on(serve((folder, config), built, shutdown, grace));
    // Not a plain drop: that would wait for a name lookup that hangs.
    runtime.shutdown_background();
    served
}

fn main_runtime() -> Result<tokio::runtime::Runtime, Stopped> {
    // Receiving and depacketising 200 cameras takes about a seventh of a core: one thread will do,
    // and the cores belong to decoding and inference.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stopped::new(exit::FAULT, error))
}

async fn serve(
    (folder, config): (&Path, Config),
    built: Built,
    shutdown: CancellationToken,
    grace: Duration,
) -> Result<(), Stopped> {
    let Built { crew, roster, sessions, board, pool, clerk, mut publisher, ledger, .. } = built;
    let (upkeep, mut services) = (built.upkeep, built.services);
    let (mut failures, failed) = (built.failures, built.failed);
    let mut reload = Reload { folder: folder.to_owned(), config, crew, board: board.clone() };
    reload.begin().map_err(|error| Stopped::new(exit::CONFIG, error))?;
    let clerk = clerk.start()?;
    info!(cameras = sessions.len(), "watching");
    sessions.spawn(oversight::oversee(roster, board, shutdown.clone()));
    sessions.spawn(upkeep::keep_up(upkeep, failed.clone(), shutdown.clone()));
    sessions.spawn(reload.follow(shutdown.clone(), failed));
    let cause = tokio::select! {
        signal = stop_signal() => { info!(signal, "stopping"); None }
        failure = failures.recv() => failure.map(|failure| Stopped::new(exit::LEDGER, failure)),
        ended = publisher.ended() => Some(match ended {
            Ok(_) => Stopped::new(exit::FAULT, anyhow!("delivery ended by itself; report it")),
            Err(error) => Stopped::new(exit::LEDGER, error),
        }),
    };
    tokio::spawn(async {
        let signal = stop_signal().await;
        warn!(signal, "second signal: exiting at once; the ledger keeps everything");
        std::process::exit(0);
    });
    let deadline = Instant::now() + grace;
    shutdown.cancel();
    sessions.close();
    if tokio::time::timeout(grace / 3, sessions.wait()).await.is_err() {
        warn!("some cameras did not answer TEARDOWN in time");
    }
    let stop = move || {
        services.stop_case_system(grace / 3);
        clerk.stop();
        pool.stop();
        services.stop_clips();
        services
    };
    let stopped = tokio::task::spawn_blocking(stop).await;
    if stopped.is_err() {
        error!("the analysis pool did not stop cleanly");
    }
    if let Err(error) = ledger.seal() {
        error!(%error, "the ledger could not be sealed; the next start recovers it");
    }
    if cause.is_none() {
        match publisher.shutdown(deadline.saturating_duration_since(Instant::now())).await {
            Ok(drained) => info!(left_in_outbox = drained.left, "delivery stopped"),
            Err(error) => error!(%error, "delivery stopped with a fault"),
        }
    }
    if let Ok(services) = stopped {
        services.stop().await;
    }
    cause.map_or(Ok(()), Err)
}

/// Waits for SIGTERM or SIGINT; the name of the one that came.
async fn stop_signal() -> &'static str {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        error!("cannot listen for signals; stop the gateway with SIGKILL, nothing is lost");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
