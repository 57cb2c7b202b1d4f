//! The stage: broker, cameras, judge and gateway, set up in this order, and struck on drop.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::centre::CaseCentre;
use super::ports::free_port;
use super::{Broker, Cameras, Gateway, PlayError};
use crate::centre::Report;
use crate::judge::{Expectation, Heard, Hearing, Journal, Score, Showing, Subscriber, expect};
use crate::scenario::{Scenario, Truth};

const GATEWAY_LOG: &str = "gateway.log";
/// How exactly we know when the gateway came to a camera.
const ARRIVAL_RESOLUTION: Duration = Duration::from_millis(100);
/// A subscription at a broker that runs is a matter of milliseconds.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Stands for every longer time.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// What is played, with what.
#[derive(Debug, Clone)]
pub struct Production {
    /// Cameras and truth.
    pub scenario: Scenario,
    /// Folder of the clips.
    pub media: PathBuf,
    /// The gateway's program.
    pub gateway: PathBuf,
    /// Its config folder, which must name the ports below and the certificates in `work`.
    pub config: PathBuf,
    /// Certificates, the broker's store and the logs go here, and into `state` whatever the
    /// gateway's config puts there.
    pub work: PathBuf,
    /// Where everyone listens.
    pub ports: Ports,
}

/// TCP ports on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// MQTT over TLS.
    pub broker: u16,
    /// RTSP.
    pub cameras: u16,
    /// The gateway's page, where its config puts it.
    pub page: u16,
}

/// Why a stretch of watching ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// The condition came about.
    Met,
    /// The time was up.
    TimeUp,
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

/// A play under way.
#[derive(Debug)]
pub struct Stage {
    production: Production,
    /// The broker, to stop and start again.
    pub broker: Broker,
    /// The cameras, to make them fail.
    pub cameras: Cameras,
    subscriber: Subscriber,
    hearing: Hearing,
    gateway: Option<Gateway>,
    centre: Option<CaseCentre>,
    began_at: Timestamp,
    /// When the gateway first came to each camera.
    seen_from: BTreeMap<String, Timestamp>,
    interrupt: CancellationToken,
}

