//! The demo street in short, played to the real gateway, with the test as director.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::Contract;
use hw_sim::judge::{Journal, Receipt};
use hw_sim::play::{PlayError, PlaySettings, RunningPlay, WatchEnd};
use hw_sim::scenario::Scenario;
use incident::alert::schema::ALERT_V1;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::house::{GATEWAY, StreetCamera, free_ports, media, root, write_config};
use crate::page::Page;

/// The port that the scenarios' cameras are written with.
const SHIPPED_PORT: &str = ":18554/";

/// Long enough for a debug build on two busy cores; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often the page is asked.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Both cameras see the van on the fire passage; the second also sees the men at the lamp post.
pub(crate) const CAMERAS: [StreetCamera; 2] = [
    StreetCamera { id: "cam-01", transport: "udp", digest: false, watches_lamp: false },
    StreetCamera { id: "cam-02", transport: "tcp", digest: true, watches_lamp: true },
];

/// What can be changed before the play begins.
pub(crate) struct Setting {
    pub(crate) work: TempDir,
    pub(crate) settings: PlaySettings,
}

impl Setting {
    pub(crate) fn new(cameras: &[StreetCamera]) -> Self {
        let work = tempfile::tempdir().expect("a temporary folder");
        let ports = free_ports();
        let scenario = Scenario::load(&root().join("hw-sim/scenarios/street-short.toml"));
        let settings = PlaySettings {
            scenario: scenario.expect("the scenario is sound"),
            media: media(),
            gateway: GATEWAY.into(),
            config: write_config(work.path(), ports, cameras),
            work: work.path().to_owned(),
            ports,
        };
        Self { work, settings }
    }

    /// A scenario of `hw-sim` with the cameras that its gateway watches.
    pub(crate) fn of(scenario: &str, cameras: &[&str]) -> Self {
        let (work, ports) = (tempfile::tempdir().expect("a temporary folder"), free_ports());
        let scenarios = root().join("hw-sim/scenarios");
        let config = write_config(work.path(), ports, &[]);
        for camera in cameras {
            let shipped = scenarios.join(scenario).join("cameras").join(camera);
            let text = fs::read_to_string(shipped).expect("the scenario's camera");
            assert!(text.contains(SHIPPED_PORT));
            let text = text.replace(SHIPPED_PORT, &format!(":{}/", ports.cameras));
            fs::write(config.join("cameras").join(camera), text).expect("written");
        }
        let scenario = Scenario::load(&scenarios.join(format!("{scenario}.toml")));
        let settings = PlaySettings {
            scenario: scenario.expect("the scenario is sound"),
            media: media(),
            gateway: GATEWAY.into(),
            config,
            work: work.path().to_owned(),
            ports,
        };
        Self { work, settings }
    }

