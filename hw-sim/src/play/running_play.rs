//! A running play: broker, judge, cameras and gateway, started in this order. All end on drop.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::cameras::Cameras;
use super::case_centre::CaseCentre;
use super::day;
use super::devices::{Begin, Devices};
use super::error::PlayError;
use super::gateway::Gateway;
use super::leavings::{GATEWAY_LOG, clear, errors_in};
use super::ports::free_port;
use crate::camera::simulated::Playback;
use crate::centre::report::Report;
use crate::judge::console::Console;
use crate::judge::expectation::{ClipSchedule, Expectation, expect};
use crate::judge::journal::Journal;
use crate::judge::score::Score;
use crate::judge::subscriber::{JudgeEvent, Subscriber};
use crate::mqtt::BrokerAddress;
use crate::scenario::model::{Scenario, Truth};

/// Where sensors publish, up to their id.
const SENSOR_TOPIC: &str = "cg/v1/110117/001/003/gw-demo/in";
/// How exactly we know when the gateway connected to a camera.
const CONNECT_RESOLUTION: Duration = Duration::from_millis(100);
/// A running broker grants a subscription within milliseconds.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time that a play waits.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// What is played, and with which programs and folders.
#[derive(Debug, Clone)]
pub struct PlaySettings {
    /// Cameras and truth.
    pub scenario: Scenario,
    /// Folder of the clips.
    pub media: PathBuf,
    /// The gateway's program.
    pub gateway: PathBuf,
    /// Its config folder, which must use the ports below and the certificates in `work`.
    pub config: PathBuf,
    /// The folder for certificates, the broker's store and the logs, and for the gateway's `state`
    /// if its config says so.
    pub work: PathBuf,
    /// The ports to listen on.
    pub ports: Ports,
}

/// TCP ports on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// MQTT over TLS.
    pub broker: u16,
    /// RTSP.
    pub cameras: u16,
    /// The gateway's page; its config must say the same.
    pub page: u16,
}

/// Why [`RunningPlay::watch`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchEnd {
    /// The condition was met.
    Met,
    /// The time was up.
    TimeUp,
    /// The play was interrupted.
    Interrupted,
}

/// A running play.
#[derive(Debug)]
pub struct RunningPlay {
    settings: PlaySettings,
    /// The broker, to stop and start again.
    pub broker: Broker,
    /// The cameras, to make them fail.
    pub cameras: Cameras,
    subscriber: Subscriber,
    console: Console,
    gateway: Option<Gateway>,
    centre: Option<CaseCentre>,
    devices: Option<Devices>,
    begin: Begin,
    began_at: Timestamp,
    /// When the gateway first connected to each camera.
    seen_from: BTreeMap<String, Timestamp>,
    interrupt: CancellationToken,
}

