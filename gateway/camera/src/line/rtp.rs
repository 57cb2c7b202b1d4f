//! One RTP stream as it should be: one source, numbers that go up, no packet twice.
//!
//! Cameras change their SSRC with every key frame, begin their numbers anew, send packets twice, or send
//! what belongs to an earlier session. Behind this the clients see one stream; where it really broke, a
//! number is left out, so that they know of a loss and go on with the next key frame.

use std::collections::VecDeque;

/// Bytes of a fixed RTP header (RFC 3550 §5.1).
const HEADER: usize = 12;

/// The version of RTP in it.
const VERSION: u8 = 2;

/// A gap in the numbers up to this is loss; a larger one is a stream that began anew.
const LARGEST_LOSS: u16 = 1000;

/// Packets that are remembered, to tell one that was sent twice from a stream that began anew.
const REMEMBERED: usize = 64;

/// The payload type that clients see (RFC 3551 §3: the first of the dynamic ones), whatever the camera's is.
pub(super) const ANNOUNCED_TYPE: u8 = 96;

/// After so many packets of another dynamic payload type than the described one, and none of that, it is
/// taken: the description was wrong.
const CONVINCING: u8 = 20;

/// So many packets of another source in a row are the stream, begun anew under another name. Fewer, with
/// packets of the known source between, belong to somebody else's session.
const NEW_SOURCE: usize = 4;

/// A stranger that sends so many packets more than the known source is the stream after all.
const STRANGE_MAJORITY: u32 = 32;

/// A packet's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packet {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    is_last_of_picture: bool,
}

/// What happened to packets, as running totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PacketCounts {
    /// Handed on.
    pub(crate) passed: u64,
    /// Broken, of another stream, or too late.
    pub(crate) dropped: u64,
    /// Sent twice.
    pub(crate) repeated: u64,
    /// The stream began anew within the session.
    pub(crate) restarts: u64,
    /// Never came.
    pub(crate) lost: u64,
}

/// The stream so far.
#[derive(Debug)]
pub(super) struct Identity {
    /// As the camera describes it.
    described_type: u8,
    /// As the camera sends it; none before it is certain.
    sent_type: Option<u8>,
    other_types: u8,
    /// How datagrams travel: those that come late are of no use. In a TCP stream none can be late.
    is_unordered: bool,
    latest: Option<Packet>,
    recent: VecDeque<Packet>,
    /// Numbers of the latest packets of another payload type: some cameras number all that they send as one.
    others: VecDeque<u16>,
    /// Packets of another source that may be the stream, begun anew.
    strangers: Vec<(Packet, Vec<u8>)>,
    /// Packets that strangers sent more than the known source did.
    strange: u32,
    /// What the client saw of the stream: its one source, and its latest number.
    source: u32,
    number: u16,
    pub(super) counts: PacketCounts,
    /// The timestamp of the first packet handed on.
    pub(super) first_timestamp: Option<u32>,
    /// Bytes of the picture that is under way.
    pub(super) picture_bytes: usize,
}

impl Identity {
    /// A stream whose packets have this payload type by the description.
    pub(super) fn new(described_type: u8, is_unordered: bool) -> Self {
        Self {
            described_type,
            sent_type: None,
            other_types: 0,
            is_unordered,
            latest: None,
            recent: VecDeque::with_capacity(REMEMBERED),
            others: VecDeque::new(),
            strangers: Vec::new(),
            strange: 0,
            source: 0,
            number: 0,
            counts: PacketCounts::default(),
            first_timestamp: None,
            picture_bytes: 0,
        }
    }

    /// The source that the client sees.
    pub(super) fn source(&self) -> u32 {
        self.source
    }

