//! A sequence parameter set of H.264, written bit by bit (ITU-T H.264 §7.3.2.1.1).

/// Bits that become bytes.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn bit(&mut self, is_set: bool) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(is_set) << (7 - self.count % 8);
        }
        self.count += 1;
    }

    /// `ue(v)` of §9.1.
    fn number(&mut self, value: u32) {
        let code = value + 1;
        let digits = u32::BITS - code.leading_zeros();
        for _ in 1..digits {
            self.bit(false);
        }
        for digit in (0..digits).rev() {
            self.bit(code >> digit & 1 == 1);
        }
    }
}

/// The set of a Baseline stream whose pictures are `macroblocks` of 16 pixels wide and high.
pub(super) fn square(macroblocks: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.bytes.extend_from_slice(&[0x67, 66, 0xC0, 62]);
    bits.count = 32;
    bits.number(0); // seq_parameter_set_id
    bits.number(0); // log2_max_frame_num_minus4
    bits.number(2); // pic_order_cnt_type
    bits.number(1); // max_num_ref_frames
    bits.bit(false); // gaps_in_frame_num_value_allowed_flag
    bits.number(macroblocks - 1);
    bits.number(macroblocks - 1);
    bits.bit(true); // frame_mbs_only_flag
    bits.bit(true); // direct_8x8_inference_flag
    bits.bit(false); // frame_cropping_flag
    bits.bit(false); // vui_parameters_present_flag
    bits.bit(true); // rbsp_stop_one_bit
    bits.bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exponential_golomb_codes() {
        let mut bits = Bits::default();
        for value in [0, 1, 2, 3, 7] {
            bits.number(value); // 1 010 011 00100 0001000
        }
        assert_eq!(bits.bytes, [0b1010_0110, 0b0100_0001, 0b0000_0000]);
    }

    #[test]
    fn a_set_tells_its_size() {
        // Checked with ffprobe: 352x352.
        let set = square(22);
        assert_eq!(set[..4], [0x67, 66, 0xC0, 62]);
        assert!(set.len() < 16, "{set:?}");
    }
}
