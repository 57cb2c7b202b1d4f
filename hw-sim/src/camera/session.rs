//! An RTSP session: one client's streams of one camera, from the first SETUP to its end.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::sync::watch;
use tokio::time::Instant;

use super::camera_set::{Camera, CameraFaults};
use super::media::Media;
use super::playout::{Playout, StreamStart};
use super::random::random;
use super::simulated::Playback;
use super::sound::Sound;

/// RFC 3550 §6.2 allows 5 s; with less, the receiver knows capture times sooner.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// Datagrams sent at once, and the pause after them. A key frame of a hundred packets in one burst
/// would overflow the 208 KiB that a Linux receiver has by default.
const DATAGRAMS_PER_BURST: usize = 16;
const BURST_PAUSE: Duration = Duration::from_millis(1);

/// A session of which at least one stream has been set up.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    camera: Arc<Camera>,
    video: Option<Media>,
    sound: Option<Sound>,
    faults: watch::Receiver<CameraFaults>,
    cuts_before: u64,
    stream: StreamStart,
    playout: Option<Playout>,
    played_at: Option<Instant>,
    /// Packets that quirks sent, if one of them changes packets.
    sent: u16,
    reports: u32,
    report_at: Instant,
    paced_until: Instant,
}

/// What can happen to a session besides its own schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionEvent {
    /// The client gave a sign of life.
    ClientAlive,
    /// The camera stalled, or goes on.
    FaultsChanged,
    /// The camera's connections are to be cut.
    Cut,
    /// The camera forgets the session.
    Forgotten,
}

impl Session {
    pub(crate) fn new(camera: &Arc<Camera>) -> Self {
        let [identity, start] = [random(), random()];
        let now = Instant::now();
        let faults = camera.faults.subscribe();
        let cuts_before = faults.borrow().cuts;
        Self {
            id: format!("{:016x}", random()),
            camera: Arc::clone(camera),
            video: None,
            sound: None,
            faults,
            cuts_before,
            stream: StreamStart {
                ssrc: (identity & 0xFFFF_FFFF) as u32,
                sequence: (start & 0xFFFF) as u16,
                timestamp: (start >> 32) as u32,
            },
            playout: None,
            played_at: None,
            sent: 0,
            reports: 0,
            report_at: now,
            paced_until: now,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn camera(&self) -> &Arc<Camera> {
        &self.camera
    }

    /// Adds the video, and gives the Transport header of the answer to SETUP.
    pub(crate) fn add_video(&mut self, media: Media) -> std::io::Result<String> {
        self.video.insert(media).header(self.stream.ssrc)
    }

    /// Adds the sound, likewise.
    pub(crate) fn add_sound(&mut self, media: Media) -> std::io::Result<String> {
        self.sound.insert(Sound::new(media)).transport_header()
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.playout.is_some()
    }

    /// SSRC and next sequence number.
    pub(crate) fn identity(&self) -> (u32, u16) {
        (self.stream.ssrc, self.playout.as_ref().map_or(self.stream.sequence, Playout::sequence))
    }

    /// Begins to stream, and gives the sequence number and RTP timestamp of the first packet;
    /// `None` if the clip is over, or no video is set up.
    pub(crate) fn play(&mut self) -> Option<(u16, u32)> {
        self.video.as_ref()?;
        let now = Instant::now();
        self.camera.timeline.start();
        let settings = &self.camera.settings;
        let is_looping = settings.playback == Playback::Loop;
        let timeline = &self.camera.timeline;
        let early = settings.quirks.joins_early().and_then(|span| now.checked_sub(span));
        let late = settings.quirks.joins_late().map(|span| now + span);
        let joined_at = early.or(late).unwrap_or(now);
        let playout = Playout::begin(&settings.clip, timeline, is_looping, self.stream, joined_at)?;
        let first = (playout.sequence(), playout.timestamp());
        self.playout = Some(playout);
        self.played_at = Some(now);
        (self.report_at, self.paced_until) = (now, now);
        Some(first)
    }

    /// When something is to be sent next; `None` while nothing is.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        if self.faults.borrow().is_stalled {
            return None;
        }
        let media_at = self.playout.as_ref()?.due_at()?.max(self.paced_until);
        Some(media_at.min(self.report_at))
    }

    /// Waits for an event from outside the connection, or for the end that a quirk sets.
    pub(crate) async fn next_event(&mut self) -> SessionEvent {
        let quirks = self.camera.settings.quirks;
        let end = |span: Option<Duration>| self.played_at.zip(span).map(|(at, span)| at + span);
        let (closes_at, forgets_at) = (end(quirks.closes_after()), end(quirks.forgets_after()));
        tokio::select! {
            () = sign_of_life(self.video.as_ref()) => SessionEvent::ClientAlive,
            () = sleep_until(closes_at) => SessionEvent::Cut,
            () = sleep_until(forgets_at) => SessionEvent::Forgotten,
            changed = self.faults.changed() => match changed {
                Ok(()) if self.faults.borrow().cuts == self.cuts_before => {
                    SessionEvent::FaultsChanged
                }
                // Without its sender the server is gone.
                _ => SessionEvent::Cut,
            },
        }
    }

    /// After a stall the camera shows the present, from the next key frame on.
    pub(crate) fn resume(&mut self) {
        let now = Instant::now();
        if let Some(playout) = self.playout.as_mut().filter(|playout| !playout.is_over()) {
            playout.seek_key_frame(now);
        }
        self.report_at = now;
    }

    /// Sends what is due; false once the clip is over and the goodbye is sent.
    pub(crate) async fn stream(&mut self, outbox: &mut BytesMut) -> bool {
        let now = Instant::now();
        let (Some(playout), Some(media)) = (&mut self.playout, &self.video) else {
            return true;
        };
        if self.faults.borrow().is_stalled {
            return true;
        }
        let quirks = self.camera.settings.quirks;
        if self.report_at <= now {
            let report = playout.sender_report(now);
            if let Some(report) = report.and_then(|report| quirks.report(self.reports, report)) {
                media.send_rtcp(&report.compound(&self.camera.cname), outbox).await;
            }
            self.reports = self.reports.wrapping_add(1);
            self.report_at = now + REPORT_EVERY;
        }
        if let Some(sound) = &mut self.sound {
            sound.stream(now, outbox).await;
        }
        let burst = if media.is_interleaved() { usize::MAX } else { DATAGRAMS_PER_BURST };
        let mut sent = 0;
        while self.paced_until <= now && playout.due_at().is_some_and(|due_at| due_at <= now) {
            let Some((mut moment, packet)) = playout.next_packet() else {
                if let Some(report) = playout.sender_report(now) {
                    let goodbye = report.compound_with_goodbye(&self.camera.cname);
                    media.send_rtcp(&goodbye, outbox).await;
                }
                return false;
            };
            if quirks.touch_packets() {
                moment.sent = self.sent;
                for packet in quirks.packets(&moment, packet) {
                    media.send_rtp(&packet, outbox).await;
                    self.sent = self.sent.wrapping_add(1);
                }
            } else {
                media.send_rtp(&packet, outbox).await;
            }
            sent += 1;
            if sent == burst {
                self.paced_until = now + BURST_PAUSE;
            }
        }
        true
    }
}

async fn sign_of_life(media: Option<&Media>) {
    match media {
        Some(media) => media.sign_of_life().await,
        None => std::future::pending().await,
    }
}

/// Sleeps for ever without a time.
pub(crate) async fn sleep_until(wake_at: Option<Instant>) {
    match wake_at {
        Some(wake_at) => tokio::time::sleep_until(wake_at).await,
        None => std::future::pending().await,
    }
}
