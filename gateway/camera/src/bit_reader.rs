//! The bits of a parameter set, as H.264 and H.265 write them.

/// The most bytes of a parameter set that are looked at; the longest lists in it take a quarter.
const MOST_BYTES: usize = 4 * 1024;

/// Reads from the highest bit of the first byte on. Past the end there is nothing.
#[derive(Debug)]
pub(crate) struct BitReader {
    bytes: Vec<u8>,
    at: usize,
}

impl BitReader {
    /// For the payload of a NAL unit, without the bytes that keep it free of start codes
    /// (`emulation_prevention_three_byte`, H.264 §7.4.1.1, H.265 §7.4.2).
    pub(crate) fn of_payload(payload: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(payload.len().min(MOST_BYTES));
        let mut zeros = 0;
        for byte in payload.iter().copied().take(MOST_BYTES) {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }

    /// One bit.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// An unsigned number of `count` bits, 32 at most.
    pub(crate) fn number(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |number, _| Some(number << 1 | u32::from(self.flag()?)))
    }

    /// Passes over `count` bits.
    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.saturating_add(count);
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// An unsigned number as `ue(v)` (H.264 §9.1).
    pub(crate) fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        (zeros < 32).then(|| self.number(zeros)).flatten()?.checked_add((1 << zeros) - 1)
    }

    /// A signed number as `se(v)` (H.264 §9.1.1).
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let code = i64::from(self.unsigned()?);
        Some(if code % 2 == 0 { -(code / 2) } else { code / 2 + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_of_every_kind() {
        // 1, 010, 011, 00100 and 1 (three bits): 0, 1, 2, 3.
        let mut bits = BitReader::of_payload(&[0b1010_0110, 0b0100_1000, 0xff]);
        assert_eq!([(); 4].map(|()| bits.unsigned()), [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!(bits.number(3), Some(0b100));
        bits.skip(9).unwrap();
        assert_eq!((bits.flag(), bits.unsigned()), (None, None));
        let mut signed = BitReader::of_payload(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        assert_eq!([(); 5].map(|()| signed.signed()), [0, 1, -1, 2, -2].map(Some));
        assert_eq!(BitReader::of_payload(&[0; 20]).unsigned(), None, "zeros without end");
        assert_eq!(
            BitReader::of_payload(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]).unsigned(),
            Some((1 << 31) - 1 + 0x7fff_ffff)
        );
    }

    #[test]
    fn bytes_against_start_codes_are_left_out() {
        let mut bits = BitReader::of_payload(&[0, 0, 3, 1, 0, 0, 3, 0, 0, 3]);
        assert_eq!(bits.number(24), Some(1));
        assert_eq!(bits.number(32), Some(0));
        assert_eq!(bits.flag(), None);
    }
}
