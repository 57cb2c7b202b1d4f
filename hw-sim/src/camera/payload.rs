//! RTP payload formats of H.264 (RFC 6184) and H.265 (RFC 7798): NAL units cut to packet size.

use super::codec::Codec;

/// The longest RTP payload of most cameras, in bytes: with RTP, UDP and IP headers it fits an Ethernet
/// frame.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 1400;

const H264_FU_A: u8 = 28;
const H265_FU: u8 = 49;

/// The RTP payloads of one access unit, in order, in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Payloads {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Payloads {
    /// Adds a NAL unit (without start code or length), as a single NAL unit packet if it fits
    /// (RFC 6184 §5.6, RFC 7798 §4.4.1), else as fragmentation units (§5.8, §4.4.3).
    pub(crate) fn push_nal_unit(&mut self, codec: Codec, nal_unit: &[u8], max_bytes: usize) {
        if nal_unit.len() <= max_bytes {
            self.bytes.extend_from_slice(nal_unit);
            self.ends.push(self.bytes.len());
            return;
        }
        match (codec, nal_unit) {
            (Codec::H264, [header, body @ ..]) => {
                let indicator = (header & 0xE0) | H264_FU_A;
                self.push_fragments(&[indicator], header & 0x1F, body, max_bytes);
            }
            (Codec::H265, [high, low, body @ ..]) => {
                let kind = (high >> 1) & 0x3F;
                let indicator = [(high & 0x81) | (H265_FU << 1), *low];
                self.push_fragments(&indicator, kind, body, max_bytes);
            }
            _ => {} // it is shorter than its header, so it fits a packet
        }
    }

    /// `header` and a start/end/kind byte go before every fragment of `body`.
    fn push_fragments(&mut self, header: &[u8], kind: u8, body: &[u8], max_bytes: usize) {
        let room = max_bytes.saturating_sub(header.len() + 1).max(1);
        let count = body.len().div_ceil(room);
        for (index, fragment) in body.chunks(room).enumerate() {
            let start = if index == 0 { 0x80 } else { 0 };
            let end = if index + 1 == count { 0x40 } else { 0 };
            self.bytes.extend_from_slice(header);
            self.bytes.push(start | end | kind);
            self.bytes.extend_from_slice(fragment);
            self.ends.push(self.bytes.len());
        }
    }

    /// How many packets the access unit takes.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The payload of packet `index`, counted from 0.
    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..*self.ends.get(index)?)
    }
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
