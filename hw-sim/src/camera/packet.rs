//! An RTP packet, and where in its session it stands.

use std::borrow::Cow;

use bytes::BufMut;

use super::codec::Codec;

/// Profile of the header extension that ONVIF uses (ONVIF Streaming §6.3).
const EXTENSION_PROFILE: u16 = 0xABAC;

/// An RTP packet as it is sent (RFC 3550 §5.1).
#[derive(Debug, Clone)]
pub(crate) struct Packet<'a> {
    /// Set on the last packet of an access unit (RFC 6184 §5.1, RFC 7798 §4.1).
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Whole words of a header extension (§5.3.1); there is none if it is empty.
    pub(crate) extension: &'static [u8],
    /// Bytes at the end that are no payload; the last of them counts them.
    pub(crate) padding: u8,
    pub(crate) payload: Cow<'a, [u8]>,
    /// Bytes that belong to no frame. They follow the packet on an interleaved connection.
    pub(crate) garbage: &'static [u8],
}

impl Packet<'_> {
    /// How many bytes it takes, without what follows it.
    pub(crate) fn len(&self) -> usize {
        let extension = if self.extension.is_empty() { 0 } else { 4 + self.extension.len() };
        12 + extension + self.payload.len() + usize::from(self.padding)
    }

    /// Appends it to `out`, without what follows it.
    pub(crate) fn put(&self, out: &mut impl BufMut) {
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let has_extension = !self.extension.is_empty();
        out.put_u8(0x80 | flag(self.padding > 0, 0x20) | flag(has_extension, 0x10));
        out.put_u8(self.payload_type | flag(self.marker, 0x80));
        out.put_u16(self.sequence);
        out.put_u32(self.timestamp);
        out.put_u32(self.ssrc);
        if has_extension {
            out.put_u16(EXTENSION_PROFILE);
            out.put_u16(u16::try_from(self.extension.len() / 4).unwrap_or(u16::MAX));
            out.put_slice(self.extension);
        }
        out.put_slice(&self.payload);
        if self.padding > 0 {
            out.put_bytes(0, usize::from(self.padding) - 1);
            out.put_u8(self.padding);
        }
    }
}

/// Where in its session a packet stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) codec: Codec,
    /// Pictures before its own.
    pub(crate) picture: u64,
    /// Key frames so far, its own picture included.
    pub(crate) key_frames: u32,
    /// Its place in its picture, from 0.
    pub(crate) packet: usize,
    /// How many packets its picture has.
    pub(crate) packets: usize,
    /// Packets before it since the latest key frame began.
    pub(crate) since_key_frame: u16,
    /// Sequence number and timestamp of the session's first packet.
    pub(crate) first_sequence: u16,
    pub(crate) first_timestamp: u32,
    /// How many packets were sent before it: what quirks added counts, what they dropped does not.
    pub(crate) sent: u16,
}

impl Moment {
    /// The sequence number of the packet that is sent `ahead` packets from now, if none may be
    /// missed.
    pub(crate) fn next_sequence(&self, ahead: u16) -> u16 {
        self.first_sequence.wrapping_add(self.sent).wrapping_add(ahead)
    }

    /// Ticks of 90 kHz from the session's first picture to the one with `timestamp`.
    pub(crate) fn ticks_since_first(&self, timestamp: u32) -> u32 {
        timestamp.wrapping_sub(self.first_timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_carries_every_field() {
        let packet = Packet {
            marker: true,
            payload_type: 96,
            sequence: 0x0102,
            timestamp: 0x0304_0506,
            ssrc: 0x0708_090A,
            extension: &[1, 2, 3, 4],
            padding: 3,
            payload: Cow::Borrowed(&[0x41, 0x42]),
            garbage: b"",
        };
        let mut wire = Vec::new();
        packet.put(&mut wire);
        let expected = [
            &[0xB0, 0xE0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10][..],
            &[0xAB, 0xAC, 0, 1, 1, 2, 3, 4],
            &[0x41, 0x42, 0, 0, 3],
        ];
        assert_eq!(wire, expected.concat());
        assert_eq!(wire.len(), packet.len());

        let plain = Packet { extension: b"", padding: 0, marker: false, ..packet };
        let mut wire = Vec::new();
        plain.put(&mut wire);
        assert_eq!(wire[..2], [0x80, 96]);
        assert_eq!(wire.len(), 14);
    }
}