    /// Changes this camera's file.
    pub(crate) fn rewrite(&self, camera: &str, change: (&str, &str)) {
        let path = self.settings.config.join("cameras").join(camera);
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.contains(change.0), "{text}");
        fs::write(&path, text.replace(change.0, change.1)).expect("written");
    }

    /// Adds lines to the end of gateway.toml.
    pub(crate) fn configure(&self, lines: &str) {
        let path: PathBuf = self.settings.config.join("gateway.toml");
        let text = fs::read_to_string(&path).expect("readable");
        fs::write(&path, format!("{text}{lines}")).expect("written");
    }

    /// Plays until `direct` is content, and ends all in its own good way, which leaves no error
    /// in the gateway's log but those that `direct` gives parts of, which must be there.
    #[expect(clippy::panic, reason = "a play that fails tells what was heard and logged")]
    pub(crate) async fn play<const N: usize>(
        self,
        direct: impl AsyncFnOnce(&mut Play) -> Result<[&'static str; N], String>,
    ) {
        let Self { work, settings } = self;
        let page = Page { port: settings.ports.page };
        let mut out = Vec::new();
        let played = async {
            let running = RunningPlay::start(settings, CancellationToken::new(), &mut out).await;
            let folder = work.path().to_owned();
            let mut play =
                Play { running: running.map_err(plain)?, page, work: folder, told: Vec::new() };
            let played = direct(&mut play).await;
            out.extend(play.told);
            let foreseen = played?;
            let errors = play.running.stop().await.map_err(plain)?;
            let sudden: Vec<&String> = errors
                .iter()
                .filter(|error| !foreseen.iter().any(|part| error.contains(part)))
                .collect();
            expect(sudden.is_empty(), &format!("the log holds no error: {sudden:#?}"))?;
            let mut missing = foreseen.iter();
            let missing = missing.find(|part| !errors.iter().any(|error| error.contains(**part)));
            expect(missing.is_none(), &format!("the log says {missing:?}: {errors:#?}"))
        };
        let played: Result<(), String> = played.await;
        if let Err(reason) = played {
            let log = fs::read_to_string(work.path().join("gateway.log")).unwrap_or_default();
            let told = String::from_utf8_lossy(&out);
            panic!("{reason}\n--- heard\n{told}\n--- gateway.log\n{log}");
        }
    }
}

/// A play under way.
pub(crate) struct Play {
    pub(crate) running: RunningPlay,
    pub(crate) page: Page,
    work: PathBuf,
    told: Vec<u8>,
}

impl Play {
    /// The folder of all that the play leaves.
    pub(crate) fn work(&self) -> &Path {
        &self.work
    }

    pub(crate) fn journal(&self) -> &Journal {
        self.running.journal()
    }

    /// Tells a figure, for who runs the test with `--nocapture`.
    #[expect(clippy::print_stdout, reason = "the harness shows it on demand")]
    pub(crate) fn note(&self, told: &str) {
        println!("{told}");
    }

    /// Waits until the journal shows `what`.
    pub(crate) async fn until_heard(
        &mut self,
        what: &str,
        met: impl FnMut(&Journal) -> bool,
    ) -> Result<Duration, String> {
        let began = Instant::now();
        let watched = self.running.watch(PATIENCE, &mut self.told, met).await.map_err(plain)?;
        expect(watched == WatchEnd::Met, what)?;
        Ok(began.elapsed())
    }

    /// Waits until the page shows `what`; an error of `met` is no longer waited for.
    pub(crate) async fn until_page(
        &mut self,
        what: &str,
        mut met: impl AsyncFnMut(Page) -> bool,
    ) -> Result<Duration, String> {
        let began = Instant::now();
        while !met(self.page).await {
            expect(began.elapsed() < PATIENCE, what)?;
            self.go_on(LOOK_EVERY).await?;
        }
        Ok(began.elapsed())
    }

    /// Lets the play go on, listening, for as long as something that must not happen could.
    pub(crate) async fn go_on(&mut self, time: Duration) -> Result<(), String> {
        let watched = self.running.watch(time, &mut self.told, |_| false).await.map_err(plain)?;
        expect(watched == WatchEnd::TimeUp, "the play goes on")
    }
}

pub(crate) fn plain(error: PlayError) -> String {
    error.to_string()
}

pub(crate) fn expect(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected that {what}")) }
}

/// How many alerts of a type were raised.
pub(crate) fn raised(journal: &Journal, event: &str) -> usize {
    journal.raises().iter().filter(|raise| raise.receipt.message.kind.code == event).count()
}

/// Holds every payload to the published schema, formats included.
pub(crate) fn check_payloads(receipts: &[&Receipt]) -> Result<(), String> {
    let published = Contract::new(ALERT_V1);
    expect(!receipts.is_empty(), "there is something to validate")?;
    for receipt in receipts {
        let payload = serde_json::from_slice(&receipt.payload).map_err(|e| e.to_string())?;
        published.check(&payload).map_err(|fault| format!("{payload:#}: {fault}"))?;
    }
    Ok(())
}
