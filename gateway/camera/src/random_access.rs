//! Where decoding may begin, by the bitstream's own words.

use crate::codec::Codec;

/// Least type of an intra random access picture (H.265 table 7-1); types up to 31 are slices.
const FIRST_IRAP: u8 = 16;
/// Least type that is no slice: parameter sets, delimiters, messages.
const FIRST_NON_VCL: u8 = 32;

/// Whether an access unit in Annex B form is a random access point.
///
/// `instantaneous` is the RTSP client's verdict, which knows instantaneous refreshes (IDR) only.
/// H.265 cameras with open groups of pictures send clean random access pictures (CRA) instead,
/// which the decoder can start from just as well: all of NAL unit types 16 to 23 are intra random
/// access points (H.265 table 7-1).
pub(super) fn is_random_access_point(codec: Codec, instantaneous: bool, annex_b: &[u8]) -> bool {
    instantaneous || (codec == Codec::H265 && starts_with_intra_random_access(annex_b))
}

/// The first coded slice decides: all slices of a picture have the same type, and none of the
/// parameter sets and messages before it can imitate a start code (H.265 §7.4.2).
fn starts_with_intra_random_access(annex_b: &[u8]) -> bool {
    let mut types = annex_b.windows(4).filter_map(|bytes| match bytes {
        [0, 0, 1, header] => Some((header >> 1) & 0x3f),
        _ => None,
    });
    types.find(|nal_type| *nal_type < FIRST_NON_VCL).is_some_and(|nal_type| nal_type >= FIRST_IRAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(nal_type: u8) -> Vec<u8> {
        // An access unit delimiter (35) before it, as many cameras send.
        [&[0, 0, 0, 1, 35 << 1, 1, 0x50, 0, 0, 0, 1, nal_type << 1, 1][..], &[0xaa; 40]].concat()
    }

    #[test]
    fn h265_starts_at_every_intra_random_access_picture() {
        for (nal_type, expected) in
            [(0, false), (1, false), (9, false), (16, true), (19, true), (21, true)]
        {
            assert_eq!(
                is_random_access_point(Codec::H265, false, &unit(nal_type)),
                expected,
                "{nal_type}"
            );
        }
    }

    #[test]
    fn h264_is_left_to_the_client() {
        assert!(!is_random_access_point(Codec::H264, false, &unit(21)));
        assert!(is_random_access_point(Codec::H264, true, &unit(1)));
    }
}
