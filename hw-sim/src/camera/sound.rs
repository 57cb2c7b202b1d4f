//! The sound of one session: silence in PCMA, in the time of the clip.

use std::borrow::Cow;

use bytes::BytesMut;
use tokio::time::Instant;

use super::media::Media;
use super::packet::Packet;
use super::random::random;
use super::side_stream::{SAMPLES_PER_PACKET, SAMPLES_PER_SEC, SILENCE, SOUND_PAYLOAD_TYPE};

/// Samples that are left out at once after a stall, rather than sent in one burst.
const MAX_LATE_SAMPLES: u64 = 8000;

/// A stream of sound that has been set up.
#[derive(Debug)]
pub(crate) struct Sound {
    media: Media,
    ssrc: u32,
    sequence: u16,
    began_at: Option<Instant>,
    samples_sent: u64,
}

impl Sound {
    pub(crate) fn new(media: Media) -> Self {
        let ssrc = (random() & 0xFFFF_FFFF) as u32;
        Self { media, ssrc, sequence: 0, began_at: None, samples_sent: 0 }
    }

    /// The Transport header of the answer to SETUP.
    pub(crate) fn transport_header(&self) -> std::io::Result<String> {
        self.media.header(self.ssrc)
    }

    /// Sends what has sounded until `now`.
    pub(crate) async fn stream(&mut self, now: Instant, outbox: &mut BytesMut) {
        let began_at = *self.began_at.get_or_insert(now);
        let millis = u64::try_from((now - began_at).as_millis()).unwrap_or(u64::MAX);
        let sounded = millis.saturating_mul(u64::from(SAMPLES_PER_SEC)) / 1000;
        if sounded.saturating_sub(self.samples_sent) > MAX_LATE_SAMPLES {
            self.samples_sent = sounded - sounded % u64::from(SAMPLES_PER_PACKET);
        }
        let payload = [SILENCE; SAMPLES_PER_PACKET as usize];
        while self.samples_sent + u64::from(SAMPLES_PER_PACKET) <= sounded {
            let packet = Packet {
                marker: self.samples_sent == 0,
                payload_type: SOUND_PAYLOAD_TYPE,
                sequence: self.sequence,
                timestamp: (self.samples_sent & 0xFFFF_FFFF) as u32,
                ssrc: self.ssrc,
                extension: b"",
                padding: 0,
                payload: Cow::Borrowed(&payload),
                garbage: b"",
            };
            self.media.send_rtp(&packet, outbox).await;
            self.sequence = self.sequence.wrapping_add(1);
            self.samples_sent += u64::from(SAMPLES_PER_PACKET);
        }
    }
}
