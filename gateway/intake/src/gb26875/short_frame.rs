//! The short frames of one maker: `68`, length, address, command, data, sum, `16`.
//!
//! The length counts from the address to the sum. That maker's own program also accepts a length with
//! its bytes swapped; frames of either order are told apart by which of them ends in `16`.

use crate::gb26875::look::{Look, sum};

/// The first byte.
pub(crate) const START: u8 = 0x68;

const END: u8 = 0x16;
/// Address, command, sum.
const LEAST: usize = 3;
/// The longest that is taken.
const MOST: usize = 256;

/// One short frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortFrame {
    pub(crate) address: u8,
    pub(crate) command: u8,
    pub(crate) data: Vec<u8>,
}

impl ShortFrame {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u16::try_from(self.data.len() + LEAST).unwrap_or(u16::MAX);
        let mut bytes = vec![START];
        bytes.extend(length.to_le_bytes());
        bytes.extend([self.address, self.command]);
        bytes.extend(&self.data);
        bytes.push(sum(bytes.get(1..).unwrap_or_default()));
        bytes.push(END);
        bytes
    }
}

/// Whether a short frame stands at the begin of `bytes`.
pub(crate) fn look(bytes: &[u8]) -> Look<ShortFrame> {
    let Some(&[_, l0, l1]) = bytes.first_chunk::<3>() else { return Look::Short };
    let mut may_come = false;
    for length in [u16::from_le_bytes([l0, l1]), u16::from_be_bytes([l0, l1])] {
        let length = usize::from(length);
        if !(LEAST..=MOST).contains(&length) {
            continue;
        }
        let Some(whole) = bytes.get(..length + 4) else {
            may_come = true;
            continue;
        };
        let [_, _, _, address, command, data @ .., told, END] = whole else { continue };
        let summed = whole.get(1..length + 2).unwrap_or_default();
        if sum(summed) == *told {
            let (address, command) = (*address, *command);
            let frame = ShortFrame { address, command, data: data.to_vec() };
            return Look::Is(frame, length + 4);
        }
    }
    if may_come { Look::Short } else { Look::No }
}
