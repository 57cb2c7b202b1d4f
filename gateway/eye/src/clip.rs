//! Coded pictures as an MP4 file, copied without transcoding: what a court sees is what the camera
//! sent.

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::context::StreamIo;
use scene::CaptureTime;

use camera::{Codec, Footage, LibavFault};

use crate::protocol::Clip;

/// Ticks a second of RTP video (RFC 3551 §5), exact for every usual frame rate.
const TICKS_PER_SEC: i32 = 90_000;

/// Why there is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The camera's pictures do not say what they are.
    #[error("the camera's video has no usable parameter sets: {0}")]
    Parameters(LibavFault),
    /// libavformat refused.
    #[error("cannot write MP4: {0}")]
    Write(LibavFault),
}

/// Writes `footage` as MP4. Calls `go_on` before each step with the bytes that it reads: first the pictures
/// until the second key frame, from which libavformat learns what the track is, then each picture.
///
/// # Errors
/// [`ClipError`], for footage that begins with no random access point or with a broken one.
pub fn write_mp4(footage: &Footage, go_on: impl Fn(usize)) -> Result<Clip, ClipError> {
    let (parameters, size_px) =
        parameters(footage, &go_on).map_err(|error| ClipError::Parameters(error.into()))?;
    let mp4 = mux(footage, parameters, go_on).map_err(|error| ClipError::Write(error.into()))?;
    let times = || footage.pictures.iter().map(|picture| picture.captured_at);
    let epoch = CaptureTime::from_unix_micros(0);
    let (from, to) = (times().min().unwrap_or(epoch), times().max().unwrap_or(epoch));
    Ok(Clip::new(mp4, size_px, from, to.since(from)))
}

/// What the file says of the track, found by libavformat in the first group of pictures.
fn parameters(
    footage: &Footage,
    go_on: impl Fn(usize),
) -> Result<(ffmpeg::codec::Parameters, (u32, u32)), ffmpeg::Error> {
    let name = match footage.codec {
        Codec::H264 => "clip.h264",
        Codec::H265 => "clip.h265",
    };
    let mut start = Vec::new();
    for (at, picture) in footage.pictures.iter().enumerate() {
        if at > 0 && picture.is_random_access_point {
            break;
        }
        start.extend_from_slice(&picture.data);
    }
    go_on(start.len());
    let stream = StreamIo::from_read(Cursor::new(start))?;
    let input = ffmpeg::format::input_from_stream(stream, Some(name), None)?;
    let video = input.streams().best(ffmpeg::media::Type::Video);
    let video = video.ok_or(ffmpeg::Error::StreamNotFound)?;
    let parameters = video.parameters();
    let decoder = ffmpeg::codec::Context::from_parameters(parameters.clone())?.decoder().video()?;
    Ok((parameters, (decoder.width(), decoder.height())))
}

fn mux(
    footage: &Footage,
    parameters: ffmpeg::codec::Parameters,
    go_on: impl Fn(usize),
) -> Result<Vec<u8>, ffmpeg::Error> {
    let file = Memory::default();
    let stream = StreamIo::from_write_seek(file.clone())?;
    let mut output = ffmpeg::format::output_to_stream(stream, None, Some("mp4"))?;
    {
        let mut track = output.add_stream(ffmpeg::encoder::find(ffmpeg::codec::Id::None))?;
        track.set_parameters(parameters);
        track.set_time_base((1, TICKS_PER_SEC));
    }
    let _initialised = output.write_header()?;
    let track_ticks = output.stream(0).map(|track| track.time_base());
    let track_ticks = track_ticks.ok_or(ffmpeg::Error::StreamNotFound)?;
    for (picture, times) in footage.pictures.iter().zip(timeline(footage)) {
        go_on(picture.data.len());
        let mut packet = ffmpeg::Packet::copy(&picture.data);
        packet.set_stream(0);
        packet.set_pts(Some(times.shown));
        packet.set_dts(Some(times.decoded));
        packet.set_duration(times.lasts);
        if picture.is_random_access_point {
            packet.set_flags(ffmpeg::packet::Flags::KEY);
        }
        packet.rescale_ts((1, TICKS_PER_SEC), track_ticks);
        packet.write_interleaved(&mut output)?;
    }
    output.write_trailer()?;
    drop(output);
    Ok(file.into_bytes())
}

/// When a picture is decoded and shown, in ticks from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    decoded: i64,
    shown: i64,
    lasts: i64,
}

/// A camera only says when each picture is shown. A file must also say when it is decoded: in the
/// order of arrival, each at a time of its own, none later than it is shown.
fn timeline(footage: &Footage) -> Vec<Times> {
    let first = footage.pictures.iter().map(|picture| picture.captured_at.unix_micros()).min();
    let first = first.unwrap_or(0);
    let ticks = |at: CaptureTime| (at.unix_micros() - first) * i64::from(TICKS_PER_SEC) / 1_000_000;
    let mut shown: Vec<i64> =
        footage.pictures.iter().map(|picture| ticks(picture.captured_at)).collect();
    let mut ordered = shown.clone();
    ordered.sort_unstable();
    let mut earliest = i64::MIN;
    for at in &mut ordered {
        // Two pictures have the same time if the clock was set; a file allows no such pair.
        *at = (*at).max(earliest.saturating_add(1));
        earliest = *at;
    }
    let late = ordered.iter().zip(&shown).map(|(decoded, shown)| decoded - shown).max();
    let late = late.unwrap_or(0).max(0);
    let after = ordered.iter().skip(1).copied().map(Some).chain([None]);
    let mut usual = i64::from(TICKS_PER_SEC) / 25;
    let spans: Vec<(i64, i64)> = ordered
        .iter()
        .zip(after)
        .map(|(at, next)| {
            usual = next.map_or(usual, |next| next - at);
            (at - late, usual)
        })
        .collect();
    let pictures = shown.drain(..).zip(spans);
    pictures.map(|(shown, (decoded, lasts))| Times { decoded, shown, lasts }).collect()
}

/// A file in memory that the muxer writes and its owner reads afterwards.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Memory {
    fn into_bytes(self) -> Vec<u8> {
        let mut cursor = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *cursor).into_inner()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Memory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seek(to)
    }
}

#[cfg(test)]
pub(crate) mod tests;
