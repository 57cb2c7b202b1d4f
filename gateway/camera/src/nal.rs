//! NAL units of an access unit in Annex B form, as far as its first slice.

use crate::codec::Codec;

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
        let mut recovery = None;
        for unit in NalUnits(annex_b) {
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
                    H264_SEI => recovery = recovery.or_else(|| recovery_point(unit)),
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
    let plain = without_emulation_prevention(sei.get(1..)?);
    let mut rest = plain.as_slice();
    loop {
        let (kind, tail) = message_number(rest)?;
        let (size, tail) = message_number(tail)?;
        let size = usize::try_from(size).ok()?;
        if kind == RECOVERY_POINT {
            return exp_golomb(tail.get(..size.min(tail.len()))?);
        }
        rest = tail.get(size..)?;
    }
}

/// A number of a message's head: bytes of 255, and one that is less (H.264 §7.3.2.3.1).
fn message_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let full = bytes.iter().position(|byte| *byte != 0xff)?;
    let (_, rest) = bytes.split_at(full);
    let (last, rest) = rest.split_first()?;
    Some((u32::try_from(full).ok()?.checked_mul(255)?.checked_add(u32::from(*last))?, rest))
}

/// The first unsigned Exp-Golomb number (H.264 §9.1).
fn exp_golomb(bytes: &[u8]) -> Option<u32> {
    let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| (byte >> at) & 1));
    let zeros = bits.by_ref().take(32).position(|bit| bit == 1)?;
    let mut value: u64 = 1;
    for _ in 0..zeros {
        value = (value << 1) | u64::from(bits.next()?);
    }
    u32::try_from(value - 1).ok()
}

/// The longest message that is looked into, in bytes.
const LONGEST_MESSAGE: usize = 4096;

fn without_emulation_prevention(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut zeros = 0;
    for byte in bytes.iter().take(LONGEST_MESSAGE) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

/// The NAL units between start codes.
struct NalUnits<'a>(&'a [u8]);

impl<'a> Iterator for NalUnits<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let begin = start_code(self.0)? + 3;
        let rest = self.0.get(begin..)?;
        let end = start_code(rest).unwrap_or(rest.len());
        let (unit, tail) = rest.split_at(end);
        self.0 = tail;
        // A zero before the next start code belongs to that (H.264 §B.1).
        let used = unit.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        unit.get(..used)
    }
}

/// Where the next start code begins.
fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|it| it == [0, 0, 1])
}

#[cfg(test)]
mod tests;
