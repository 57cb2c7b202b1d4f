//! Sequence parameter sets, written bit by bit (ITU-T H.264 §7.3.2.1.1, H.265 §7.3.2.2.1).

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

    /// The lowest `count` bits of `value`.
    fn fixed(&mut self, value: u32, count: u32) {
        for digit in (0..count).rev() {
            self.bit(value >> digit & 1 == 1);
        }
    }

    /// `ue(v)` of §9.1.
    fn number(&mut self, value: u32) {
        let code = value + 1;
        let digits = u32::BITS - code.leading_zeros();
        for _ in 1..digits {
            self.bit(false);
        }
        self.fixed(code, digits);
    }

    /// The NAL unit, kept free of start codes (§7.4.1.1; H.265 §7.4.2.1).
    fn unit(self) -> Vec<u8> {
        let (mut unit, mut zeros) = (Vec::new(), 0);
        for byte in self.bytes {
            if zeros == 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            unit.push(byte);
        }
        unit
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
    bits.unit()
}

/// The set of a Main stream of H.265 whose pictures are `side_px` wide and high.
pub(super) fn square_of_h265(side_px: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.fixed(0x4201, 16);
    bits.fixed(0b0000_0001, 8); // one layer, nested
    bits.fixed(1, 8); // general_profile_idc: Main
    bits.fixed(0x6000_0000, 32);
    bits.fixed(0, 24);
    bits.fixed(0, 24);
    bits.fixed(186, 8); // level 6.2
    bits.number(0); // sps_seq_parameter_set_id
    bits.number(1); // chroma_format_idc
    bits.number(side_px);
    bits.number(side_px);
    bits.bit(false); // conformance_window_flag
    bits.number(0); // bit_depth_luma_minus8
    bits.number(0); // bit_depth_chroma_minus8
    bits.number(4); // log2_max_pic_order_cnt_lsb_minus4
    bits.bit(true); // sps_sub_layer_ordering_info_present_flag
    bits.number(1); // sps_max_dec_pic_buffering_minus1
    bits.number(0); // sps_max_num_reorder_pics
    bits.number(0); // sps_max_latency_increase_plus1
    bits.number(0); // log2_min_luma_coding_block_size_minus3
    bits.number(3); // log2_diff_max_min_luma_coding_block_size
    bits.number(0); // log2_min_luma_transform_block_size_minus2
    bits.number(3); // log2_diff_max_min_luma_transform_block_size
    bits.number(0); // max_transform_hierarchy_depth_inter
    bits.number(0); // max_transform_hierarchy_depth_intra
    bits.fixed(0, 4); // no scaling lists, no amp, no sample adaptive offset, no pcm
    bits.number(0); // num_short_term_ref_pic_sets
    bits.fixed(0, 5); // no long-term pictures, none of the rest, no extension
    bits.bit(true); // rbsp_stop_one_bit
    bits.unit()
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
        // Likewise: Main, level 6.2, 16000x16000.
        let set = square_of_h265(16_000);
        assert_eq!(set[..7], [0x42, 1, 1, 1, 0x60, 0, 0]);
        assert!(set.len() < 40 && !set.windows(3).any(|it| it == [0, 0, 0]), "{set:?}");
    }
}
