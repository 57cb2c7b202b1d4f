//! One coded picture, as a camera sent it.

use bytes::{Bytes, BytesMut};
use scene::{CaptureTime, Clock};

use crate::codec::Codec;
use crate::coded::Coded;
use crate::opening::Opening;

/// The longest parameter set that is kept, in bytes. Real ones are below 100.
const LONGEST_SET: usize = 1024;

/// Parameter sets that are kept: a stream may have several of a kind.
const MOST_SETS: usize = 16;

/// What it takes to hold a unit beside its bytes: its record in a queue, the block of shared memory
/// with its count of owners, and what the allocator rounds up. A camera that sends tiny units must
/// not get more memory than one that sends large ones.
pub(crate) const HELD_OVERHEAD_BYTES: usize = 192;

/// One coded picture as the camera sent it, in Annex B form with its parameter sets.
#[derive(Debug, Clone)]
pub struct AccessUnit {
    /// NAL units with start codes; shared, not copied.
    pub data: Bytes,
    /// When the camera took it.
    pub captured_at: CaptureTime,
    /// Where that time came from.
    pub clock: Clock,
    /// Decodable without any earlier unit.
    pub is_random_access_point: bool,
    /// So many further units must be decoded before the pictures are whole; 0 for a key frame. Streams
    /// that refresh line by line have no key frames, and need some.
    pub recovery: u32,
    /// No other unit needs this one.
    pub is_disposable: bool,
    /// RTP packets lost before or within it.
    pub loss: u16,
}

impl AccessUnit {
    /// The memory that holding it takes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.data.len() + HELD_OVERHEAD_BYTES
    }
}

/// Makes access units of one stream: those that decoding may begin with have their parameter sets.
#[derive(Debug)]
pub(crate) struct Units {
    codec: Codec,
    /// The latest of each, without start codes.
    sets: Vec<Bytes>,
}

impl Units {
    /// A stream whose description holds these parameter sets, with start codes.
    pub(crate) fn new(codec: Codec, described: &[u8]) -> Self {
        let mut units = Self { codec, sets: Vec::new() };
        units.keep(&Opening::read(codec, described));
        units
    }

    /// The codec of the stream.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Whether this is a picture; parameter sets that come alone are kept.
    pub(crate) fn is_picture(&mut self, coded: &Coded) -> bool {
        self.keep(&Opening::read(self.codec, &coded.sets));
        let opening = Opening::read(self.codec, &coded.data);
        if !opening.is_picture {
            self.keep(&opening);
        }
        opening.is_picture
    }

    /// The access unit of a coded picture.
    pub(crate) fn unit(
        &mut self,
        coded: Coded,
        captured_at: CaptureTime,
        clock: Clock,
    ) -> AccessUnit {
        let opening = Opening::read(self.codec, &coded.data);
        let (random_access, is_disposable) = (opening.random_access, opening.is_disposable);
        let lacks_sets = random_access.is_some() && opening.sets.is_empty();
        self.keep(&opening);
        let data = if lacks_sets { self.with_sets(&coded.data) } else { coded.data };
        AccessUnit {
            data,
            captured_at,
            clock,
            is_random_access_point: random_access.is_some(),
            recovery: random_access.unwrap_or(0),
            is_disposable: is_disposable && random_access.is_none(),
            loss: coded.loss,
        }
    }

    fn keep(&mut self, opening: &Opening<'_>) {
        for set in opening.sets.iter().filter(|set| set.len() <= LONGEST_SET) {
            if self.sets.iter().any(|kept| kept == set) {
                continue;
            }
            if self.begins_anew(set) || self.sets.len() == MOST_SETS {
                self.sets.clear();
            }
            self.sets.push(Bytes::copy_from_slice(set));
        }
    }

    /// Whether a new parameter set makes those of its kind worthless: the first kind of each codec heads the
    /// others.
    fn begins_anew(&self, set: &[u8]) -> bool {
        let nal_type = set.first().map(|first| self.codec.nal_type(*first));
        matches!((self.codec, nal_type), (Codec::H264, Some(7)) | (Codec::H265, Some(32)))
    }

    fn with_sets(&self, data: &Bytes) -> Bytes {
        let room = self.sets.iter().map(|set| set.len() + 4).sum::<usize>() + data.len();
        let mut whole = BytesMut::with_capacity(room);
        for set in &self.sets {
            whole.extend_from_slice(&[0, 0, 0, 1]);
            whole.extend_from_slice(set);
        }
        whole.extend_from_slice(data);
        whole.freeze()
    }
}

#[cfg(test)]
mod tests {
    use scene::ClockSource;

    use super::*;

    fn annex_b(units: &[&[u8]]) -> Bytes {
        units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
    }

    fn unit(units: &mut Units, data: Bytes, sets: Bytes) -> AccessUnit {
        let coded = Coded { data, sets, rtp: None, loss: 0 };
        assert!(units.is_picture(&coded));
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        units.unit(coded, CaptureTime::from_unix_micros(0), clock)
    }

    const SPS: &[u8] = &[0x67, 1];
    const PPS: &[u8] = &[0x68, 2];
    const KEY: &[u8] = &[0x65, 9];

    #[test]
    fn where_decoding_may_begin_there_are_parameter_sets() {
        let mut units = Units::new(Codec::H264, &annex_b(&[SPS, PPS]));
        let whole = unit(&mut units, annex_b(&[KEY]), Bytes::new());
        assert_eq!(whole.data, annex_b(&[SPS, PPS, KEY]));
        let inner = unit(&mut units, annex_b(&[&[0x41, 9]]), Bytes::new());
        assert_eq!(inner.data, annex_b(&[&[0x41, 9]]));
    }

    #[test]
    fn later_parameter_sets_replace_the_described_ones_wherever_they_come() {
        let other: &[u8] = &[0x67, 7];
        let mut units = Units::new(Codec::H264, &annex_b(&[SPS, PPS]));
        let alone = Coded { data: annex_b(&[other, PPS]), sets: Bytes::new(), rtp: None, loss: 0 };
        assert!(!units.is_picture(&alone));
        assert_eq!(
            unit(&mut units, annex_b(&[KEY]), Bytes::new()).data,
            annex_b(&[other, PPS, KEY])
        );
        let aside = unit(&mut units, annex_b(&[KEY]), annex_b(&[SPS, PPS]));
        assert_eq!(aside.data, annex_b(&[SPS, PPS, KEY]));
    }
}
