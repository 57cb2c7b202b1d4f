//! Coded runs to pictures, with libavcodec.

use ffmpeg_next as ffmpeg;
use ffmpeg_next::codec::decoder;
use scene::{Appearance, CaptureTime, Shades};

use crate::codec::Codec;
use crate::decoder_limits::{DecoderLimits, LimitError};
use crate::gop_gate::Run;
use crate::libav_fault::LibavFault;

/// Prepares the libav libraries. To be called once, before the first decoder.
///
/// # Errors
/// If libavcodec cannot be used.
pub fn init_libav() -> Result<(), LibavFault> {
    ffmpeg::init()?;
    // libav writes to standard error by itself, without naming the camera, and waits for whoever reads
    // it. Its complaints reach us as error codes, which are logged with the camera's span.
    ffmpeg::util::log::set_level(ffmpeg::util::log::Level::Quiet);
    Ok(())
}

/// Why no picture came out of a run.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// libavcodec was built without this decoder.
    #[error("the installed libavcodec has no {0} decoder")]
    Missing(Codec),
    /// libavcodec refused to open the decoder.
    #[error("cannot open the {codec} decoder: {source}")]
    Open {
        /// Which one.
        codec: Codec,
        /// Why.
        source: LibavFault,
    },
    /// The bitstream is broken.
    #[error("undecodable picture: {0}")]
    Bitstream(#[from] LibavFault),
    /// Its pictures would take too much memory or work.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// One decoded picture, in the decoder's own pixel format. Cheap to move, not copied.
pub struct Picture {
    pub(crate) frame: ffmpeg::frame::Video,
    /// When the camera took it.
    pub captured_at: CaptureTime,
}

impl Picture {
    /// What a decoder gave.
    pub const fn new(frame: ffmpeg::frame::Video, captured_at: CaptureTime) -> Self {
        Self { frame, captured_at }
    }

    /// A picture of `width` pixels a row, made of `rows` of RGB.
    pub fn of_rgb<'a>(
        (width, height): (u32, u32),
        rows: impl Iterator<Item = &'a [u8]>,
        captured_at: CaptureTime,
    ) -> Self {
        let mut frame = ffmpeg::frame::Video::new(ffmpeg::format::Pixel::RGB24, width, height);
        let stride = frame.stride(0).max(1);
        for (to, from) in frame.data_mut(0).chunks_mut(stride).zip(rows) {
            let shared = to.len().min(from.len());
            if let (Some(to), Some(from)) = (to.get_mut(..shared), from.get(..shared)) {
                to.copy_from_slice(from);
            }
        }
        Self { frame, captured_at }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.frame.width()
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.frame.height()
    }

    /// Width and height as a player shows it: the pixels of some cameras are not square.
    pub fn shown_px(&self) -> (u32, u32) {
        let (width, height) = (self.width(), self.height());
        let pixel = self.frame.aspect_ratio();
        let (Ok(wide @ 1..), Ok(high @ 1..)) =
            (u64::try_from(pixel.numerator()), u64::try_from(pixel.denominator()))
        else {
            return (width, height);
        };
        let shown = u64::from(width).saturating_mul(wide) / high;
        (u32::try_from(shown).unwrap_or(width), height)
    }

    /// What it looks like as a whole; none if its pixel format keeps no 8-bit luma by itself.
    pub fn appearance(&self) -> Option<Appearance> {
        let Luma { plane, width, height, stride } = self.luma()?;
        Appearance::of_luma(plane, width, height, stride)
    }

    /// How bright each small part of it is; none if its pixel format keeps no 8-bit luma by itself, or if it is
    /// tiny.
    pub fn shades(&self) -> Option<Shades> {
        let Luma { plane, width, height, stride } = self.luma()?;
        Shades::of_luma(plane, width, height, stride)
    }

    fn luma(&self) -> Option<Luma<'_>> {
        use ffmpeg::format::Pixel;
        let has_luma_plane = matches!(
            self.frame.format(),
            Pixel::YUV420P
                | Pixel::YUVJ420P
                | Pixel::YUV422P
                | Pixel::YUVJ422P
                | Pixel::YUV444P
                | Pixel::YUVJ444P
                | Pixel::NV12
                | Pixel::NV21
                | Pixel::GRAY8
        );
        if !has_luma_plane {
            return None;
        }
        let (width, height) = (self.width().try_into().ok()?, self.height().try_into().ok()?);
        Some(Luma { plane: self.frame.data(0), width, height, stride: self.frame.stride(0) })
    }
}

