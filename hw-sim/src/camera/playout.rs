//! One session's position in a clip: which RTP packet is next, and when.

use std::sync::Arc;

use tokio::time::Instant;

use super::clip::{AccessUnit, Clip};
use super::rtcp::SenderReport;
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

/// An RTP packet as it is sent: fixed header (RFC 3550 §5.1) and payload.
#[derive(Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) header: [u8; 12],
    pub(crate) payload: &'a [u8],
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
        };
        playout.seek_key_frame(now).then_some(playout)
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

    /// The next packet; `None` at the end. Moves on.
    pub(crate) fn next_packet(&mut self) -> Option<Packet<'_>> {
        let (unit, packet) = (self.unit, self.packet);
        let (sequence, timestamp) = (self.sequence, self.timestamp());
        let access_unit = self.clip.access_units().get(unit)?;
        let is_last = packet + 1 >= access_unit.payloads.len();
        let size = access_unit.payloads.get(packet).map_or(0, <[u8]>::len);

        self.sequence = self.sequence.wrapping_add(1);
        self.packets_sent = self.packets_sent.wrapping_add(1);
        self.octets_sent = self.octets_sent.wrapping_add(u32::try_from(size).unwrap_or(0));
        self.packet = if is_last { 0 } else { packet + 1 };
        if is_last {
            self.unit += 1;
            if self.unit == self.clip.access_units().len() && self.is_looping {
                (self.round, self.unit) = (self.round + 1, 0);
            }
        }
        let payload = self.clip.access_units().get(unit)?.payloads.get(packet)?;
        Some(Packet { header: self.header(is_last, sequence, timestamp), payload })
    }

    /// The marker bit is set on the last packet of an access unit (RFC 6184 §5.1, RFC 7798 §4.1).
    fn header(&self, marker: bool, sequence: u16, timestamp: u32) -> [u8; 12] {
        let [s0, s1] = sequence.to_be_bytes();
        let [t0, t1, t2, t3] = timestamp.to_be_bytes();
        let [i0, i1, i2, i3] = self.stream.ssrc.to_be_bytes();
        let kind = PAYLOAD_TYPE | if marker { 0x80 } else { 0 };
        [0x80, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3]
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
            utc: self.timeline.utc_at(now)?,
            rtp_timestamp: self.rtp_time(self.timeline.ticks_at(now)?),
            packets_sent: self.packets_sent,
            octets_sent: self.octets_sent,
        })
    }
}

#[cfg(test)]
#[path = "playout_tests.rs"]
mod tests;
