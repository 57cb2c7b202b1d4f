//! From the registers of an answer to the reading of a point.

use scene::{Reading, SignalValue};

use crate::modbus::block::Block;
use crate::modbus::settings::{Point, ValueForm, WordOrder};
use crate::value_form::is_flag;

/// What one request brought: as many places as were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Of a table of registers.
    Words(Vec<u16>),
    /// Of a table of bits.
    Bits(Vec<bool>),
}

/// What `answer` says of `point`. Bad if the point does not lie in it, and if it is no number.
pub(crate) fn reading(point: &Point, block: &Block, answer: &Answer) -> Reading {
    let Some(at) = point.address.checked_sub(block.address).map(usize::from) else {
        return Reading::Bad;
    };
    let number = match answer {
        Answer::Bits(bits) => bits.get(at).map(|bit| f64::from(u8::from(*bit))),
        Answer::Words(words) => words.get(at..).and_then(|words| number(point, words)),
    };
    let Some(number) = number.filter(|number| number.is_finite()) else { return Reading::Bad };
    if is_flag(point.kind) {
        return Reading::Good(SignalValue::Flag((number != 0.0) != point.is_inverted));
    }
    let value = number * point.scale + point.offset;
    if !value.is_finite() {
        return Reading::Bad;
    }
    let is_valid = point.valid.as_ref().is_none_or(|valid| valid.contains(&value));
    let value = SignalValue::Number(value);
    if is_valid { Reading::Good(value) } else { Reading::Uncertain(value) }
}

fn number(point: &Point, words: &[u16]) -> Option<f64> {
    let first = *words.first()?;
    let pair = || {
        let second = *words.get(1)?;
        let (high, low) = match point.word_order {
            WordOrder::Big => (first, second),
            WordOrder::Little => (second, first),
        };
        Some(u32::from(high) << 16 | u32::from(low))
    };
    Some(match point.form {
        ValueForm::Bit(bit) => f64::from(first.checked_shr(u32::from(bit))? & 1),
        ValueForm::U16 => f64::from(first),
        ValueForm::I16 => f64::from(first.cast_signed()),
        ValueForm::U32 => f64::from(pair()?),
        ValueForm::I32 => f64::from(pair()?.cast_signed()),
        ValueForm::F32 => f64::from(f32::from_bits(pair()?)),
    })
}

#[cfg(test)]
mod tests {
    use scene::{Reading, SignalKind, SignalValue};

    use super::{Answer, reading};
    use crate::modbus::block::Block;
    use crate::modbus::settings::{Point, Table, ValueForm, WordOrder};

    fn read(form: ValueForm, word_order: WordOrder, words: &[u16]) -> Reading {
        let point = Point {
            name: String::new(),
            unit_id: 1,
            table: Table::Input,
            address: 11,
            form,
            word_order,
            scale: 0.1,
            offset: -1.0,
            is_inverted: false,
            kind: SignalKind::Temperature,
            valid: Some(-100.0..=100.0),
        };
        let block =
            Block { unit_id: 1, table: Table::Input, address: 10, quantity: 3, points: vec![0] };
        let words = [&[0xDEAD], words].concat();
        reading(&point, &block, &Answer::Words(words))
    }

    #[test]
    fn each_form_is_read_in_both_orders() {
        use ValueForm::{F32, I16, I32, U16, U32};
        use WordOrder::{Big, Little};
        let good = |value| Reading::Good(SignalValue::Number(value));
        let doubted = |value| Reading::Uncertain(SignalValue::Number(value));
        assert_eq!(read(U16, Big, &[512]), good(512.0 * 0.1 - 1.0));
        assert_eq!(read(U16, Big, &[0xFFFF]), doubted(65_535.0 * 0.1 - 1.0));
        assert_eq!(read(I16, Big, &[0xFFFF]), good(-0.1 - 1.0));
        assert_eq!(read(U32, Big, &[0, 7]), good(7.0 * 0.1 - 1.0));
        assert_eq!(read(U32, Little, &[7, 0]), good(7.0 * 0.1 - 1.0));
        assert_eq!(read(I32, Big, &[0xFFFF, 0xFFFE]), good(-2.0 * 0.1 - 1.0));
        assert_eq!(read(F32, Big, &[0x41C8, 0]), good(25.0 * 0.1 - 1.0));
        assert_eq!(read(F32, Little, &[0, 0x41C8]), good(25.0 * 0.1 - 1.0));
        assert_eq!(read(F32, Big, &[0x7FC0, 0]), Reading::Bad, "no number");
        assert_eq!(read(F32, Big, &[0x41C8]), Reading::Bad, "half of it");
        assert_eq!(read(U16, Big, &[]), Reading::Bad);
    }

    #[test]
    fn a_flag_is_a_bit_or_a_register_that_is_not_0() {
        let mut point = Point {
            name: String::new(),
            unit_id: 1,
            table: Table::Coil,
            address: 1,
            form: ValueForm::Bit(0),
            word_order: WordOrder::Big,
            scale: 1.0,
            offset: 0.0,
            is_inverted: false,
            kind: SignalKind::DoorContact,
            valid: None,
        };
        let block =
            Block { unit_id: 1, table: Table::Coil, address: 0, quantity: 2, points: vec![0] };
        let flag = |flag| Reading::Good(SignalValue::Flag(flag));
        let bits = Answer::Bits(vec![false, true]);
        assert_eq!(reading(&point, &block, &bits), flag(true));
        point.is_inverted = true;
        assert_eq!(reading(&point, &block, &bits), flag(false));
        point.form = ValueForm::Bit(15);
        assert_eq!(reading(&point, &block, &Answer::Words(vec![0, 0x7FFF])), flag(true));
        point.form = ValueForm::U16;
        assert_eq!(reading(&point, &block, &Answer::Words(vec![0, 2])), flag(false));
    }
}
