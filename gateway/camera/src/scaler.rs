//! Decoded pictures to RGB at the size that is needed, with libswscale.

use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling;

use crate::decoder::Picture;
use crate::libav_fault::LibavFault;

/// Conversions that one worker remembers.
const MOST_CONVERSIONS: usize = 32;

/// What the pictures take that these conversions hold, in bytes: two of 4K and many of the detector's
/// input. The one under way comes to it.
const MOST_OUTPUT_BYTES: usize = 64 * 1024 * 1024;

/// Why a picture could not be scaled.
#[derive(Debug, thiserror::Error)]
#[error("cannot scale a picture of {width}x{height}: {source}")]
pub struct ScaleError {
    width: u32,
    height: u32,
    source: LibavFault,
}

/// An RGB24 picture lent by a [`Scaler`].
#[derive(Debug, Clone, Copy)]
pub struct Rgb<'a> {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from one row to the next, at least `3 * width`.
    pub stride: usize,
    /// `stride * height` bytes: red, green, blue.
    pub pixels: &'a [u8],
}

/// The scalers of one worker thread: one for each conversion that it has met.
pub struct Scaler {
    conversions: Vec<Conversion>,
    /// What their pictures may take.
    most_bytes: usize,
}

impl Default for Scaler {
    fn default() -> Self {
        Self::holding(MOST_OUTPUT_BYTES)
    }
}

/// From one pixel format and size to RGB of another size.
struct Conversion {
    from: (Pixel, u32, u32),
    to: (u32, u32),
    /// What its output takes.
    bytes: usize,
    context: scaling::Context,
    output: ffmpeg::frame::Video,
}

impl Scaler {
    /// One whose pictures take so many bytes. The one under way comes to it.
    #[must_use]
    pub const fn holding(most_bytes: usize) -> Self {
        Self { conversions: Vec::new(), most_bytes }
    }

    /// Scales `picture` to `width` x `height` pixels of RGB24.
    ///
    /// Area averaging: anti-aliased, and the second cheapest after nearest-bilinear.
    ///
    /// # Errors
    /// If libswscale knows no way from the picture's pixel format.
    pub fn scale(
        &mut self,
        picture: &Picture,
        (width, height): (u32, u32),
    ) -> Result<Rgb<'_>, ScaleError> {
        let fail = |source: LibavFault| {
            let (width, height) = (picture.width(), picture.height());
            ScaleError { width, height, source }
        };
        let from = (picture.frame.format(), picture.width(), picture.height());
        let known =
            self.conversions.iter().position(|it| it.from == from && it.to == (width, height));
        let conversion = match known {
            Some(index) => self.conversions.remove(index),
            None => {
                let new =
                    Conversion::new(from, (width, height)).map_err(|error| fail(error.into()))?;
                self.make_room(new.bytes);
                new
            }
        };
        self.conversions.push(conversion);
        let Some(conversion) = self.conversions.last_mut() else {
            return Err(fail(LibavFault::IMPOSSIBLE));
        };
        let Conversion { context, output, .. } = conversion;
        context.run(&picture.frame, output).map_err(|error| fail(error.into()))?;
        Ok(Rgb {
            width,
            height,
            stride: conversion.output.stride(0),
            pixels: conversion.output.data(0),
        })
    }

    /// Forgets the conversions that were not used for longest: a camera that keeps changing its size
    /// must not take all memory.
    fn make_room(&mut self, bytes: usize) {
        let (mut count, mut held) = (1, bytes);
        let kept = self.conversions.iter().rev().take_while(|it| {
            (count, held) = (count + 1, held + it.bytes);
            count <= MOST_CONVERSIONS && held <= self.most_bytes
        });
        let gone = self.conversions.len() - kept.count();
        self.conversions.drain(..gone);
    }
}

impl Conversion {
    fn new(from: (Pixel, u32, u32), to: (u32, u32)) -> Result<Self, ffmpeg::Error> {
        let (format, from_width, from_height) = from;
        let context = scaling::Context::get(
            format,
            from_width,
            from_height,
            Pixel::RGB24,
            to.0,
            to.1,
            scaling::Flags::AREA,
        )?;
        let bytes = 3 * to.0 as usize * to.1 as usize;
        Ok(Self { from, to, bytes, context, output: ffmpeg::frame::Video::empty() })
    }
}

#[cfg(test)]
mod tests {
    use scene::CaptureTime;

    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let rows = std::iter::empty();
        Picture::of_rgb((width, height), rows, CaptureTime::from_unix_micros(0))
    }

    #[test]
    fn a_camera_that_keeps_changing_its_size_takes_no_more_memory() {
        let mut scaler = Scaler::default();
        for number in 0..40 {
            let (width, height) = (3800 + 2 * number, 2100);
            scaler.scale(&picture(width, height), (width, height)).unwrap();
            scaler.scale(&picture(width, height), (416, 234)).unwrap();
            let held: usize = scaler.conversions.iter().map(|it| it.bytes).sum();
            assert!(held <= MOST_OUTPUT_BYTES && scaler.conversions.len() <= MOST_CONVERSIONS);
        }
        for number in 1..=100 {
            scaler.scale(&picture(number, 7), (40, 40)).unwrap();
        }
        assert_eq!(scaler.conversions.len(), MOST_CONVERSIONS);
    }

    #[test]
    fn what_is_used_is_not_forgotten() {
        let mut scaler = Scaler::default();
        for number in 1..=100 {
            scaler.scale(&picture(640, 360), (416, 234)).unwrap();
            scaler.scale(&picture(number, 7), (40, 40)).unwrap();
            assert!(scaler.conversions.iter().any(|it| it.to == (416, 234)));
        }
    }
}