/// The luma of a picture, 8 bits a pixel, rows `stride` bytes apart.
struct Luma<'a> {
    plane: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

/// What decoding a run gave.
pub struct Decoded {
    /// The latest picture of the run.
    pub picture: Option<Picture>,
    /// The decoder had to be drained for it and needs a random access point to go on.
    pub needs_random_access_point: bool,
}

/// The decoder of one camera: one thread, no added delay.
pub struct Decoder {
    codec: Codec,
    limits: DecoderLimits,
    inner: decoder::Video,
}

impl Decoder {
    /// Opens a software decoder.
    ///
    /// A stream whose pictures need more memory than those of `max_picture_px` pixels in 4:2:0 with
    /// 8 bit do is refused before that memory is taken: a broken or hostile camera must not take all.
    ///
    /// # Errors
    /// If libavcodec has no such decoder or refuses to open it.
    pub fn open(codec: Codec, max_picture_px: u64) -> Result<Self, DecodeError> {
        let id = match codec {
            Codec::H264 => ffmpeg::codec::Id::H264,
            Codec::H265 => ffmpeg::codec::Id::HEVC,
        };
        let found = decoder::find(id).ok_or(DecodeError::Missing(codec))?;
        let mut context = ffmpeg::codec::Context::new_with_codec(found);
        // One thread a camera scales better than libavcodec's frame threads, each of which adds a
        // picture of delay. Across cameras the pool already uses every core.
        context.set_threading(ffmpeg::threading::Config::count(1));
        context.set_flags(ffmpeg::codec::Flags::LOW_DELAY);
        let mut options = ffmpeg::Dictionary::new();
        options.set("max_pixels", &max_picture_px.to_string());
        let inner = context
            .decoder()
            .open_as_with(found, options)
            .and_then(decoder::Opened::video)
            .map_err(|error| DecodeError::Open { codec, source: error.into() })?;
        Ok(Self { codec, limits: DecoderLimits::new(max_picture_px), inner })
    }

    /// Which codec it decodes.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Decodes all units of `run` and keeps the latest picture. Calls `go_on` before each of them, with its bytes.
    ///
    /// # Errors
    /// [`DecodeError::Bitstream`] if libavcodec rejects a unit, [`DecodeError::Limit`] if a unit asks
    /// for too much. The decoder then needs a random access point.
    pub fn decode(
        &mut self,
        run: &Run,
        mut go_on: impl FnMut(usize),
    ) -> Result<Decoded, DecodeError> {
        if !run.continues {
            // Pictures of the stream before the jump must not come out as if they were new.
            self.inner.flush();
        }
        let mut picture = None;
        for unit in &run.units {
            go_on(unit.data.len());
            self.limits.check(self.codec, &unit.data)?;
            let mut packet = ffmpeg::Packet::copy(&unit.data);
            // The time stamp travels through the decoder, which may reorder pictures.
            packet.set_pts(Some(unit.captured_at.unix_micros()));
            self.inner.send_packet(&packet).map_err(LibavFault::from)?;
            self.receive_into(&mut picture)?;
        }
        if picture.is_some() || !run.is_due {
            return Ok(Decoded { picture, needs_random_access_point: false });
        }
        // A stream with reordering holds its pictures back: a single key frame comes out only when
        // the decoder is told that nothing follows.
        self.inner.send_eof().map_err(LibavFault::from)?;
        self.receive_into(&mut picture)?;
        self.inner.flush();
        Ok(Decoded { picture, needs_random_access_point: true })
    }

    fn receive_into(&mut self, latest: &mut Option<Picture>) -> Result<(), DecodeError> {
        loop {
            let mut frame = ffmpeg::frame::Video::empty();
            match self.inner.receive_frame(&mut frame) {
                Ok(()) => {
                    let Some(micros) = frame.timestamp() else { continue };
                    let captured_at = CaptureTime::from_unix_micros(micros);
                    *latest = Some(Picture::new(frame, captured_at));
                }
                Err(
                    ffmpeg::Error::Other { errno: ffmpeg::util::error::EAGAIN }
                    | ffmpeg::Error::Eof,
                ) => {
                    return Ok(());
                }
                Err(error) => return Err(LibavFault::from(error).into()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
