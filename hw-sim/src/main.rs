//! The `hw-sim` command.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use hw_sim::camera::quirk;
use hw_sim::centre::{self, BrokerLink, BrokerLinkSettings, Profile};
use hw_sim::compose::Composition;
use hw_sim::egova::{Account, Egova};
use hw_sim::judge::{BrokerAddress, Console, PlayedScenario, Scorecard, Subscriber};
use hw_sim::play::{self, Cameras, Certificates, PlayOutcome, PlaySettings, Ports};
use hw_sim::scenario::Scenario;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

mod cli;
mod named;

use cli::{Cli, Command, Compose, Environment, Play, ScoreRun, Serve, Watch};

/// Truth and alerts differ.
const DIFFER: u8 = 1;
/// The play could not take place. Clap uses the same code for a wrong command line.
const FAILED: u8 = 2;
/// How long eGova's tokens are said to be valid.
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
            // If stderr is closed, there is nowhere left to report it.
            let _unreported = writeln!(std::io::stderr(), "hw-sim: {}", told(&error));
            ExitCode::from(FAILED)
        }
    }
}

/// An error with its causes, except those that it names itself.
fn told(error: &anyhow::Error) -> String {
    let told = error.chain().map(ToString::to_string).reduce(|told, cause| {
        if told.contains(&cause) { told } else { format!("{told}: {cause}") }
    });
    told.unwrap_or_default()
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    named::check(&command)?;
    let interrupt = interrupted()?;
    match command {
        Command::Serve(serve) => serve_cameras(&serve, interrupt).await,
        Command::Quirks(quirks) => serve_quirks(&quirks, interrupt).await,
        Command::Watch(watch) => watch_alerts(&watch, interrupt).await,
        Command::Certificates { folder } => {
            let certificates = Certificates::ensure(&folder)?;
            writeln!(std::io::stdout(), "{}", certificates.ca.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Play(play) => play_scenario(play, interrupt).await,
        Command::Centre(arguments) => run_centre(&arguments, interrupt).await,
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
    write!(std::io::stdout(), "{}", play::logins(&scenario))?;
    interrupt.cancelled().await;
    Ok(ExitCode::SUCCESS)
}

async fn serve_quirks(
    arguments: &cli::Quirks,
    interrupt: CancellationToken,
) -> anyhow::Result<ExitCode> {
    let (Some(listen), Some(media)) = (arguments.serve, &arguments.media) else {
        write!(std::io::stdout(), "{}", quirk::markdown())?;
        return Ok(ExitCode::SUCCESS);
    };
    let cameras = Cameras::with_quirks(quirk::all(), media, listen).await?;
    for url in cameras.urls() {
        writeln!(std::io::stdout(), "{url}")?;
    }
    let [user, password] = play::QUIRK_LOGIN;
    writeln!(std::io::stdout(), "  USER is {user}, PASSWORD is {password}")?;
    interrupt.cancelled().await;
    Ok(ExitCode::SUCCESS)
}

async fn watch_alerts(watch: &Watch, interrupt: CancellationToken) -> anyhow::Result<ExitCode> {
    let address = broker_address(&watch.broker, &watch.ca)?;
    // Each process has its own session, so that two people can watch at the same time.
    let session = format!("hw-sim-watch-{}", std::process::id());
    let mut subscriber = Subscriber::start(&address, &session)?;
    let mut console = Console::new(TimeZone::system());
    loop {
        tokio::select! {
            Some(event) = subscriber.next() => console.record(event, &mut std::io::stdout())?,
            () = interrupt.cancelled() => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn broker_address(broker: &url::Url, ca: &Path) -> anyhow::Result<BrokerAddress> {
    if broker.scheme() != "mqtts" {
        bail!("--broker {broker}: write mqtts://HOST:PORT");
    }
    // A play puts these files beside the authority.
    let identity = [ca.with_file_name("centre.pem"), ca.with_file_name("centre.key")];
    Ok(BrokerAddress {
        host: broker.host_str().context("--broker has no host")?.to_owned(),
        port: broker.port().unwrap_or(8883),
        ca: ca.to_owned(),
        identity: identity.iter().all(|file| file.is_file()).then(|| identity.into()),
    })
}

async fn run_centre(
    arguments: &cli::Centre,
    interrupt: CancellationToken,
) -> anyhow::Result<ExitCode> {
    if !(0.01..=1e6).contains(&arguments.speed) {
        bail!("--speed must be 0.01 to 1000000, not {}", arguments.speed);
    }
    let mut profile = Profile::load(&arguments.profile)?.at_speed(arguments.speed);
    profile.seed = arguments.seed.unwrap_or(profile.seed);
    let mut broker = broker_address(&arguments.broker, &arguments.ca)?;
    broker.identity = arguments.cert.clone().zip(arguments.key.clone()).or(broker.identity);
    let link = BrokerLink::open(&BrokerLinkSettings {
        broker,
        client_id: format!("hw-sim-centre-{}", std::process::id()),
        prefix: arguments.prefix.clone(),
    })?;
    let centre = centre::Centre::new(profile);
    let _endpoint = open_endpoint(arguments, &centre).await?;
    if let Some(until) = arguments.duration.map(Duration::try_from_secs_f64).transpose()? {
        let ended = interrupt.clone();
        tokio::spawn(async move {
            tokio::time::sleep(until).await;
            ended.cancel();
        });
    }
    centre.work(link, interrupt, &mut std::io::stdout()).await?;
    let report = centre.report();
    write!(std::io::stdout(), "\n{report}")?;
    Ok(if report.is_answered() { ExitCode::SUCCESS } else { ExitCode::from(DIFFER) })
}

/// The centre's pages and HTTP endpoint. They end on drop.
async fn open_endpoint(
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
    let endpoint = Egova::serve(centre.clone(), account, *address).await?;
    writeln!(std::io::stdout(), "http://{}/", endpoint.address())?;
    Ok(Some(endpoint))
}

async fn play_scenario(play: Play, interrupt: CancellationToken) -> anyhow::Result<ExitCode> {
    let scenario = Scenario::load(&play.scenario)?;
    let settings = settings(scenario, play.config, play.environment);
    let outcome = play::run(settings, play.keep, interrupt, &mut std::io::stdout()).await?;
    Ok(match outcome {
        PlayOutcome { finished: false, .. } => ExitCode::from(INTERRUPTED),
        PlayOutcome { score, .. } if score.agrees() => ExitCode::SUCCESS,
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
    // All are read before the first play, so that a mistake in the last one costs no play.
    let scenarios = score.scenarios.iter().map(|path| Ok((path, Scenario::load(path)?)));
    let scenarios: Vec<(&PathBuf, Scenario)> = scenarios.collect::<anyhow::Result<_>>()?;
    let mut played = Vec::new();
    for (path, scenario) in scenarios {
        let settings = settings(scenario, path.with_extension(""), score.environment.clone());
        let play = PlayedScenario::announce(path, &settings.scenario);
        let out = &mut std::io::stdout();
        let outcome = play::run(settings, false, interrupt.clone(), out).await?;
        if !outcome.finished {
            return Ok(ExitCode::from(INTERRUPTED));
        }
        writeln!(out)?;
        played.push(PlayedScenario { score: outcome.score, ..play });
    }
    let card = Scorecard::of(&played);
    write!(std::io::stdout(), "{}", card.table())?;
    if let Some(path) = &score.json {
        let json = serde_json::to_string_pretty(&card)?;
        std::fs::write(path, json + "\n").with_context(|| path.display().to_string())?;
    }
    Ok(if card.agrees() { ExitCode::SUCCESS } else { ExitCode::from(DIFFER) })
}

fn settings(scenario: Scenario, config: PathBuf, environment: Environment) -> PlaySettings {
    PlaySettings {
        scenario,
        media: environment.media,
        gateway: environment.gateway,
        config,
        work: environment.work,
        ports: Ports {
            broker: environment.broker_port,
            cameras: environment.camera_port,
            page: environment.page_port,
        },
    }
}

/// A token that Ctrl-C, SIGTERM or the end of the terminal cancels. Then everything that was started
/// is ended in order, within a limited time.
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

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::told;

    #[test]
    fn each_cause_is_told_once() {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let named = anyhow::Error::new(missing()).context(format!("clip a.mp4: {}", missing()));
        assert_eq!(told(&named), "clip a.mp4: entity not found");
        let bare = Err::<(), _>(missing()).context("clip a.mp4").unwrap_err();
        assert_eq!(told(&bare), "clip a.mp4: entity not found");
    }
}
