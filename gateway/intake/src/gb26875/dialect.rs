//! How a transmitter reads the standard, and who it is.

use std::fmt;

/// How a transmitter reads the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Frames `40 40 … 23 23`, the fields of times as binary numbers: as the standard shows them.
    #[default]
    Binary,
    /// The same frames, the fields of times as two decimal digits each.
    Bcd,
    /// Short frames `68 … 16` of one maker: no number, no time, and events without an end. A heartbeat
    /// without fire ends the fires that were told.
    Short,
}

/// What bit 0 of a status means. Programs that follow the standard disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestBit {
    /// It is not read.
    #[default]
    Ignored,
    /// 0 is a test.
    ZeroIsTest,
    /// 1 is a test.
    OneIsTest,
}

impl TestBit {
    /// Whether `bit` says that this is a test: then nothing that is told is meant.
    pub(crate) const fn is_test(self, bit: bool) -> bool {
        match self {
            Self::Ignored => false,
            Self::ZeroIsTest => !bit,
            Self::OneIsTest => bit,
        }
    }
}

/// The source address of a transmitter: six bytes, the least one first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceAddress(pub(crate) [u8; 6]);

impl SourceAddress {
    /// From its twelve digits as the panel shows them, the highest first. Of a transmitter that counts in
    /// decimal digits these are digits; of one that counts in binary, hexadecimal ones.
    #[must_use]
    pub fn from_digits(digits: &str) -> Option<Self> {
        let digits = digits.as_bytes();
        let is_hex = digits.len() == 12 && digits.iter().all(u8::is_ascii_hexdigit);
        let mut address = [0; 6];
        let pairs = digits.chunks_exact(2).rev();
        for (byte, pair) in address.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        is_hex.then_some(Self(address))
    }

    /// The user code of a transmitter with short frames: 1 to 6 letters and digits.
    #[must_use]
    pub fn from_user_code(code: &str) -> Option<Self> {
        let is_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut address = [b' '; 6];
        address.get_mut(..code.len())?.copy_from_slice(code.as_bytes());
        is_code.then_some(Self(address))
    }
}

impl fmt::Display for SourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for SourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::SourceAddress;

    #[test]
    fn digits_stand_the_other_way_round_on_the_wire() {
        let address = SourceAddress::from_digits("340200000001").unwrap();
        assert_eq!(address.0, [0x01, 0, 0, 0, 0x02, 0x34]);
        assert_eq!(address.to_string(), "340200000001");
        for wrong in ["", "34020000000", "3402000000011", "34020000000g", "摄像机摄"] {
            assert_eq!(SourceAddress::from_digits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_user_code_is_letters_and_digits() {
        assert_eq!(SourceAddress::from_user_code("A001").unwrap().0, *b"A001  ");
        assert_eq!(SourceAddress::from_user_code("A0012345"), None);
        assert_eq!(SourceAddress::from_user_code("A 1"), None);
        assert_eq!(SourceAddress::from_user_code(""), None);
    }
}
