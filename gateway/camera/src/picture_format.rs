//! What a stream's pictures will be, by its sequence parameter sets, before any is decoded.
//!
//! Only what says how much memory the decoder will take is read. The order of the fields is that of
//! H.264 §7.3.2.1.1 and H.265 §7.3.2.2.1.

use std::fmt;

use crate::bit_reader::BitReader;
use crate::codec::Codec;
use crate::nal_units::NalUnit;

/// Profiles of H.264 whose parameter sets say how colours are sampled. This is libavcodec's list: it
/// is libavcodec that takes the memory.
const PROFILES_WITH_CHROMA: [u32; 11] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 144];

/// A decoder pads each row and column of a picture, so a thin one takes more than its pixels.
const LEAST_SIDE_PX: u64 = 64;

/// A decoder holds the picture that it works on and the one that was given out, beside those that
/// others refer to.
const PICTURES_AT_WORK: u64 = 2;

/// How a stream's pictures lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureFormat {
    /// Pixels a row, before cropping.
    pub width_px: u32,
    /// Rows, before cropping.
    pub height_px: u32,
    /// How colours are sampled: 0 not at all, 1 as 4:2:0, 2 as 4:2:2, 3 as 4:4:4.
    pub chroma_format: u32,
    /// Bits a sample, the larger of luma and colours.
    pub bit_depth: u32,
    /// The most pictures that others may refer to.
    pub reference_pictures: u32,
}

impl PictureFormat {
    /// What a sequence parameter set says; none if it breaks off before.
    pub(crate) fn read(codec: Codec, unit: NalUnit<'_>) -> Option<Self> {
        match codec {
            Codec::H264 => h264(BitReader::of_payload(unit.bytes.get(1..)?)),
            Codec::H265 => h265(BitReader::of_payload(unit.bytes.get(2..)?)),
        }
    }

    /// Memory for one picture, in bytes.
    pub fn picture_bytes(self) -> u64 {
        let side = |px: u32| u64::from(px).max(LEAST_SIDE_PX);
        let pixels = side(self.width_px).saturating_mul(side(self.height_px));
        let halves = [2, 3, 4, 6][self.chroma_format.min(3) as usize];
        let sample_bytes = if self.bit_depth > 8 { 2 } else { 1 };
        pixels.saturating_mul(halves * sample_bytes) / 2
    }

    /// Memory for all pictures that a decoder holds at a time, in bytes.
    pub fn decoder_bytes(self) -> u64 {
        let held = u64::from(self.reference_pictures) + PICTURES_AT_WORK;
        self.picture_bytes().saturating_mul(held)
    }
}

impl fmt::Display for PictureFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colours = ["grey", "4:2:0", "4:2:2", "4:4:4"][self.chroma_format.min(3) as usize];
        let Self { width_px, height_px, bit_depth, .. } = self;
        write!(f, "{width_px}x{height_px}, {colours}, {bit_depth} bit")
    }
}

fn h264(mut bits: BitReader) -> Option<PictureFormat> {
    let profile = bits.number(8)?;
    // Constraints and level.
    bits.skip(16)?;
    let _id = bits.unsigned()?;
    let (mut chroma_format, mut bit_depth) = (1, 8);
    if PROFILES_WITH_CHROMA.contains(&profile) {
        chroma_format = chroma(&mut bits)?;
        bit_depth = depth(&mut bits)?;
        let _lossless = bits.flag()?;
        if bits.flag()? {
            pass_scaling_lists(&mut bits, chroma_format)?;
        }
    }
    let _frame_number_bits = bits.unsigned()?;
    pass_picture_order(&mut bits)?;
    let reference_pictures = bits.unsigned()?;
    let _may_have_gaps = bits.flag()?;
    let width_blocks = bits.unsigned()?.checked_add(1)?;
    let height_blocks = bits.unsigned()?.checked_add(1)?;
    let fields = if bits.flag()? { 1 } else { 2 };
    Some(PictureFormat {
        width_px: width_blocks.checked_mul(16)?,
        height_px: height_blocks.checked_mul(16 * fields)?,
        chroma_format,
        bit_depth,
        reference_pictures,
    })
}

fn chroma(bits: &mut BitReader) -> Option<u32> {
    let chroma_format = bits.unsigned().filter(|it| *it <= 3)?;
    if chroma_format == 3 {
        let _separate_planes = bits.flag()?;
    }
    Some(chroma_format)
}

fn depth(bits: &mut BitReader) -> Option<u32> {
    let (luma, colours) = (bits.unsigned()?, bits.unsigned()?);
    luma.max(colours).checked_add(8)
}

