//! What an access unit says of itself before its first slice.

use crate::bit_reader::BitReader;
use crate::codec::Codec;
use crate::nal_units::nal_units;

/// NAL unit type of an H.264 message (SEI); H.265 has two, before and after the slices.
const H264_SEI: u8 = 6;
/// A slice of an instantaneous refresh (IDR).
const H264_IDR: u8 = 5;
/// H.264 sequence and picture parameter sets.
const H264_SETS: std::ops::RangeInclusive<u8> = 7..=8;
/// H.265 video, sequence and picture parameter sets.
const H265_SETS: std::ops::RangeInclusive<u8> = 32..=34;
/// H.265 intra random access pictures (table 7-1).
const H265_RANDOM_ACCESS: std::ops::RangeInclusive<u8> = 16..=23;
/// H.265 types from here on are no slices.
const H265_NO_SLICE: u8 = 32;
/// Parameter sets of one picture that are looked at: a stream may have several of a kind.
const MOST_SETS: usize = 16;
/// SEI units of one picture that are looked at, and messages of one: cameras send one or two.
const MOST_SEI_UNITS: usize = 16;
const MOST_MESSAGES: usize = 32;
/// The highest number in a message's head that is made use of: no message that matters has so many bytes.
const HIGHEST_NUMBER: u32 = 4096;
/// The message that says from where on all is right again (H.264 §D.2.8).
const RECOVERY_POINT: u32 = 6;

/// What stands at the begin of an access unit, up to and with its first slice.
///
/// All slices of a picture have the same type, and none of what comes before them can imitate a start code
/// (H.264 §7.4.1, H.265 §7.4.2).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Opening<'a> {
    /// Its parameter sets, without start codes.
    pub(crate) sets: Vec<&'a [u8]>,
    /// Decoding may begin here, and all is right again after so many further pictures.
    pub(crate) random_access: Option<u32>,
    /// No other picture needs this one.
    pub(crate) is_disposable: bool,
    /// There is a slice, so it is a picture.
    pub(crate) is_picture: bool,
}

impl<'a> Opening<'a> {
    /// Reads `annex_b`.
    pub(crate) fn read(codec: Codec, annex_b: &'a [u8]) -> Self {
        let mut opening = Self::default();
        let (mut recovery, mut sei_units) = (None, 0);
        for unit in nal_units(annex_b).map(|unit| unit.bytes) {
            let Some(&first) = unit.first() else { continue };
            let nal_type = codec.nal_type(first);
            match codec {
                Codec::H264 => match nal_type {
                    1..=H264_IDR => {
                        opening.is_picture = true;
                        opening.random_access =
                            if nal_type == H264_IDR { Some(0) } else { recovery };
                        opening.is_disposable = first & 0x60 == 0;
                        return opening;
                    }
                    // Each costs time, and a picture may be full of them.
                    H264_SEI if sei_units < MOST_SEI_UNITS => {
                        sei_units += 1;
                        recovery = recovery.or_else(|| recovery_point(unit));
                    }
                    _ if H264_SETS.contains(&nal_type) => opening.add_set(unit),
                    _ => {}
                },
                Codec::H265 if nal_type < H265_NO_SLICE => {
                    opening.is_picture = true;
                    opening.random_access = H265_RANDOM_ACCESS.contains(&nal_type).then_some(0);
                    return opening;
                }
                Codec::H265 if H265_SETS.contains(&nal_type) => opening.add_set(unit),
                Codec::H265 => {}
            }
        }
        opening
    }

    fn add_set(&mut self, unit: &'a [u8]) {
        if self.sets.len() < MOST_SETS {
            self.sets.push(unit);
        }
    }
}

/// After how many pictures all is right again, by an H.264 message.
fn recovery_point(sei: &[u8]) -> Option<u32> {
    let mut bits = BitReader::of_payload(sei.get(1..)?);
    for _ in 0..MOST_MESSAGES {
        let (kind, size) = (message_number(&mut bits)?, message_number(&mut bits)?);
        if kind == RECOVERY_POINT {
            return bits.unsigned();
        }
        bits.skip(usize::try_from(size).ok()?.checked_mul(8)?)?;
    }
    None
}

/// A number of a message's head: bytes of 255, and one that is less (H.264 §7.3.2.3.1). None if it is too high.
fn message_number(bits: &mut BitReader) -> Option<u32> {
    let mut sum: u32 = 0;
    loop {
        let byte = bits.number(8)?;
        sum += byte;
        if sum > HIGHEST_NUMBER {
            return None;
        }
        if byte != 255 {
            return Some(sum);
        }
    }
}

#[cfg(test)]
mod tests;
