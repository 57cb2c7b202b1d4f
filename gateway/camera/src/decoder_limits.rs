//! What a decoder may take, judged before it takes it.
//!
//! libavcodec allocates a picture by its parameter sets, and bounds it by pixels alone. The same
//! pixels take four times the memory in 4:4:4 with 10 bit, and a stream may ask for sixteen pictures
//! at a time.

use crate::codec::Codec;
use crate::nal_units::nal_units;
use crate::picture_format::PictureFormat;

/// Pictures of the largest size that a decoder may hold at a time. The highest levels that cameras
/// use allow five or six for others to refer to, and two are at work. Smaller pictures may be more.
const LARGEST_PICTURES: u64 = 8;

/// The most NAL units in one picture. H.265 allows 600 slice segments at its highest level, and
/// there are parameter sets and messages beside them. A decoder keeps a record for each unit, however
/// short it is.
const MOST_NAL_UNITS: usize = 1024;

/// What a camera asks for beyond the limits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// One picture takes too much memory.
    #[error(
        "pictures of {format} take {needed_mb} MB each, and {allowed_mb} MB is the limit \
         (max_picture_px). Set the camera to 4:2:0 with 8 bit, or to smaller pictures"
    )]
    Picture {
        /// What the stream says of its pictures.
        format: PictureFormat,
        /// Memory for one of them.
        needed_mb: u64,
        /// The most that one may take.
        allowed_mb: u64,
    },
    /// All pictures that a decoder would hold take too much memory.
    #[error(
        "the stream makes a decoder hold {pictures} pictures of {format}: {needed_mb} MB, and \
         {allowed_mb} MB is the limit. Set the camera to fewer reference pictures, or to smaller ones"
    )]
    Decoder {
        /// What the stream says of its pictures.
        format: PictureFormat,
        /// How many may be referred to.
        pictures: u32,
        /// Memory for all of them.
        needed_mb: u64,
        /// The most that they may take.
        allowed_mb: u64,
    },
    /// It cannot be known how much memory is needed.
    #[error("the stream does not say how large its pictures are: a parameter set (SPS) breaks off")]
    Unreadable,
    /// A picture in thousands of pieces.
    #[error("a picture came in more than {MOST_NAL_UNITS} pieces")]
    Pieces,
}

/// The limits of one decoder.
#[derive(Debug, Clone, Copy)]
pub struct DecoderLimits {
    picture_bytes: u64,
}

impl DecoderLimits {
    /// The memory of pictures with `max_picture_px` pixels in 4:2:0 with 8 bit.
    pub fn new(max_picture_px: u64) -> Self {
        Self { picture_bytes: max_picture_px.saturating_mul(3) / 2 }
    }

    /// Judges an access unit before it is decoded.
    ///
    /// # Errors
    /// [`LimitError`], for a person to read.
    pub fn check(&self, codec: Codec, annex_b: &[u8]) -> Result<(), LimitError> {
        let mut pieces = 0;
        for unit in nal_units(annex_b) {
            pieces += 1;
            if pieces > MOST_NAL_UNITS {
                return Err(LimitError::Pieces);
            }
            if unit.is_sequence_parameter_set(codec) {
                let format = PictureFormat::read(codec, unit).ok_or(LimitError::Unreadable)?;
                self.check_format(format)?;
            }
        }
        Ok(())
    }

    fn check_format(&self, format: PictureFormat) -> Result<(), LimitError> {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        if format.picture_bytes() > self.picture_bytes {
            return Err(LimitError::Picture {
                format,
                needed_mb: megabytes(format.picture_bytes()),
                allowed_mb: megabytes(self.picture_bytes),
            });
        }
        let allowed = self.picture_bytes.saturating_mul(LARGEST_PICTURES);
        if format.decoder_bytes() > allowed {
            return Err(LimitError::Decoder {
                format,
                pictures: format.reference_pictures,
                needed_mb: megabytes(format.decoder_bytes()),
                allowed_mb: megabytes(allowed),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
