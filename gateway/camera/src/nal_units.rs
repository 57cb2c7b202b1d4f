//! The NAL units of an access unit in Annex B form, one after another.

use crate::codec::Codec;

/// What begins a NAL unit (H.264 and H.265, Annex B). A fourth byte before it, 0, may be there.
const START_CODE: &[u8] = &[0, 0, 1];

/// One NAL unit, without its start code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NalUnit<'a> {
    /// Header and payload.
    pub(crate) bytes: &'a [u8],
}

impl NalUnit<'_> {
    /// Whether it is a sequence parameter set. Those of further layers of H.265 count, too: a decoder
    /// passes over them, and who writes a file does not.
    pub(crate) fn is_sequence_parameter_set(self, codec: Codec) -> bool {
        match (codec, self.bytes) {
            (Codec::H264, [header, ..]) => header & 0x1f == 7,
            (Codec::H265, [header, _, ..]) => (header >> 1) & 0x3f == 33,
            _ => false,
        }
    }
}

/// The NAL units in the order in which they were sent. A zero at the end of one belongs to the start code
/// that follows (H.264 §B.1); none ends in zeros of its own.
pub(crate) fn nal_units(annex_b: &[u8]) -> impl Iterator<Item = NalUnit<'_>> {
    let mut starts = memchr::memmem::find_iter(annex_b, START_CODE).peekable();
    std::iter::from_fn(move || {
        let start = starts.next()? + START_CODE.len();
        let end = starts.peek().copied().unwrap_or(annex_b.len());
        let unit = annex_b.get(start..end)?;
        let used = unit.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        unit.get(..used).map(|bytes| NalUnit { bytes })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_lie_between_start_codes_of_three_or_four_bytes() {
        let annex_b = [9, 0, 0, 0, 1, 0x67, 42, 0, 0, 0, 1, 0x68, 0, 0, 1, 0, 0, 1];
        let units: Vec<&[u8]> = nal_units(&annex_b).map(|unit| unit.bytes).collect();
        assert_eq!(units, [&[0x67, 42][..], &[0x68], &[], &[]]);
        assert_eq!(nal_units(&[0, 0]).count(), 0);
        let is_sps = |codec, bytes| NalUnit { bytes }.is_sequence_parameter_set(codec);
        assert!(is_sps(Codec::H264, &[0x67, 42]) && !is_sps(Codec::H264, &[0x68]));
        assert!(is_sps(Codec::H265, &[33 << 1, 1]) && is_sps(Codec::H265, &[33 << 1, 1 << 3]));
        assert!(!is_sps(Codec::H265, &[33 << 1]) && !is_sps(Codec::H264, &[]));
    }
}
