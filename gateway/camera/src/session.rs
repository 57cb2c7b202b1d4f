//! Keeps one camera connected: reads its stream, and connects again when that ends.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use runtime::{Recurring, metrics};

use crate::access_unit::AccessUnit;
use crate::deadline::Deadline;
use crate::decoder_limits::DecoderLimits;
use crate::fault::SessionError;
use crate::hand_over::HandOver;
use crate::health::{Health, SharedHealth};
use crate::learnt::SharedLearnt;
use crate::pace::Pace;
use crate::picture_pace::{PicturePace, Verdict};
use crate::ring::SharedRing;
use crate::settings::{Client, Settings};
use crate::share::Share;
use crate::shared_gate::SharedGate;
use crate::video::Video;

/// A camera that showed pictures for so long was well: what ends that is told at once.
const STEADY: Duration = Duration::from_mins(5);

/// Where a session puts what it learns.
#[derive(Clone)]
pub struct SessionOutputs {
    /// Access units, for the worker.
    pub gate: Arc<SharedGate>,
    /// Called when a worker should come for a picture. Must not block.
    pub request_turn: Arc<dyn Fn() + Send + Sync>,
    /// How the camera is.
    pub health: SharedHealth,
    /// Who hears when what the camera sends goes to another thread.
    pub handed_over: HandOver,
    /// What is known of the camera, and who hears what more is learnt.
    pub learnt: SharedLearnt,
    /// Where the latest pictures stay for a clip, if clips are wanted.
    pub ring: Option<SharedRing>,
    /// The log is told when its pictures come and go: not of a camera whose sessions end every few seconds.
    pub is_news: bool,
}

/// Runs the session of one camera until `shutdown`, reconnecting with jittered back-off.
///
/// A panic in a client, or a camera that makes it work without end, costs this camera a session and no other
/// anything.
pub async fn stay_connected(
    settings: Settings,
    outputs: SessionOutputs,
    shutdown: CancellationToken,
) {
    let before = outputs.learnt.before;
    let mut pace = Pace::new(settings.client, before, Instant::now());
    let mut outages = Recurring::default();
    tokio::select! {
        () = shutdown.cancelled() => return,
        () = tokio::time::sleep(before.pause) => {}
    }
    loop {
        let client = pace.client(Instant::now());
        let (pictures, began_at) = (AtomicU64::new(0), Instant::now());
        let outputs = SessionOutputs { is_news: outages.is_told(), ..outputs.clone() };
        let ended = one_session(&settings, client, &outputs, &pictures, &shutdown).await;
        let Err(error) = ended else { return };
        let showed_pictures = pictures.load(Ordering::Relaxed) > 0;
        let pause = pace.pause(client, &error, showed_pictures, Instant::now());
        outputs.learnt.tell(pace.learnt(&error, pause, Instant::now()));
        metrics::camera_session_ended(&settings.camera);
        if pause.is_zero() {
            info!(%error, "the compatible client takes over");
            continue;
        }
        let reason = error.advice(settings.client);
        let retry_in_secs = (pause.as_secs_f64() * 10.0).round() / 10.0;
        if showed_pictures && began_at.elapsed() >= STEADY {
            outages = Recurring::default();
        }
        if let Some(times) = outages.happens(&reason, Instant::now().into_std()) {
            warn!(reason, times, retry_in_secs, "camera offline");
        }
        outputs.health.set(Health::Offline { reason });
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One session with one client, held to its share, its panics caught; `Ok` means that shutdown was asked for.
pub(crate) async fn one_session(
    settings: &Settings,
    client: Client,
    outputs: &SessionOutputs,
    pictures: &AtomicU64,
    shutdown: &CancellationToken,
) -> Result<(), SessionError> {
    let session = session(settings, client, outputs, pictures, shutdown);
    match AssertUnwindSafe(Share::new(session)).catch_unwind().await {
        Ok(Ok(ended)) => ended,
        Ok(Err(_greedy)) => Err(SessionError::Greedy),
        Err(_panic) => Err(SessionError::Panicked { client }),
    }
}

async fn session(
    settings: &Settings,
    client: Client,
    outputs: &SessionOutputs,
    pictures: &AtomicU64,
    shutdown: &CancellationToken,
) -> Result<(), SessionError> {
    let mut video = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        video = Video::play(settings, client, &outputs.handed_over) => video?,
    };
    outputs.health.answered();
    let ended = pump(&mut video, settings, outputs, pictures, shutdown).await;
    if pictures.load(Ordering::Relaxed) > 0 {
        tell(outputs.is_news, "session ended", &video);
    }
    if !video.close().await {
        warn!("no answer to TEARDOWN; the camera will time the session out");
    }
    ended
}

/// One session of many like it is told to who looks closely only.
fn tell(is_news: bool, what: &str, video: &Video) {
    let (codec, client) = (video.codec(), video.client);
    match is_news {
        true => info!(%codec, %client, "{what}"),
        false => debug!(%codec, %client, "{what}"),
    }
}

/// Hands pictures on until there are no more.
async fn pump(
    video: &mut Video,
    settings: &Settings,
    outputs: &SessionOutputs,
    pictures: &AtomicU64,
    shutdown: &CancellationToken,
) -> Result<(), SessionError> {
    let codec = video.codec();
    outputs.gate.restart(codec);
    if let Some(ring) = &outputs.ring {
        ring.lock().restart(codec);
    }
    let mut limit = settings.first_frame_timeout;
    let mut deadline = Deadline::after(limit);
    let mut pace = PicturePace::new(Instant::now().into_std());
    let limits = DecoderLimits::new(settings.max_picture_px);
    loop {
        let next = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            next = timeout_at(deadline.at(), video.next()) => next,
        };
        let unit = match next {
            Err(_) if deadline.has_passed() => return Err(video.silence(limit)),
            Err(_) => continue,
            Ok(unit) => unit?,
        };
        let now = Instant::now();
        limit = settings.silence_timeout;
        deadline = Deadline::after(limit);
        if pictures.fetch_add(1, Ordering::Relaxed) == 0 {
            tell(outputs.is_news, "camera online", video);
            outputs.health.set(Health::Online { codec });
        }
        match pace.judge(&unit, now.into_std()) {
            Verdict::Passes => hand_on(unit, &limits, settings, outputs),
            Verdict::Dropped { is_first } => {
                metrics::pictures_beyond_pace(&settings.camera);
                if is_first {
                    let limits = PicturePace::LIMITS;
                    warn!(limits, "the camera sends too much; waiting for a key frame");
                }
            }
            Verdict::SentAway => return Err(SessionError::Flood { what: PicturePace::LIMITS }),
        }
        // A camera that sent many pictures at once has them judged one by one, between those of others. Only
        // where it lets go of the thread is its share measured.
        yield_now().await;
    }
}

fn hand_on(
    unit: AccessUnit,
    limits: &DecoderLimits,
    settings: &Settings,
    outputs: &SessionOutputs,
) {
    if unit.loss > 0 {
        metrics::rtp_packets_lost(&settings.camera, unit.loss);
    }
    if let Some(ring) = &outputs.ring {
        // What no decoder may take is not kept for clips either: who cuts a clip looks into its first
        // pictures with a decoder of libavformat's own. The gate gets the unit all the same, so that
        // the camera's status says what is wrong.
        let codec = outputs.gate.codec();
        let mut ring = ring.lock();
        match limits.check(codec, &unit.data) {
            Ok(()) => ring.offer(&unit),
            Err(_too_large) => ring.restart(codec),
        }
    }
    if outputs.gate.offer(unit) {
        (outputs.request_turn)();
    }
}

#[cfg(test)]
mod tests;