impl RunningPlay {
    /// Starts everything, the gateway last, when the judge already listens. The files of an earlier
    /// play in the work folder are removed, except the certificates, because its open alerts do not
    /// belong to this play.
    ///
    /// # Errors
    /// If a program, file or port is missing or taken.
    pub async fn start(
        settings: PlaySettings,
        interrupt: CancellationToken,
        out: &mut (dyn Write + Send),
    ) -> Result<Self, PlayError> {
        free_port(settings.ports.page)?;
        clear(&settings.work)?;
        let broker = Broker::start(&settings.work, settings.ports.broker).await?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, settings.ports.cameras));
        let mut console = Console::new(TimeZone::system());
        let mut subscriber = Subscriber::start(&broker.address(), "hw-sim-judge")?;
        let listening =
            timeout(LISTEN_TIMEOUT, await_subscription(&mut subscriber, &mut console, out));
        listening.await.map_err(|_elapsed| PlayError::NoSubscription { port: broker.port() })??;
        let centre = match settings.scenario.centre.clone() {
            Some(profile) => Some(CaseCentre::start(profile, broker.address()).await?),
            None => None,
        };
        let cameras = Cameras::start(&settings.scenario, &settings.media, listen).await?;
        let mut play = Self {
            settings,
            broker,
            cameras,
            subscriber,
            console,
            gateway: None,
            centre,
            devices: None,
            begin: day::begin(None),
            began_at: Timestamp::now(),
            seen_from: BTreeMap::new(),
            interrupt,
        };
        play.begin_story().await?;
        play.start_gateway()?;
        Ok(play)
    }

    /// Starts doors and sensors, and sees to it that the gateway's hours are those of their story.
    async fn begin_story(&mut self) -> Result<(), PlayError> {
        let story = &self.settings.scenario.story;
        if story.devices.is_empty() {
            return Ok(());
        }
        self.begin = day::begin(story.begins_at);
        if story.begins_at.is_some() {
            let PlaySettings { config, work, .. } = &self.settings;
            self.settings.config = day::configure(config, work, self.begin.offset)?;
        }
        let certificates = self.broker.certificates();
        let identity = (certificates.sensor.clone(), certificates.sensor_key.clone());
        let broker = BrokerAddress { identity: Some(identity), ..self.broker.address() };
        let camera = story.in_step_with.as_ref();
        let timeline = camera.and_then(|camera| self.cameras.handle().timeline(camera));
        let planned = self.begin;
        let begin = async move {
            let Some(timeline) = timeline else { return planned };
            let at = Timestamp::try_from(timeline.started().await).unwrap_or(planned.at);
            let passed =
                Duration::try_from(Timestamp::now().duration_since(at)).unwrap_or_default();
            let now = Instant::now();
            Begin { instant: now.checked_sub(passed).unwrap_or(now), at, ..planned }
        };
        let devices = Devices::start(story, &broker, SENSOR_TOPIC, begin).await?;
        self.devices = Some(devices);
        Ok(())
    }

    /// Until the story of doors and sensors begins, if it does not begin with a camera's clip.
    #[must_use]
    pub fn until_story(&self) -> Duration {
        let story = &self.settings.scenario.story;
        if story.devices.is_empty() || story.in_step_with.is_some() {
            return Duration::ZERO;
        }
        self.begin.instant.saturating_duration_since(Instant::now())
    }

    /// Starts the gateway, unless it runs.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start_gateway(&mut self) -> Result<(), PlayError> {
        if self.gateway.is_none() {
            let log = self.settings.work.join(GATEWAY_LOG);
            let gateway = Gateway::start(&self.settings.gateway, &self.settings.config, &log)?;
            self.gateway = Some(gateway);
        }
        Ok(())
    }

    /// Ends the gateway with SIGKILL.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn kill_gateway(&mut self) -> Result<(), PlayError> {
        match self.gateway.take() {
            Some(mut gateway) => gateway.kill().await,
            None => Ok(()),
        }
    }

    /// The gateway's config folder.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.settings.config
    }

    /// What was received so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.console.journal
    }

    /// Prints on `out` what is received, until `met` is true or `limit` is over.
    ///
    /// # Errors
    /// If the gateway ends by itself.
    pub async fn watch(
        &mut self,
        limit: Duration,
        out: &mut (dyn Write + Send),
        mut met: impl FnMut(&Journal) -> bool,
    ) -> Result<WatchEnd, PlayError> {
        let deadline = deadline(limit);
        let mut tick = interval(CONNECT_RESOLUTION);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !met(&self.console.journal) {
            tokio::select! {
                Some(event) = self.subscriber.next() => self.console.record(event, out)?,
                _now = tick.tick() => {
                    self.note_connections();
                    if let Some(centre) = &self.centre {
                        centre.print(out)?;
                    }
                }
                ended = ends(&mut self.gateway) => {
                    self.gateway = None;
                    return Err(ended);
                }
                () = self.interrupt.cancelled() => return Ok(WatchEnd::Interrupted),
                () = sleep_until(deadline) => return Ok(WatchEnd::TimeUp),
            }
        }
        Ok(WatchEnd::Met)
    }

    /// Compares what was received so far with what was due until now.
    #[must_use]
    pub fn score(&self) -> Score {
        let scenario = &self.settings.scenario;
        let seen_until = Timestamp::now();
        let due: Vec<Expectation> = scenario
            .truths
            .iter()
            .flat_map(|truth| {
                let schedule = self.schedule(truth, seen_until);
                schedule.map(|schedule| expect(truth, &schedule)).unwrap_or_default()
            })
            .collect();
        let zones: Vec<(String, String)> =
            scenario.zones.iter().map(|zone| (zone.camera.clone(), zone.id.clone())).collect();
        let journal = &self.console.journal;
        let mut score = Score::of(&due, journal, &zones);
        for camera in &scenario.cameras {
            let reached = self.seen_from.contains_key(&camera.id);
            score.require_analysis(&camera.id, reached, journal);
        }
        for device in &scenario.story.devices {
            if device.goes_away {
                score.impaired.remove(&device.id);
            }
            score.require_analysis(&device.id, true, journal);
        }
        // Feedback without an answer is not counted here: the answer may still come.
        score.wrong_answers = self.cases().map_or(0, |cases| cases.faults());
        score
    }

    /// The state of the cases so far, if the scenario has a case centre.
    #[must_use]
    pub fn cases(&self) -> Option<Report> {
        self.centre.as_ref().map(CaseCentre::report)
    }

    /// Ends the gateway with SIGTERM, then the broker. Returns the errors in the gateway's log since
    /// the beginning of the play; a healthy gateway logs none.
    ///
    /// # Errors
    /// If the gateway or the broker does not end in time with status 0.
    pub async fn stop(mut self) -> Result<Vec<String>, PlayError> {
        if let Some(mut gateway) = self.gateway.take() {
            gateway.terminate().await?;
        }
        self.centre = None;
        self.broker.stop().await?;
        let path = self.settings.work.join(GATEWAY_LOG);
        let log = fs::read(&path).map_err(|source| PlayError::File { path, source })?;
        Ok(errors_in(&String::from_utf8_lossy(&log)))
    }

    /// When `truth`'s camera showed which part of its clip. If the gateway never connected to the
    /// camera, it could have seen it from the beginning.
    fn schedule(&self, truth: &Truth, seen_until: Timestamp) -> Option<ClipSchedule> {
        let scenario = &self.settings.scenario;
        if scenario.story.devices.iter().any(|device| device.id == truth.camera) {
            return Some(self.story_schedule(seen_until));
        }
        let mut cameras = scenario.cameras.iter();
        let camera = cameras.find(|camera| camera.id == truth.camera)?;
        let timeline = self.cameras.handle().timeline(&camera.id)?;
        let zero_at = timeline.clip_zero_at().and_then(|at| Timestamp::try_from(at).ok());
        Some(ClipSchedule {
            clip_zero_at: zero_at.unwrap_or(self.began_at),
            clip_length: timeline.clip_duration(),
            playback: camera.playback,
            seen_from: self.seen_from.get(&camera.id).copied().unwrap_or(self.began_at),
            seen_until,
        })
    }

    /// The story as a clip that is shown once.
    fn story_schedule(&self, seen_until: Timestamp) -> ClipSchedule {
        let camera = self.settings.scenario.story.in_step_with.as_ref();
        let timeline = camera.and_then(|camera| self.cameras.handle().timeline(camera));
        let zero_at = timeline.and_then(|it| Timestamp::try_from(it.clip_zero_at()?).ok());
        let begun_at = zero_at.unwrap_or(self.begin.at);
        ClipSchedule {
            clip_zero_at: begun_at,
            clip_length: self.settings.scenario.duration,
            playback: Playback::Once,
            seen_from: begun_at,
            seen_until,
        }
    }

    fn note_connections(&mut self) {
        for camera in &self.settings.scenario.cameras {
            if !self.seen_from.contains_key(&camera.id)
                && self.cameras.handle().sessions(&camera.id) > 0
            {
                self.seen_from.insert(camera.id.clone(), Timestamp::now());
            }
        }
    }
}

/// `limit` from now, or many years from now if `limit` is too long to add.
fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now + FOR_EVER)
}

/// Waits until the subscription is granted.
async fn await_subscription(
    subscriber: &mut Subscriber,
    console: &mut Console,
    out: &mut (dyn Write + Send),
) -> Result<(), PlayError> {
    while let Some(event) = subscriber.next().await {
        let listening = matches!(event, JudgeEvent::Listening { .. });
        console.record(event, out)?;
        if listening {
            break;
        }
    }
    Ok(())
}

/// Completes when the gateway ends; never while there is none.
async fn ends(gateway: &mut Option<Gateway>) -> PlayError {
    match gateway {
        Some(gateway) => gateway.ends().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, FOR_EVER, Instant, deadline};

    #[test]
    fn a_watch_without_end_has_a_deadline_far_off() {
        assert!(deadline(Duration::MAX) >= Instant::now() + FOR_EVER / 2);
        assert!(deadline(Duration::ZERO) <= Instant::now());
    }
}
