//! A camera's video while it plays: the line and one client, side by side in one task.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures::FutureExt;
use scene::CaptureTime;
use tokio::time::{Instant, timeout};
use url::Url;

use runtime::utc_now;

use crate::access_unit::{AccessUnit, Units};
use crate::codec::Codec;
use crate::coded::{ClientEnd, Coded};
use crate::compatible::Compatible;
use crate::fault::SessionError;
use crate::hand_over::HandOver;
use crate::line::{self, Presentation, Report, SharedSeen};
use crate::media_clock::MediaClock;
use crate::native::Native;
use crate::settings::{Client, Settings};

/// How long the end of a session may take, with its TEARDOWN.
const FAREWELL_LIMIT: Duration = Duration::from_secs(2);

/// How long after the line's end its client may bring what it still has.
const LAST_PICTURES_LIMIT: Duration = Duration::from_millis(500);

/// The steps of a session that wait for the camera: connecting, DESCRIBE, SETUP, PLAY, each with a log-in.
const STEPS: u32 = 8;

type Line = Pin<Box<dyn Future<Output = SessionError> + Send>>;

enum Source {
    Native(Box<Native>),
    Compatible(Compatible),
}

impl Source {
    async fn next(&mut self) -> Result<Coded, ClientEnd> {
        match self {
            Self::Native(native) => {
                let next = AssertUnwindSafe(native.next()).catch_unwind().await;
                next.unwrap_or(Err(ClientEnd::Panicked))
            }
            Self::Compatible(compatible) => compatible.next().await,
        }
    }
}

/// What a camera says of its stream before the first picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Its codec.
    pub codec: Codec,
    /// Pictures a second.
    pub framerate: Option<f32>,
    /// Server name, if it gives one; fit to be shown.
    pub tool: Option<String>,
}

/// A video that plays.
pub struct Video {
    /// Which client plays it.
    pub client: Client,
    /// What the camera says of it.
    pub described: Described,
    source: Option<Source>,
    line: Option<Line>,
    ended: Option<SessionError>,
    seen: SharedSeen,
    units: Units,
    clock: MediaClock,
    report: Option<Report>,
    latest: Option<(i64, CaptureTime)>,
}

impl Video {
    /// Plays `settings.url` with one client, `Native` or `Compatible`.
    ///
    /// # Errors
    /// Why it does not play.
    pub(crate) async fn play(
        settings: &Settings,
        client: Client,
        handed_over: &HandOver,
    ) -> Result<Self, SessionError> {
        let seen = match client {
            Client::Compatible => SharedSeen::telling(handed_over.clone()),
            // The native client works on the session's own thread.
            Client::Auto | Client::Native => SharedSeen::default(),
        };
        let (url, line) = line::open(settings, seen.clone()).await?;
        let mut line: Line = Box::pin(line);
        let limit = settings.step_timeout * STEPS;
        let started = {
            let starting =
                AssertUnwindSafe(start(settings, client, &url, seen.clone())).catch_unwind();
            tokio::select! {
                ended = &mut line => return Err(ended),
                started = timeout(limit, starting) => started,
            }
        };
        let failed = match started {
            Ok(Ok(Ok(source))) => return Self::of(source, client, line, seen, settings).await,
            Ok(Ok(Err(Start::Machine))) => {
                SessionError::Machine("no thread for the compatible client")
            }
            Ok(Ok(Err(Start::Client))) => SessionError::Unplayable { client },
            Ok(Err(_panic)) => SessionError::Panicked { client },
            Err(_) => SessionError::Timeout { step: "the start of the stream", limit },
        };
        // The client gave up; the camera may know better why, and is to be told.
        let farewell = timeout(FAREWELL_LIMIT, line).await;
        Err(match farewell {
            Ok(ended) if !matches!(ended, SessionError::Ended) => ended,
            _ => failed,
        })
    }

