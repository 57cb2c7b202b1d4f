//! Decoded pictures to RGB at the size that is needed, with libswscale.

use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling;

use crate::decoder::Picture;

/// Conversions that one worker remembers; each holds one picture.
const MAX_CONVERSIONS: usize = 32;

/// Why a picture could not be scaled.
#[derive(Debug, thiserror::Error)]
#[error("cannot scale a picture of {width}x{height}: {source}")]
pub struct ScaleError {
    width: u32,
    height: u32,
    source: ffmpeg::Error,
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
#[derive(Default)]
pub struct Scaler {
    conversions: Vec<Conversion>,
}

/// From one pixel format and size to RGB of another size.
struct Conversion {
    from: (Pixel, u32, u32),
    to: (u32, u32),
    context: scaling::Context,
    output: ffmpeg::frame::Video,
}

impl Scaler {
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
        let fail = |source| ScaleError { width: picture.width(), height: picture.height(), source };
        let from = (picture.frame.format(), picture.width(), picture.height());
        // A camera that keeps changing its size must not take all memory.
        if self.conversions.len() > MAX_CONVERSIONS {
            self.conversions.clear();
        }
        let known =
            self.conversions.iter().position(|it| it.from == from && it.to == (width, height));
        let index = match known {
            Some(index) => index,
            None => {
                self.conversions.push(Conversion::new(from, (width, height)).map_err(fail)?);
                self.conversions.len() - 1
            }
        };
        let Some(conversion) = self.conversions.get_mut(index) else {
            return Err(fail(ffmpeg::Error::Bug));
        };
        conversion.context.run(&picture.frame, &mut conversion.output).map_err(fail)?;
        Ok(Rgb {
            width,
            height,
            stride: conversion.output.stride(0),
            pixels: conversion.output.data(0),
        })
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
        Ok(Self { from, to, context, output: ffmpeg::frame::Video::empty() })
    }
}
