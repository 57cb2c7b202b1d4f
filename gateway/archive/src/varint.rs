//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128).
//!
//! Own code, not a crate: reading and writing take thirty lines and need no trait.

/// Appends `value`.
pub(crate) fn put(bytes: &mut Vec<u8>, value: u64) {
    let mut rest = value;
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Appends `value`; small ones of either sign are short (zigzag).
pub(crate) fn put_signed(bytes: &mut Vec<u8>, value: i64) {
    put(bytes, ((value << 1) ^ (value >> 63)).cast_unsigned());
}

/// A position in some bytes. Every read gives `None` at their end.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    bytes: Vec<u8>,
    at: usize,
}

impl Reader {
    /// Starts again on other bytes: those that `fill` leaves in the emptied buffer.
    pub(crate) fn refill<T>(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        self.bytes.clear();
        self.at = 0;
        fill(&mut self.bytes)
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let end = self.at.checked_add(count)?;
        let found = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(found)
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_back(value: u64, signed: i64) {
            let mut reader = Reader::default();
            reader.refill(|bytes| {
                put(bytes, value);
                put_signed(bytes, signed);
            });
            prop_assert_eq!((reader.unsigned(), reader.signed()), (Some(value), Some(signed)));
            prop_assert!(reader.is_at_end());
            prop_assert_eq!(reader.unsigned(), None);
        }
    }

    #[test]
    fn small_numbers_are_one_byte_and_endless_ones_none() {
        for value in [-64, -1, 0, 63] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, value);
            assert_eq!(bytes.len(), 1, "{value}");
        }
        let mut reader = Reader::default();
        reader.refill(|bytes| bytes.extend([0xff; 20]));
        assert_eq!(reader.unsigned(), None);
    }
}