    async fn of(
        source: Source,
        client: Client,
        mut line: Line,
        seen: SharedSeen,
        settings: &Settings,
    ) -> Result<Self, SessionError> {
        let limit = settings.step_timeout * STEPS;
        let deadline = Instant::now() + limit;
        // The compatible client starts by itself: its first picture says that it has begun.
        let found = loop {
            let found: Option<Presentation> = seen.lock().presentation.clone();
            if let Some(found) = found {
                break found;
            }
            tokio::select! {
                ended = &mut line => return Err(match ended {
                    SessionError::Ended => SessionError::Unplayable { client },
                    ended => ended,
                }),
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            if Instant::now() > deadline {
                return Err(SessionError::Timeout { step: "the start of the stream", limit });
            }
        };
        let (codec, framerate, tool) = (found.codec, found.framerate, found.tool);
        Ok(Self {
            client,
            described: Described { codec, framerate, tool },
            source: Some(source),
            line: Some(line),
            ended: None,
            seen,
            units: Units::new(codec, &found.parameter_sets),
            clock: MediaClock::new(found.clock_rate_hz),
            report: None,
            latest: None,
        })
    }

    /// Its codec.
    pub fn codec(&self) -> Codec {
        self.units.codec()
    }

    /// The next access unit. Nothing is lost if it is dropped.
    ///
    /// # Errors
    /// Why there are no more.
    pub async fn next(&mut self) -> Result<AccessUnit, SessionError> {
        loop {
            match self.next_coded().await? {
                Ok(coded) if self.units.is_picture(&coded) => return Ok(self.unit(coded)),
                Ok(_no_picture) => {}
                Err(end) => return Err(self.end(end).await),
            }
        }
    }

    /// What the client hands over next, or the error with which the line ended.
    async fn next_coded(&mut self) -> Result<Result<Coded, ClientEnd>, SessionError> {
        loop {
            let Some(source) = &mut self.source else { return Err(SessionError::Ended) };
            let Some(line) = &mut self.line else {
                // What the line handed on before it ended.
                return match timeout(LAST_PICTURES_LIMIT, source.next()).await {
                    Ok(Ok(coded)) => Ok(Ok(coded)),
                    _ => Err(self.ended.take().unwrap_or(SessionError::Ended)),
                };
            };
            tokio::select! {
                next = source.next() => return Ok(next),
                ended = line => {
                    self.ended = Some(ended);
                    self.line = None;
                }
            }
        }
    }

    /// Why the client ended: the camera's reason, if there is one.
    async fn end(&mut self, end: ClientEnd) -> SessionError {
        self.source = None;
        let line = match self.line.take() {
            Some(line) => timeout(FAREWELL_LIMIT, line).await.ok(),
            None => self.ended.take(),
        };
        match (line, end) {
            (Some(line), _) if !matches!(line, SessionError::Ended) => line,
            (_, ClientEnd::Closed) => SessionError::Ended,
            (_, ClientEnd::Failed) => SessionError::Unplayable { client: self.client },
            (_, ClientEnd::Panicked) => SessionError::Panicked { client: self.client },
        }
    }

    fn unit(&mut self, coded: Coded) -> AccessUnit {
        let arrived_at = utc_now();
        // A client that cannot tell the time of a picture leaves its arrival.
        let rtp = coded.rtp.unwrap_or_else(|| self.clock.ticks_at(arrived_at));
        let report = self.seen.lock().report;
        if let Some(report) = report.filter(|report| Some(*report) != self.report) {
            self.report = Some(report);
            self.clock.sender_report(near(report.rtp, rtp), report.ntp);
        }
        let (captured_at, clock) = self.clock.capture_time(rtp, arrived_at);
        self.latest = Some((rtp, arrived_at));
        self.units.unit(coded, captured_at, clock)
    }

    /// The camera's clock minus the gateway's at the latest picture, in milliseconds, if it reports one.
    pub fn camera_offset_ms(&self) -> Option<i64> {
        let (rtp, arrived_at) = self.latest?;
        self.clock.offset_ms(rtp, arrived_at)
    }

    /// Why no picture came for so long: the camera may have sent what its client makes nothing of.
    pub(crate) fn silence(&self, limit: Duration) -> SessionError {
        let mut seen = self.seen.lock();
        if seen.packets.passed > 0 && self.latest.is_none() {
            return SessionError::Unplayable { client: self.client };
        }
        // Many a camera plays for weeks and answers no sign of life: that is no reason for silence.
        let refusal = seen.unheard.take().filter(SessionError::must_not_be_repeated);
        refusal.unwrap_or(SessionError::Silent { limit })
    }

    /// Packets that the camera sent twice, and how often its stream began anew within the session.
    pub fn oddities(&self) -> (u64, u64) {
        let packets = self.seen.lock().packets;
        (packets.repeated, packets.restarts)
    }

    /// Ends the session at the camera; false if the camera does not answer that.
    pub async fn close(mut self) -> bool {
        self.source = None;
        match self.line.take() {
            Some(line) => timeout(FAREWELL_LIMIT, line).await.is_ok(),
            None => true,
        }
    }
}

/// The unwrapped form of an RTP timestamp that lies near `rtp`.
fn near(timestamp: u32, rtp: i64) -> i64 {
    let low = u32::from_le_bytes({
        let [a, b, c, d, ..] = rtp.to_le_bytes();
        [a, b, c, d]
    });
    let ahead = timestamp.wrapping_sub(low).cast_signed();
    rtp.saturating_add(i64::from(ahead))
}

enum Start {
    Machine,
    Client,
}

async fn start(
    settings: &Settings,
    client: Client,
    url: &Url,
    seen: SharedSeen,
) -> Result<Source, Start> {
    match client {
        Client::Auto | Client::Native => {
            let native = Native::connect(url).await.map_err(|_| Start::Client)?;
            Ok(Source::Native(Box::new(native)))
        }
        Client::Compatible => {
            let compatible = Compatible::start(&settings.camera, url, seen);
            compatible.map(Source::Compatible).map_err(|_| Start::Machine)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_placed_near_the_picture() {
        let wrapped = i64::from(u32::MAX) + 10;
        assert_eq!(near(5, wrapped), wrapped - 4);
        assert_eq!(near(u32::MAX, wrapped), wrapped - 10);
        assert_eq!(near(100, 90), 100);
        assert_eq!(near(u32::MAX, 3), -1);
    }
}