    /// Takes a packet, and hands on what is due, put right.
    pub(super) fn take(&mut self, bytes: &[u8], mut hand_on: impl FnMut(&[u8])) {
        let (Some(packet), Some(bytes)) = (self.read(bytes), payload(bytes)) else {
            self.counts.dropped += 1;
            return;
        };
        if self.latest.is_none_or(|latest| latest.ssrc == packet.ssrc) {
            // Whoever spoke in between is not this stream.
            self.counts.dropped += self.strangers.len() as u64;
            self.strangers.clear();
            self.strange = self.strange.saturating_sub(1);
            self.accept(packet, bytes, &mut hand_on);
            return;
        }
        if self.strangers.last().is_some_and(|(stranger, _)| stranger.ssrc != packet.ssrc) {
            self.counts.dropped += self.strangers.len() as u64;
            self.strangers.clear();
        }
        self.strange = self.strange.saturating_add(1);
        self.strangers.push((packet, bytes.to_vec()));
        if self.strangers.len() >= NEW_SOURCE || self.strange > STRANGE_MAJORITY {
            self.strange = 0;
            for (packet, bytes) in std::mem::take(&mut self.strangers) {
                self.accept(packet, &bytes, &mut hand_on);
            }
        }
    }

    fn accept(&mut self, packet: Packet, payload: &[u8], hand_on: &mut impl FnMut(&[u8])) {
        let Some(step) = self.step(packet) else { return };
        if payload.is_empty() {
            // Some keep the way open with empty ones. The client's numbers do not miss it.
            self.counts.dropped += 1;
            if self.latest.is_some() {
                self.number = self.number.wrapping_add(step.saturating_sub(1));
                self.remember(packet);
            }
            return;
        }
        match self.latest {
            None => {
                (self.source, self.number) = (packet.ssrc, packet.sequence);
                self.first_timestamp = Some(packet.timestamp);
            }
            Some(latest) => {
                self.number = self.number.wrapping_add(step);
                if latest.is_last_of_picture || latest.timestamp != packet.timestamp {
                    self.picture_bytes = 0;
                }
            }
        }
        self.picture_bytes += HEADER + payload.len();
        self.remember(packet);
        self.counts.passed += 1;
        let marker = if packet.is_last_of_picture { 0x80 } else { 0 };
        let mut sound = Vec::with_capacity(HEADER + payload.len());
        sound.extend_from_slice(&[VERSION << 6, marker | ANNOUNCED_TYPE]);
        sound.extend_from_slice(&self.number.to_be_bytes());
        sound.extend_from_slice(&packet.timestamp.to_be_bytes());
        sound.extend_from_slice(&self.source.to_be_bytes());
        sound.extend_from_slice(payload);
        hand_on(&sound);
    }

    fn read(&mut self, bytes: &[u8]) -> Option<Packet> {
        let header: &[u8; HEADER] = bytes.first_chunk()?;
        let [first, second, n0, n1, t0, t1, t2, t3, s0, s1, s2, s3] = *header;
        if first >> 6 != VERSION {
            return None;
        }
        let payload_type = second & 0x7f;
        let (ssrc, sequence) = (u32::from_be_bytes([s0, s1, s2, s3]), u16::from_be_bytes([n0, n1]));
        if !self.is_of_stream(payload_type) {
            self.remember_other(ssrc, sequence);
            return None;
        }
        Some(Packet {
            ssrc,
            sequence,
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            is_last_of_picture: second & 0x80 != 0,
        })
    }

    fn is_of_stream(&mut self, payload_type: u8) -> bool {
        if let Some(sent) = self.sent_type {
            return payload_type == sent;
        }
        if payload_type == self.described_type {
            self.sent_type = Some(payload_type);
            return true;
        }
        if payload_type >= ANNOUNCED_TYPE {
            self.other_types = self.other_types.saturating_add(1);
            if self.other_types > CONVINCING {
                self.sent_type = Some(payload_type);
                return true;
            }
        }
        false
    }

