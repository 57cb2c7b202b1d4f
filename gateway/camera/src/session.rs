//! Keeps one camera connected: reads its stream, and connects again when that ends.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use retina::codec::CodecItem;
use tokio_util::sync::CancellationToken;
use tracing::field::display;
use tracing::{info, warn};

use runtime::{Backoff, metrics, utc_now};

use crate::access_unit::AccessUnit;
use crate::codec::Codec;
use crate::connect::{Connected, SessionError, connect};
use crate::health::{Health, SharedHealth};
use crate::media_clock::MediaClock;
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
        let ended = tokio::select! {
            () = shutdown.cancelled() => return,
            connected = connect(&settings) => connected,
        };
        let error = match ended {
            Ok(connected) => match play(connected, &settings, &outputs, &shutdown).await {
                Ok(()) => return,
                Err(error) => error,
            },
            Err(error) => error,
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
    let mut pump = Pump { clock: MediaClock::new(clock_rate_hz), video, online: false, codec };
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
            Ok(Some(Ok(item))) => {
                if pump.take(item, outputs, settings) {
                    limit = settings.silence_timeout;
                    deadline = tokio::time::Instant::now() + limit;
                }
            }
        }
    };
    drop(stream);
    if pump.online {
        let size = described.size_px.map(|(width, height)| display(format!("{width}x{height}")));
        info!(codec = %codec, size, "session ended");
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
}

impl Pump {
    /// Takes one item in; true if it was a picture.
    fn take(&mut self, item: CodecItem, outputs: &SessionOutputs, settings: &Settings) -> bool {
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
                if let Some(ring) = &outputs.ring {
                    ring.lock().offer(&unit);
                }
                if outputs.gate.offer(unit) {
                    (outputs.request_turn)();
                }
                true
            }
            CodecItem::Rtcp(compound) => {
                if let Some((rtp, ntp)) = sender_report(&compound) {
                    self.clock.sender_report(rtp, ntp);
                }
                false
            }
            _ => false,
        }
    }
}

/// The RTP (unwrapped ticks) and NTP timestamps of a compound packet that starts with a report.
pub fn sender_report(compound: &retina::rtcp::ReceivedCompoundPacket) -> Option<(i64, u64)> {
    let rtp = compound.rtp_timestamp()?.timestamp();
    let report = compound.pkts().next()?.as_sender_report().ok()??;
    Some((rtp, report.ntp_timestamp().0))
}
