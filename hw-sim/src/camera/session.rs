//! An RTSP session: one client's stream of one camera, from SETUP to its end.

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

/// A client that sends neither a request nor an RTCP packet for this long is taken to be gone. The
/// Session header says so (RFC 2326 §12.37).
pub(crate) const SESSION_TIMEOUT: Duration = Duration::from_secs(60);

/// RFC 3550 §6.2 allows 5 s; with less, the receiver knows capture times sooner.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// Datagrams sent at once, and the pause after them. A key frame of a hundred packets in one burst
/// would overflow the 208 KiB that a Linux receiver has by default.
const DATAGRAMS_PER_BURST: usize = 16;
const BURST_PAUSE: Duration = Duration::from_millis(1);

/// A session that has been set up.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    camera: Arc<Camera>,
    media: Media,
    faults: watch::Receiver<CameraFaults>,
    cuts_before: u64,
    stream: StreamStart,
    playout: Option<Playout>,
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
}

impl Session {
    pub(crate) fn new(camera: &Arc<Camera>, media: Media) -> Self {
        let [identity, start] = [random(), random()];
        let now = Instant::now();
        let faults = camera.faults.subscribe();
        let cuts_before = faults.borrow().cuts;
        Self {
            id: format!("{:016x}", random()),
            camera: Arc::clone(camera),
            media,
            faults,
            cuts_before,
            stream: StreamStart {
                ssrc: (identity & 0xFFFF_FFFF) as u32,
                sequence: (start & 0xFFFF) as u16,
                timestamp: (start >> 32) as u32,
            },
            playout: None,
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

    /// The Transport header of the answer to SETUP.
    pub(crate) fn transport_header(&self) -> std::io::Result<String> {
        self.media.header(self.stream.ssrc)
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.playout.is_some()
    }

    /// Begins to stream, and gives the sequence number and RTP timestamp of the first packet;
    /// `None` if the clip is over.
    pub(crate) fn play(&mut self) -> Option<(u16, u32)> {
        let now = Instant::now();
        self.camera.timeline.start();
        let settings = &self.camera.settings;
        let is_looping = settings.playback == Playback::Loop;
        let timeline = &self.camera.timeline;
        let playout = Playout::begin(&settings.clip, timeline, is_looping, self.stream, now)?;
        let first = (playout.sequence(), playout.timestamp());
        self.playout = Some(playout);
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

    /// Waits for an event from outside the connection.
    pub(crate) async fn next_event(&mut self) -> SessionEvent {
        tokio::select! {
            () = self.media.sign_of_life() => SessionEvent::ClientAlive,
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
        let Some(playout) = &mut self.playout else {
            return true;
        };
        if self.faults.borrow().is_stalled {
            return true;
        }
        if self.report_at <= now {
            if let Some(report) = playout.sender_report(now) {
                self.media.send_rtcp(&report.compound(&self.camera.cname), outbox).await;
            }
            self.report_at = now + REPORT_EVERY;
        }
        let burst = match self.media {
            Media::Interleaved { .. } => usize::MAX,
            Media::Udp { .. } => DATAGRAMS_PER_BURST,
        };
        let mut sent = 0;
        while self.paced_until <= now && playout.due_at().is_some_and(|due_at| due_at <= now) {
            let Some(packet) = playout.next_packet() else {
                if let Some(report) = playout.sender_report(now) {
                    let goodbye = report.compound_with_goodbye(&self.camera.cname);
                    self.media.send_rtcp(&goodbye, outbox).await;
                }
                return false;
            };
            self.media.send_rtp(&packet, outbox).await;
            sent += 1;
            if sent == burst {
                self.paced_until = now + BURST_PAUSE;
            }
        }
        true
    }
}
