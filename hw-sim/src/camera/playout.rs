//! One session's position in a clip: which RTP packet is next, and when.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::time::Instant;

use super::clip::{AccessUnit, Clip};
use super::packet::{Moment, Packet};
use super::rtcp::{SenderReport, ntp_time};
use super::timeline::Timeline;

/// RTP payload type of the video, the first dynamic one (RFC 3551 §6).
pub(crate) const PAYLOAD_TYPE: u8 = 96;

/// What identifies a session's RTP stream, drawn at random as RFC 3550 §5.1 asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamStart {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
}

/// A position in a clip that plays on its camera's timeline.
#[derive(Debug)]
pub(crate) struct Playout {
    clip: Arc<Clip>,
    timeline: Timeline,
    is_looping: bool,
    stream: StreamStart,
    round: u64,
    unit: usize,
    packet: usize,
    sequence: u16,
    packets_sent: u32,
    octets_sent: u32,
    /// Pictures and key frames begun, packets since the latest one, and the first timestamp.
    pictures: u64,
    key_frames: u32,
    since_key_frame: u16,
    first_timestamp: u32,
}

impl Playout {
    /// Begins at the next key frame from `now`; `None` if the clip has not started, or is over.
    pub(crate) fn begin(
        clip: &Arc<Clip>,
        timeline: &Timeline,
        is_looping: bool,
        stream: StreamStart,
        now: Instant,
    ) -> Option<Self> {
        let mut playout = Self {
            clip: Arc::clone(clip),
            timeline: timeline.clone(),
            is_looping,
            stream,
            round: 0,
            unit: 0,
            packet: 0,
            sequence: stream.sequence,
            packets_sent: 0,
            octets_sent: 0,
            pictures: 0,
            key_frames: 0,
            since_key_frame: 0,
            first_timestamp: 0,
        };
        let has_begun = playout.seek_key_frame(now);
        playout.first_timestamp = playout.timestamp();
        has_begun.then_some(playout)
    }

    /// Skips to the next key frame from `now`; false if there is none.
    pub(crate) fn seek_key_frame(&mut self, now: Instant) -> bool {
        let Some(elapsed) = self.timeline.ticks_at(now) else {
            return false;
        };
        let duration = self.clip.duration_ticks();
        // A picture of the round before may still be due, because of its reordering delay.
        let current = elapsed.checked_div(duration).unwrap_or(0);
        let rounds = if self.is_looping { current.saturating_sub(1)..=current + 1 } else { 0..=0 };
        for round in rounds {
            let next = self.clip.access_units().iter().position(|unit| {
                unit.is_key_frame() && round * duration + unit.send_ticks >= elapsed
            });
            if let Some(unit) = next {
                (self.round, self.unit, self.packet) = (round, unit, 0);
                return true;
            }
        }
        self.unit = self.clip.access_units().len();
        false
    }

    fn current(&self) -> Option<&AccessUnit> {
        self.clip.access_units().get(self.unit)
    }

    /// Ticks of clip time at the start of this round.
    fn round_ticks(&self) -> u64 {
        self.round.wrapping_mul(self.clip.duration_ticks())
    }

    /// When the next packet is to be sent; after the last picture of a clip that does not loop, the
    /// end of that picture.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        let ticks = self.current().map_or(self.clip.duration_ticks(), |unit| unit.send_ticks);
        self.timeline.instant_at(self.round_ticks() + ticks)
    }

    /// Whether the clip is over.
    pub(crate) fn is_over(&self) -> bool {
        self.current().is_none()
    }

    /// The next packet and its place in the session; `None` at the end. Moves on.
    pub(crate) fn next_packet(&mut self) -> Option<(Moment, Packet<'_>)> {
        let (unit, packet) = (self.unit, self.packet);
        let (sequence, timestamp) = (self.sequence, self.timestamp());
        let access_unit = self.clip.access_units().get(unit)?;
        let packets = access_unit.payloads.len();
        let is_last = packet + 1 >= packets;
        let size = access_unit.payloads.get(packet).map_or(0, <[u8]>::len);
        if packet == 0 && access_unit.is_key_frame() {
            (self.key_frames, self.since_key_frame) = (self.key_frames.wrapping_add(1), 0);
        }
        let moment = Moment {
            codec: self.clip.codec(),
            picture: self.pictures,
            key_frames: self.key_frames,
            packet,
            packets,
            since_key_frame: self.since_key_frame,
            first_sequence: self.stream.sequence,
            first_timestamp: self.first_timestamp,
            sent: sequence.wrapping_sub(self.stream.sequence),
        };

        self.sequence = self.sequence.wrapping_add(1);
        self.since_key_frame = self.since_key_frame.wrapping_add(1);
        self.packets_sent = self.packets_sent.wrapping_add(1);
        self.octets_sent = self.octets_sent.wrapping_add(u32::try_from(size).unwrap_or(0));
        self.packet = if is_last { 0 } else { packet + 1 };
        if is_last {
            self.pictures += 1;
            self.unit += 1;
            if self.unit == self.clip.access_units().len() && self.is_looping {
                (self.round, self.unit) = (self.round + 1, 0);
            }
        }
        let payload = self.clip.access_units().get(unit)?.payloads.get(packet)?;
        let packet = Packet {
            marker: is_last,
            payload_type: PAYLOAD_TYPE,
            sequence,
            timestamp,
            ssrc: self.stream.ssrc,
            extension: b"",
            padding: 0,
            payload: Cow::Borrowed(payload),
            garbage: b"",
        };
        Some((moment, packet))
    }

    /// The sequence number of the next packet.
    pub(crate) fn sequence(&self) -> u16 {
        self.sequence
    }

    /// The RTP timestamp of the next packet: its capture time, which runs on where the loop starts
    /// again.
    pub(crate) fn timestamp(&self) -> u32 {
        let captured = self.current().map_or(0, |unit| unit.capture_ticks);
        self.rtp_time(self.round_ticks().wrapping_add(captured))
    }

    fn rtp_time(&self, ticks: u64) -> u32 {
        self.stream.timestamp.wrapping_add((ticks & 0xFFFF_FFFF) as u32)
    }

    /// The same instant in RTP time and on the wall clock; `None` before the clip has started.
    pub(crate) fn sender_report(&self, now: Instant) -> Option<SenderReport> {
        Some(SenderReport {
            ssrc: self.stream.ssrc,
            ntp: ntp_time(self.timeline.utc_at(now)?),
            rtp_timestamp: self.rtp_time(self.timeline.ticks_at(now)?),
            packets_sent: self.packets_sent,
            octets_sent: self.octets_sent,
        })
    }
}

#[cfg(test)]
#[path = "playout_tests.rs"]
mod tests;
