//! The `hw-sim` command.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use hw_sim::centre::{self, Line, LineSettings, Profile};
use hw_sim::compose::Composition;
use hw_sim::egova::{Account, Egova};
use hw_sim::judge::{BrokerAddress, Hearing, PlayedScenario, Scorecard, Subscriber};
use hw_sim::play::{Cameras, Certificates, Performance, Ports, Production, perform};
use hw_sim::scenario::Scenario;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

mod cli;

use cli::{Cli, Command, Compose, House, Play, ScoreRun, Serve, Watch};

/// Truth and alerts differ.
const DIFFER: u8 = 1;
/// It could not be played. Clap uses the same for a wrong command line.
const FAILED: u8 = 2;
/// As long as the original's tokens are said to hold.
const TOKEN_LIFE: Duration = Duration::from_secs(7200);
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
        Command::Centre(arguments) => keep_centre(&arguments, interrupt).await,
        Command::Compose(compose) => compose_scenes(&compose),
        Command::Score(score) => score_scenarios(score, interrupt).await,
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
    let address = broker_address(&watch.broker, &watch.ca)?;
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

fn broker_address(broker: &url::Url, ca: &Path) -> anyhow::Result<BrokerAddress> {
    if broker.scheme() != "mqtts" {
        bail!("--broker {broker}: only mqtts:// is spoken here");
    }
    // As a play lays them out.
    let identity = [ca.with_file_name("centre.pem"), ca.with_file_name("centre.key")];
    Ok(BrokerAddress {
        host: broker.host_str().context("--broker names no host")?.to_owned(),
        port: broker.port().unwrap_or(8883),
        ca: ca.to_owned(),
        identity: identity.iter().all(|file| file.is_file()).then(|| identity.into()),
    })
}

async fn keep_centre(
    arguments: &cli::Centre,
    interrupt: CancellationToken,
) -> anyhow::Result<ExitCode> {
    if !(0.01..=1e6).contains(&arguments.speed) {
        bail!("--speed is 0.01 to 1000000 times, not {}", arguments.speed);
    }
    let mut profile = Profile::load(&arguments.profile)?.hastened(arguments.speed);
    profile.seed = arguments.seed.unwrap_or(profile.seed);
    let line = Line::open(&LineSettings {
        broker: broker_address(&arguments.broker, &arguments.ca)?,
        identity: arguments.cert.clone().zip(arguments.key.clone()),
        client_id: format!("hw-sim-centre-{}", std::process::id()),
        prefix: arguments.prefix.clone(),
    })?;
    let centre = centre::Centre::new(profile);
    let _door = open_door(arguments, &centre).await?;
    if let Some(until) = arguments.duration.map(Duration::try_from_secs_f64).transpose()? {
        let ended = interrupt.clone();
        tokio::spawn(async move {
            tokio::time::sleep(until).await;
            ended.cancel();
        });
    }
    centre.work(line, interrupt, &mut std::io::stdout()).await?;
    let report = centre.report();
    write!(std::io::stdout(), "\n{report}")?;
    Ok(if report.is_answered() { ExitCode::SUCCESS } else { ExitCode::from(DIFFER) })
}

/// The centre's page and HTTP door, open until dropped.
async fn open_door(
    arguments: &cli::Centre,
    centre: &centre::Centre,
) -> anyhow::Result<Option<Egova>> {
    let cli::Centre { http: Some(address), client_secret_file: Some(file), .. } = arguments else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let account = Account {
        client_id: arguments.client_id.clone().unwrap_or_default(),
        client_secret: text.lines().next().unwrap_or_default().trim().to_owned(),
        sender_code: arguments.sender_code.clone().unwrap_or_default(),
        token_life: TOKEN_LIFE,
    };
    let door = Egova::serve(centre.clone(), account, *address).await?;
    writeln!(std::io::stdout(), "http://{}/", door.address())?;
    Ok(Some(door))
}

async fn play_scenario(play: Play, interrupt: CancellationToken) -> anyhow::Result<ExitCode> {
    let scenario = Scenario::load(&play.scenario)?;
    let production = produce(scenario, play.config, play.house);
    let performance = perform(production, play.keep, interrupt, &mut std::io::stdout()).await?;
    Ok(match performance {
        Performance { finished: false, .. } => ExitCode::from(INTERRUPTED),
        Performance { score, .. } if score.agrees() => ExitCode::SUCCESS,
        _ => ExitCode::from(DIFFER),
    })
}

fn compose_scenes(compose: &Compose) -> anyhow::Result<ExitCode> {
    for file in &compose.compositions {
        let composition = Composition::load(file)?;
        let path = composition.ensure(&compose.media, &compose.out)?;
        let title = &composition.title;
        writeln!(std::io::stdout(), "{}: COMPOSED SCENE: {title}", path.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn score_scenarios(
    score: ScoreRun,
    interrupt: CancellationToken,
) -> anyhow::Result<ExitCode> {
    // All are read first: a mistake in the last shall not cost the plays before it.
    let scenarios = score.scenarios.iter().map(|path| Ok((path, Scenario::load(path)?)));
    let scenarios: Vec<(&PathBuf, Scenario)> = scenarios.collect::<anyhow::Result<_>>()?;
    let mut played = Vec::new();
    for (path, scenario) in scenarios {
        let production = produce(scenario, path.with_extension(""), score.house.clone());
        let play = PlayedScenario::announce(path, &production.scenario);
        let out = &mut std::io::stdout();
        let performance = perform(production, false, interrupt.clone(), out).await?;
        if !performance.finished {
            return Ok(ExitCode::from(INTERRUPTED));
        }
        writeln!(out)?;
        played.push(PlayedScenario { score: performance.score, ..play });
    }
    let card = Scorecard::of(&played);
    write!(std::io::stdout(), "{}", card.table())?;
    if let Some(path) = &score.json {
        let json = serde_json::to_string_pretty(&card)?;
        std::fs::write(path, json + "\n").with_context(|| path.display().to_string())?;
    }
    Ok(if card.agrees() { ExitCode::SUCCESS } else { ExitCode::from(DIFFER) })
}

fn produce(scenario: Scenario, config: PathBuf, house: House) -> Production {
    Production {
        scenario,
        media: house.media,
        gateway: house.gateway,
        config,
        work: house.work,
        ports: Ports {
            broker: house.broker_port,
            cameras: house.camera_port,
            page: house.page_port,
        },
    }
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