impl Stage {
    /// Sets the stage, the gateway last, when the judge already listens. What an earlier play left
    /// in the work folder is removed, but for the certificates: its open alerts are not ours.
    ///
    /// # Errors
    /// Whatever is missing or taken.
    pub async fn set(
        production: Production,
        interrupt: CancellationToken,
        out: &mut (dyn Write + Send),
    ) -> Result<Self, PlayError> {
        free_port(production.ports.page)?;
        clear(&production.work)?;
        let broker = Broker::start(&production.work, production.ports.broker).await?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, production.ports.cameras));
        let mut hearing = Hearing::new(TimeZone::system());
        let mut subscriber = Subscriber::start(&broker.address(), "hw-sim-judge")?;
        let listening = timeout(LISTEN_TIMEOUT, hear_listening(&mut subscriber, &mut hearing, out));
        listening.await.map_err(|_elapsed| PlayError::Deaf { port: broker.port() })??;
        let centre = match production.scenario.centre.clone() {
            Some(profile) => Some(CaseCentre::start(profile, broker.address()).await?),
            None => None,
        };
        let cameras = Cameras::start(&production.scenario, &production.media, listen).await?;
        let mut stage = Self {
            production,
            broker,
            cameras,
            subscriber,
            hearing,
            gateway: None,
            centre,
            began_at: Timestamp::now(),
            seen_from: BTreeMap::new(),
            interrupt,
        };
        stage.start_gateway()?;
        Ok(stage)
    }

    /// Starts the gateway, unless it runs.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start_gateway(&mut self) -> Result<(), PlayError> {
        if self.gateway.is_none() {
            let log = self.production.work.join(GATEWAY_LOG);
            let gateway = Gateway::start(&self.production.gateway, &self.production.config, &log)?;
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
        &self.production.config
    }

    /// What was heard so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.hearing.journal
    }

    /// Tells on `out` what is heard, until `met` or for `limit`.
    ///
    /// # Errors
    /// If the gateway ends by itself.
    pub async fn watch(
        &mut self,
        limit: Duration,
        out: &mut (dyn Write + Send),
        mut met: impl FnMut(&Journal) -> bool,
    ) -> Result<Watched, PlayError> {
        let deadline = deadline(limit);
        let mut tick = interval(ARRIVAL_RESOLUTION);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !met(&self.hearing.journal) {
            tokio::select! {
                Some(heard) = self.subscriber.next() => self.hearing.hear(heard, out)?,
                _now = tick.tick() => {
                    self.note_arrivals();
                    if let Some(centre) = &self.centre {
                        centre.tell(out)?;
                    }
                }
                ended = ends(&mut self.gateway) => {
                    self.gateway = None;
                    return Err(ended);
                }
                () = self.interrupt.cancelled() => return Ok(Watched::Interrupted),
                () = sleep_until(deadline) => return Ok(Watched::TimeUp),
            }
        }
        Ok(Watched::Met)
    }

    /// Holds what was heard so far against what was due until now.
    #[must_use]
    pub fn score(&self) -> Score {
        let scenario = &self.production.scenario;
        let seen_until = Timestamp::now();
        let due: Vec<Expectation> = scenario
            .truths
            .iter()
            .flat_map(|truth| {
                let showing = self.showing(truth, seen_until);
                showing.map(|showing| expect(truth, &showing)).unwrap_or_default()
            })
            .collect();
        let zones: Vec<(String, String)> =
            scenario.zones.iter().map(|zone| (zone.camera.clone(), zone.id.clone())).collect();
        let journal = &self.hearing.journal;
        let mut score = Score::of(&due, journal, &zones);
        for camera in &scenario.cameras {
            let reached = self.seen_from.contains_key(&camera.id);
            score.require_sight(&camera.id, reached, journal);
        }
        // What was not answered yet is a matter of time, and no fault.
        score.wrong_answers = self.cases().map_or(0, |cases| cases.faults());
        score
    }

    /// What became of the cases so far, if the scenario has a case centre.
    #[must_use]
    pub fn cases(&self) -> Option<Report> {
        self.centre.as_ref().map(CaseCentre::report)
    }

    /// Ends the gateway, then the broker, each in its own good way. Gives the errors in the
    /// gateway's log, from the beginning of the play: a healthy gateway has none.
    ///
    /// # Errors
    /// If the gateway or the broker does not end in time with status 0.
    pub async fn strike(mut self) -> Result<Vec<String>, PlayError> {
        if let Some(mut gateway) = self.gateway.take() {
            gateway.terminate().await?;
        }
        self.centre = None;
        self.broker.stop().await?;
        let path = self.production.work.join(GATEWAY_LOG);
        let log = fs::read(&path).map_err(|source| PlayError::File { path, source })?;
        Ok(errors_in(&String::from_utf8_lossy(&log)))
    }

    /// How `truth`'s camera was shown. A camera that the gateway never came to could have been
    /// seen from the beginning.
    fn showing(&self, truth: &Truth, seen_until: Timestamp) -> Option<Showing> {
        let mut cameras = self.production.scenario.cameras.iter();
        let camera = cameras.find(|camera| camera.id == truth.camera)?;
        let timeline = self.cameras.handle().timeline(&camera.id)?;
        let zero_at = timeline.clip_zero_at().and_then(|at| Timestamp::try_from(at).ok());
        Some(Showing {
            clip_zero_at: zero_at.unwrap_or(self.began_at),
            clip_length: timeline.clip_duration(),
            playback: camera.playback,
            seen_from: self.seen_from.get(&camera.id).copied().unwrap_or(self.began_at),
            seen_until,
        })
    }

    fn note_arrivals(&mut self) {
        for camera in &self.production.scenario.cameras {
            if !self.seen_from.contains_key(&camera.id)
                && self.cameras.handle().sessions(&camera.id) > 0
            {
                self.seen_from.insert(camera.id.clone(), Timestamp::now());
            }
        }
    }
}

/// `limit` from now, or so far off that nobody is left to see it.
fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now + FOR_EVER)
}

/// Removes what plays leave behind, and nothing else that may lie there.
fn clear(work: &Path) -> Result<(), PlayError> {
    let removals = [
        ("broker", fs::remove_dir_all as fn(PathBuf) -> std::io::Result<()>),
        ("state", fs::remove_dir_all),
        (GATEWAY_LOG, fs::remove_file),
    ];
    for (name, remove) in removals {
        let path = work.join(name);
        match remove(path.clone()) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(PlayError::File { path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lines of level ERROR, which follows the time.
fn errors_in(log: &str) -> Vec<String> {
    let is_error = |line: &&str| line.split_whitespace().nth(1) == Some("ERROR");
    log.lines().filter(is_error).map(str::to_owned).collect()
}

/// Until the subscription stands.
async fn hear_listening(
    subscriber: &mut Subscriber,
    hearing: &mut Hearing,
    out: &mut (dyn Write + Send),
) -> Result<(), PlayError> {
    while let Some(heard) = subscriber.next().await {
        let listening = matches!(heard, Heard::Listening { .. });
        hearing.hear(heard, out)?;
        if listening {
            break;
        }
    }
    Ok(())
}

/// Never, while there is no gateway.
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