    /// How far the client's number goes on; none if the packet is not to be handed on.
    fn step(&mut self, packet: Packet) -> Option<u16> {
        let Some(latest) = self.latest else { return Some(0) };
        let ahead = packet.sequence.wrapping_sub(latest.sequence);
        if packet.ssrc == latest.ssrc {
            if (1..=LARGEST_LOSS).contains(&ahead) {
                let step = ahead - self.others_within(latest.sequence, ahead);
                self.counts.lost += u64::from(step - 1);
                return Some(step);
            }
            if self.recent.contains(&packet) {
                self.counts.repeated += 1;
                return None;
            }
            if self.is_unordered && ahead > u16::MAX - LARGEST_LOSS {
                self.counts.dropped += 1;
                return None;
            }
        }
        // After the end of a picture nothing is missing: the next one may begin under any number.
        self.counts.restarts += 1;
        self.recent.clear();
        if latest.is_last_of_picture {
            return Some(1);
        }
        self.counts.lost += 1;
        Some(2)
    }

    fn remember_other(&mut self, ssrc: u32, sequence: u16) {
        let is_ours = self.latest.is_some_and(|latest| latest.ssrc == ssrc);
        if is_ours && !self.others.contains(&sequence) {
            if self.others.len() == REMEMBERED {
                self.others.pop_front();
            }
            self.others.push_back(sequence);
        }
    }

    /// How many of the numbers between one packet and another that is so far `ahead` are those of packets of
    /// another payload type. They are forgotten.
    fn others_within(&mut self, sequence: u16, ahead: u16) -> u16 {
        let others = std::mem::take(&mut self.others).into_iter();
        let within = others.filter(|other| (1..ahead).contains(&other.wrapping_sub(sequence)));
        u16::try_from(within.count()).unwrap_or(0)
    }

    fn remember(&mut self, packet: Packet) {
        self.latest = Some(packet);
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(packet);
    }
}

/// What a packet carries, without contributing sources, extension and padding (RFC 3550 §5.1, §5.3.1); none if
/// it is broken off. Padding that cannot be is taken for none, as other players do.
fn payload(packet: &[u8]) -> Option<&[u8]> {
    let first = packet.first()?;
    let sources = 4 * usize::from(first & 0x0f);
    let mut rest = packet.get(HEADER + sources..)?;
    if first & 0x10 != 0 {
        let [_, _, high, low, ..] = rest else { return None };
        let words = usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(4 + 4 * words..)?;
    }
    let padding = if first & 0x20 != 0 { rest.last().copied() } else { None };
    let end = rest.len().checked_sub(padding.unwrap_or(0).into()).unwrap_or(rest.len());
    rest.get(..end)
}

/// A sender report (RFC 3550 §6.4.1): which RTP time is which time of the camera's wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    /// RTP timestamp.
    pub(crate) rtp: u32,
    /// 64-bit NTP timestamp.
    pub(crate) ntp: u64,
}

impl Report {
    /// The sender report in a compound packet, wherever it stands.
    pub(super) fn find(mut compound: &[u8]) -> Option<Self> {
        loop {
            let [first, packet_type, high, low, body @ ..] = compound else { return None };
            if first >> 6 != 2 {
                return None;
            }
            if let (200, [_, _, _, _, ntp @ ..]) = (*packet_type, body)
                && let (Some(ntp), Some(rtp)) =
                    (ntp.first_chunk(), ntp.get(8..).and_then(<[u8]>::first_chunk))
            {
                return Some(Self { rtp: u32::from_be_bytes(*rtp), ntp: u64::from_be_bytes(*ntp) });
            }
            let words = usize::from(u16::from_be_bytes([*high, *low]));
            compound = body.get(words * 4..)?;
        }
    }

    /// The report alone as a packet from `source`.
    pub(super) fn packet(self, source: u32) -> [u8; 28] {
        let mut packet = [0; 28];
        packet[..4].copy_from_slice(&[0x80, 200, 0, 6]);
        packet[4..8].copy_from_slice(&source.to_be_bytes());
        packet[8..16].copy_from_slice(&self.ntp.to_be_bytes());
        packet[16..20].copy_from_slice(&self.rtp.to_be_bytes());
        packet
    }
}

#[cfg(test)]
mod tests;
