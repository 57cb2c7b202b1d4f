//! From the pictures of a run to what a camera's decoder would give: YUV with a quarter of the colour, and
//! after a thrifty encoder if the condition says so.

use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;
use ffmpeg_next::software::scaling;

use crate::fallible::Fallible;

/// Turns pictures of one size into frames.
pub(crate) struct Lens {
    size: (u32, u32),
    converter: scaling::Context,
}

impl Lens {
    /// For pictures of this size.
    pub(crate) fn new((width, height): (usize, usize)) -> Fallible<Self> {
        let size = (u32::try_from(width)?, u32::try_from(height)?);
        let (from, to) = (Pixel::RGB24, Pixel::YUV420P);
        let flags = scaling::Flags::BILINEAR;
        let converter = scaling::Context::get(from, size.0, size.1, to, size.0, size.1, flags)?;
        Ok(Self { size, converter })
    }

    /// As a decoder gives it.
    pub(crate) fn frame(&mut self, pixels: &[u8]) -> Fallible<Video> {
        let (width, height) = self.size;
        let mut rgb = Video::new(Pixel::RGB24, width, height);
        let (stride, row) = (rgb.stride(0), 3 * usize::try_from(width)?);
        for (to, from) in rgb.data_mut(0).chunks_mut(stride).zip(pixels.chunks_exact(row)) {
            to[..row].copy_from_slice(from);
        }
        let mut frame = Video::empty();
        self.converter.run(&rgb, &mut frame)?;
        Ok(frame)
    }
}

/// The same frame as a camera sends it that has to save bits: a key frame at this quantiser.
pub(crate) fn squeezed(frame: &Video, quantiser: u32) -> Fallible<Video> {
    let coder = ffmpeg::encoder::find_by_name("libx264").ok_or("libavcodec has no libx264")?;
    let context = ffmpeg::codec::Context::new_with_codec(coder);
    let mut encoder = context.encoder().video()?;
    encoder.set_width(frame.width());
    encoder.set_height(frame.height());
    encoder.set_format(Pixel::YUV420P);
    encoder.set_time_base((1, 25));
    let mut options = ffmpeg::Dictionary::new();
    for (key, value) in [("preset", "veryfast"), ("qp", &quantiser.to_string()), ("threads", "1")] {
        options.set(key, value);
    }
    let mut encoder = encoder.open_as_with(coder, options)?;
    let mut shown = frame.clone();
    shown.set_pts(Some(0));
    encoder.send_frame(&shown)?;
    encoder.send_eof()?;
    let decoder = ffmpeg::decoder::find(ffmpeg::codec::Id::H264).ok_or("no decoder of H.264")?;
    let mut decoder = ffmpeg::codec::Context::new_with_codec(decoder).decoder().video()?;
    let mut packet = ffmpeg::Packet::empty();
    while encoder.receive_packet(&mut packet).is_ok() {
        decoder.send_packet(&packet)?;
    }
    decoder.send_eof()?;
    let mut decoded = Video::empty();
    decoder.receive_frame(&mut decoded)?;
    Ok(decoded)
}
