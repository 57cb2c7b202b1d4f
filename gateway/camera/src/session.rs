//! Keeps one camera connected: reads its stream, and connects again when that ends.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt};
use retina::codec::CodecItem;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use runtime::{Backoff, metrics, utc_now};

use crate::access_unit::AccessUnit;
use crate::codec::Codec;
use crate::connect::{Connected, SessionError, connect};
use crate::decoder_limits::DecoderLimits;
use crate::health::{Health, SharedHealth};
use crate::media_clock::MediaClock;
use crate::pace::{Pace, Verdict};
use crate::ring::SharedRing;
use crate::settings::Settings;
use crate::shared_gate::SharedGate;

/// How long a TEARDOWN may take before the session is left to time out at the camera.
const TEARDOWN_LIMIT: Duration = Duration::from_secs(2);

/// After a session of this length the back-off starts again at its shortest pause.
const GOOD_SESSION: Duration = Duration::from_secs(30);

/// Where a session puts what it learns.
#[derive(Clone)]
pub struct SessionOutputs {
    /// Access units, for the worker.
    pub gate: Arc<SharedGate>,
    /// Called when a worker should come for a picture. Must not block.
    pub request_turn: Arc<dyn Fn() + Send + Sync>,
    /// How the camera is.
    pub health: SharedHealth,
    /// Where the latest pictures stay for a clip, if clips are wanted.
    pub ring: Option<SharedRing>,
}

/// Runs the session of one camera until `shutdown`, reconnecting with jittered back-off.
pub async fn stay_connected(
    settings: Settings,
    outputs: SessionOutputs,
    shutdown: CancellationToken,
) {
    let mut backoff = Backoff::default();
    loop {
        let started_at = tokio::time::Instant::now();
        // A panic of the RTSP client, which reads what a stranger sends, costs this session only.
        let session = AssertUnwindSafe(one_session(&settings, &outputs, &shutdown));
        let error = match session.catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_panic) => SessionError::Confused,
        };
        if started_at.elapsed() > GOOD_SESSION {
            backoff.reset();
        }
        let pause = backoff.next_delay();
        warn!(%error, retry_in_secs = pause.as_secs_f32(), "camera offline");
        metrics::camera_session_ended(&settings.camera);
        outputs.health.set(Health::Offline { reason: error.to_string() });
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Connects and plays until the session ends; `Ok` means that shutdown was asked for.
async fn one_session(
    settings: &Settings,
    outputs: &SessionOutputs,
    shutdown: &CancellationToken,
) -> Result<(), SessionError> {
    let connected = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        connected = connect(settings) => connected?,
    };
    play(connected, settings, outputs, shutdown).await
}

/// Pumps one playing session; `Ok` means that shutdown was asked for.
async fn play(
    connected: Connected,
    settings: &Settings,
    outputs: &SessionOutputs,
    shutdown: &CancellationToken,
) -> Result<(), SessionError> {
    let Connected { mut stream, video, codec, clock_rate_hz, described, group } = connected;
    outputs.gate.restart(codec);
    if let Some(ring) = &outputs.ring {
        ring.lock().restart(codec);
    }
    let clock = MediaClock::new(clock_rate_hz);
    let (pace, limits) = (Pace::new(Instant::now()), DecoderLimits::new(settings.max_picture_px));
    let mut pump = Pump { clock, video, online: false, codec, pace, limits };
    let mut limit = settings.first_frame_timeout;
    let mut deadline = tokio::time::Instant::now() + limit;
    let ended = loop {
        let item = tokio::select! {
            () = shutdown.cancelled() => break Ok(()),
            item = tokio::time::timeout_at(deadline, stream.next()) => item,
        };
        match item {
            Err(_) => break Err(SessionError::Silent { limit }),
            Ok(None) => break Err(SessionError::Ended),
            Ok(Some(Err(error))) => break Err(SessionError::broken(&error)),
            Ok(Some(Ok(item))) => match pump.take(item, outputs, settings) {
                ControlFlow::Continue(true) => {
                    limit = settings.silence_timeout;
                    deadline = tokio::time::Instant::now() + limit;
                }
                ControlFlow::Continue(false) => {}
                ControlFlow::Break(error) => break Err(error),
            },
        }
    };
    drop(stream);
    if pump.online {
        info!(codec = %codec, size = ?described.size_px, "session ended");
    }
    if tokio::time::timeout(TEARDOWN_LIMIT, group.await_teardown()).await.is_err() {
        warn!("no answer to TEARDOWN; the camera will time the session out");
    }
    ended
}

struct Pump {
    clock: MediaClock,
    video: usize,
    online: bool,
    codec: Codec,
    pace: Pace,
    limits: DecoderLimits,
}

impl Pump {
    /// Takes one item in; true if it was a picture. Breaks if the session must end.
    fn take(
        &mut self,
        item: CodecItem,
        outputs: &SessionOutputs,
        settings: &Settings,
    ) -> ControlFlow<SessionError, bool> {
        match item {
            CodecItem::VideoFrame(frame) if frame.stream_id() == self.video => {
                let arrived_at = utc_now();
                let rtp = frame.timestamp().timestamp();
                let (captured_at, clock) = self.clock.capture_time(rtp, arrived_at);
                if frame.loss() > 0 {
                    metrics::rtp_packets_lost(&settings.camera, frame.loss());
                }
                if !self.online {
                    self.online = true;
                    info!(codec = %self.codec, "camera online");
                    outputs.health.set(Health::Online { codec: self.codec });
                }
                let unit = AccessUnit::new(self.codec, frame, captured_at, clock);
                match self.pace.judge(&unit, Instant::now()) {
                    Verdict::Passes => {}
                    Verdict::Dropped { is_first } => {
                        metrics::pictures_beyond_pace(&settings.camera);
                        if is_first {
                            let limits = Pace::limits();
                            warn!(limits, "the camera sends too much; waiting for a key frame");
                        }
                        return ControlFlow::Continue(true);
                    }
                    Verdict::SentAway => {
                        return ControlFlow::Break(SessionError::TooMuch {
                            limits: Pace::limits(),
                        });
                    }
                }
                if let Some(ring) = &outputs.ring {
                    self.keep(ring, &unit);
                }
                if outputs.gate.offer(unit) {
                    (outputs.request_turn)();
                }
                ControlFlow::Continue(true)
            }
            CodecItem::Rtcp(compound) => {
                if let Some((rtp, ntp)) = sender_report(&compound) {
                    self.clock.sender_report(rtp, ntp);
                }
                ControlFlow::Continue(false)
            }
            _ => ControlFlow::Continue(false),
        }
    }

    /// Keeps a unit for clips. What no decoder may take is not kept either: who cuts a clip looks into
    /// its first pictures with a decoder of libavformat's own. The gate gets the unit all the same, so
    /// that the camera's status says what is wrong.
    fn keep(&self, ring: &SharedRing, unit: &AccessUnit) {
        let mut ring = ring.lock();
        match self.limits.check(self.codec, &unit.data) {
            Ok(()) => ring.offer(unit),
            Err(_too_large) => ring.restart(self.codec),
        }
    }
}

/// The RTP (unwrapped ticks) and NTP timestamps of a compound packet that starts with a report.
pub fn sender_report(compound: &retina::rtcp::ReceivedCompoundPacket) -> Option<(i64, u64)> {
    let rtp = compound.rtp_timestamp()?.timestamp();
    let report = compound.pkts().next()?.as_sender_report().ok()??;
    Some((rtp, report.ntp_timestamp().0))
}

#[cfg(test)]
mod tests;