fn pass_scaling_lists(bits: &mut BitReader, chroma_format: u32) -> Option<()> {
    for list in 0..if chroma_format == 3 { 12 } else { 8 } {
        if !bits.flag()? {
            continue;
        }
        // A list ends early with a scale of 0 (H.264 §7.3.2.1.1.1).
        let mut scale = 8;
        for _ in 0..if list < 6 { 16 } else { 64 } {
            scale = (scale + bits.signed()?).rem_euclid(256);
            if scale == 0 {
                break;
            }
        }
    }
    Some(())
}

fn pass_picture_order(bits: &mut BitReader) -> Option<()> {
    match bits.unsigned()? {
        0 => drop(bits.unsigned()?),
        1 => {
            bits.skip(1)?;
            let _offsets = (bits.signed()?, bits.signed()?);
            for _ in 0..bits.unsigned().filter(|count| *count <= 255)? {
                let _offset = bits.signed()?;
            }
        }
        _ => {}
    }
    Some(())
}

fn h265(mut bits: BitReader) -> Option<PictureFormat> {
    bits.skip(4)?;
    let sub_layers = bits.number(3)?;
    bits.skip(1)?;
    pass_profile(&mut bits, sub_layers)?;
    let _id = bits.unsigned()?;
    let chroma_format = chroma(&mut bits)?;
    let (width_px, height_px) = (bits.unsigned()?, bits.unsigned()?);
    if bits.flag()? {
        for _ in 0..4 {
            let _cropped = bits.unsigned()?;
        }
    }
    let bit_depth = depth(&mut bits)?;
    let _order_bits = bits.unsigned()?;
    let first = if bits.flag()? { 0 } else { sub_layers };
    let mut reference_pictures = 0;
    for _ in first..=sub_layers {
        reference_pictures = reference_pictures.max(bits.unsigned()?);
        let _reordered = (bits.unsigned()?, bits.unsigned()?);
    }
    pass_coding_blocks(&mut bits)?;
    pass_reference_sets(&mut bits)?;
    Some(PictureFormat { width_px, height_px, chroma_format, bit_depth, reference_pictures })
}

/// `profile_tier_level` (H.265 §7.3.3).
fn pass_profile(bits: &mut BitReader, sub_layers: u32) -> Option<()> {
    const PROFILE_BITS: usize = 88;
    const LEVEL_BITS: usize = 8;
    bits.skip(PROFILE_BITS + LEVEL_BITS)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers as usize))?;
    }
    for (has_profile, has_level) in present {
        bits.skip(if has_profile { PROFILE_BITS } else { 0 })?;
        bits.skip(if has_level { LEVEL_BITS } else { 0 })?;
    }
    Some(())
}

/// From the size of coding blocks to the coding of samples as they are.
fn pass_coding_blocks(bits: &mut BitReader) -> Option<()> {
    for _ in 0..6 {
        let _block_size = bits.unsigned()?;
    }
    if bits.flag()? && bits.flag()? {
        pass_h265_scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        let _block_size = (bits.unsigned()?, bits.unsigned()?);
        bits.skip(1)?;
    }
    Some(())
}

/// `scaling_list_data` (H.265 §7.3.4).
fn pass_h265_scaling_lists(bits: &mut BitReader) -> Option<()> {
    for size in 0..4 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if !bits.flag()? {
                let _copied_from = bits.unsigned()?;
                continue;
            }
            let first = u32::from(size > 1);
            for _ in 0..64.min(1 << (4 + 2 * size)) + first {
                let _coefficient = bits.signed()?;
            }
        }
    }
    Some(())
}

/// All `st_ref_pic_set` (H.265 §7.3.7). They are read to their end for libavformat's sake: where they
/// break off, it takes what is behind the end for their length, and counts to four billion
/// (`gateway/doc/upstream/ffmpeg-endless-reference-sets.md`).
fn pass_reference_sets(bits: &mut BitReader) -> Option<()> {
    let mut pictures = 0;
    for set in 0..bits.unsigned().filter(|sets| *sets <= 64)? {
        if set > 0 && bits.flag()? {
            bits.skip(1)?;
            let _distance = bits.unsigned()?;
            let mut kept = 0;
            for _ in 0..=pictures {
                let is_kept = bits.flag()? || bits.flag()?;
                kept += u32::from(is_kept);
            }
            pictures = kept;
            continue;
        }
        let (before, after) = (bits.unsigned()?, bits.unsigned()?);
        pictures = before.checked_add(after).filter(|pictures| *pictures <= 16)?;
        for _ in 0..pictures {
            let _distance = bits.unsigned()?;
            bits.skip(1)?;
        }
    }
    Some(())
}
