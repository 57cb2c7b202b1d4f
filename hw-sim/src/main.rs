//! The `hw-sim` command.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use hw_sim::judge::{BrokerAddress, Hearing, Subscriber};
use hw_sim::play::{Cameras, Certificates, Performance, Ports, Production, perform};
use hw_sim::scenario::Scenario;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

mod cli;

use cli::{Cli, Command, Play, Serve, Watch};

/// Truth and alerts differ.
const DIFFER: u8 = 1;
/// It could not be played. Clap uses the same for a wrong command line.
const FAILED: u8 = 2;
/// Ctrl-C before the end, as a shell reports it.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_unset| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(cli.command).await {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to tell if stderr is closed.
            let _unheard = writeln!(std::io::stderr(), "hw-sim: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let interrupt = interrupted()?;
    match command {
        Command::Serve(serve) => serve_cameras(&serve, interrupt).await,
        Command::Watch(watch) => watch_alerts(&watch, interrupt).await,
        Command::Certificates { folder } => {
            let certificates = Certificates::ensure(&folder)?;
            writeln!(std::io::stdout(), "{}", certificates.ca.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Play(play) => play_scenario(play, interrupt).await,
    }
}

async fn serve_cameras(serve: &Serve, interrupt: CancellationToken) -> anyhow::Result<ExitCode> {
    let scenario = Scenario::load(&serve.scenario)?;
    let cameras = Cameras::start(&scenario, &serve.media, serve.listen).await?;
    for url in cameras.urls() {
        writeln!(std::io::stdout(), "{url}")?;
    }
    interrupt.cancelled().await;
    Ok(ExitCode::SUCCESS)
}

async fn watch_alerts(watch: &Watch, interrupt: CancellationToken) -> anyhow::Result<ExitCode> {
    if watch.broker.scheme() != "mqtts" {
        bail!("--broker {}: only mqtts:// is spoken here", watch.broker);
    }
    let address = BrokerAddress {
        host: watch.broker.host_str().context("--broker names no host")?.to_owned(),
        port: watch.broker.port().unwrap_or(8883),
        ca: watch.ca.clone(),
    };
    // A session of our own: two people may watch at once.
    let session = format!("hw-sim-watch-{}", std::process::id());
    let mut subscriber = Subscriber::start(&address, &session)?;
    let mut hearing = Hearing::new(TimeZone::system());
    loop {
        tokio::select! {
            Some(heard) = subscriber.next() => hearing.hear(heard, &mut std::io::stdout())?,
            () = interrupt.cancelled() => return Ok(ExitCode::SUCCESS),
        }
    }
}

async fn play_scenario(play: Play, interrupt: CancellationToken) -> anyhow::Result<ExitCode> {
    let production = Production {
        scenario: Scenario::load(&play.scenario)?,
        media: play.media,
        gateway: play.gateway,
        config: play.config,
        work: play.work,
        ports: Ports { broker: play.broker_port, cameras: play.camera_port, page: play.page_port },
    };
    let performance = perform(production, play.keep, interrupt, &mut std::io::stdout()).await?;
    Ok(match performance {
        Performance { finished: false, .. } => ExitCode::from(INTERRUPTED),
        Performance { score, .. } if score.agrees() => ExitCode::SUCCESS,
        _ => ExitCode::from(DIFFER),
    })
}

/// Cancelled by Ctrl-C, SIGTERM, or the end of the terminal. What was started is then ended in
/// order, which takes a bounded time.
fn interrupted() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _signal = interrupt.recv() => {}
            _signal = terminate.recv() => {}
            _signal = hangup.recv() => {}
        }
        cancelled.cancel();
    });
    Ok(token)
}
