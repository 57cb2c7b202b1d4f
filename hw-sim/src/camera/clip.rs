//! A recorded clip: the access units of an MP4's video track, packetised once for all sessions.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use re_mp4::{HevcBox, Mp4, Sample, StsdBoxContent, Track};
use thiserror::Error;

use super::codec::Codec;
use super::payload::Payloads;
use super::quirk::quirks::Quirks;
use super::timeline::{TICKS_PER_SEC, duration_of};

/// A clip ready to be streamed. Immutable; share it between cameras and sessions by `Arc`.
#[derive(Debug)]
pub struct Clip {
    codec: Codec,
    width_px: u16,
    height_px: u16,
    duration_ticks: u64,
    parameter_sets: Vec<Vec<u8>>,
    access_units: Vec<AccessUnit>,
}

/// One coded picture with everything that is sent before the next.
#[derive(Debug)]
pub struct AccessUnit {
    pub(crate) capture_ticks: u64,
    pub(crate) send_ticks: u64,
    pub(crate) payloads: Payloads,
    is_key_frame: bool,
}

impl AccessUnit {
    /// When it was captured, from the start of the clip (ISO/IEC 14496-12 composition time).
    #[must_use]
    pub fn captured_at(&self) -> Duration {
        duration_of(self.capture_ticks)
    }

    /// Whether a decoder can begin here.
    #[must_use]
    pub fn is_key_frame(&self) -> bool {
        self.is_key_frame
    }
}

/// Why a file cannot be a camera's clip.
#[derive(Debug, Error)]
pub enum ClipError {
    /// The file cannot be read.
    #[error("clip {path}: {source}")]
    Read {
        /// The clip.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file does not begin as ISO/IEC 14496-12 asks.
    #[error(
        "clip {path} is not an MP4 video; convert it, for example `ffmpeg -i IN -c copy OUT.mp4`"
    )]
    NotMp4 {
        /// The clip.
        path: PathBuf,
    },
    /// The file begins as an MP4, but it is cut off or points beyond its end.
    #[error("clip {path} is damaged or was cut off while being written: {reason}")]
    Damaged {
        /// The clip.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// There is no track that a camera would send.
    #[error("clip {path} has no H.264 or H.265 video track; it holds: {found}")]
    NoVideo {
        /// The clip.
        path: PathBuf,
        /// The sample entries found.
        found: String,
    },
    /// A decoder cannot begin at the first picture.
    #[error("clip {path} does not begin with a key frame; cut it at one, or re-encode it")]
    NoKeyFrame {
        /// The clip.
        path: PathBuf,
    },
}

/// What the sample description says, for either codec.
struct Description {
    codec: Codec,
    width_px: u16,
    height_px: u16,
    length_bytes: usize,
    parameter_sets: Vec<Vec<u8>>,
}

impl Clip {
    /// Reads and packetises the first H.264 or H.265 track of an MP4.
    ///
    /// # Errors
    /// [`ClipError`] names the file and what to do about it.
    pub fn open(path: &Path) -> Result<Self, ClipError> {
        Self::open_for(path, &Quirks::default())
    }

    /// The same as a camera with these quirks packetises it.
    ///
    /// # Errors
    /// As [`Clip::open`].
    pub fn open_for(path: &Path, quirks: &Quirks) -> Result<Self, ClipError> {
        let file =
            fs::read(path).map_err(|source| ClipError::Read { path: path.to_owned(), source })?;
        Self::parse(path, &file, quirks)
    }

    /// This clip, and then `next`. It is described as the first one is.
    #[must_use]
    pub fn followed_by(mut self, next: Self) -> Self {
        for unit in next.access_units {
            self.access_units.push(AccessUnit {
                capture_ticks: unit.capture_ticks + self.duration_ticks,
                send_ticks: unit.send_ticks + self.duration_ticks,
                ..unit
            });
        }
        self.duration_ticks += next.duration_ticks;
        self
    }

    fn parse(path: &Path, file: &[u8], quirks: &Quirks) -> Result<Self, ClipError> {
        if file.get(4..8) != Some(b"ftyp") {
            return Err(ClipError::NotMp4 { path: path.to_owned() });
        }
        let damaged = |reason: String| ClipError::Damaged { path: path.to_owned(), reason };
        let mp4 = Mp4::read_bytes(file).map_err(|error| damaged(error.to_string()))?;
        let (track, description) = video_track(path, &mp4)?;
        let clip = Self {
            codec: description.codec,
            width_px: description.width_px,
            height_px: description.height_px,
            duration_ticks: duration_ticks(track).map_err(damaged)?,
            access_units: access_units(track, &description, file, quirks).map_err(damaged)?,
            parameter_sets: description.parameter_sets,
        };
        match clip.access_units.first() {
            Some(first) if first.is_key_frame => Ok(clip),
            _ => Err(ClipError::NoKeyFrame { path: path.to_owned() }),
        }
    }

    /// How the video is coded.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Width and height of the picture in pixels.
    #[must_use]
    pub fn size_px(&self) -> (u16, u16) {
        (self.width_px, self.height_px)
    }

    /// From the first picture to the end of the last.
    #[must_use]
    pub fn duration(&self) -> Duration {
        duration_of(self.duration_ticks)
    }

    /// Mean number of pictures a second.
    #[must_use]
    pub fn pictures_per_sec(&self) -> f64 {
        let pictures = u32::try_from(self.access_units.len()).unwrap_or(u32::MAX);
        f64::from(pictures) / self.duration().as_secs_f64()
    }

    /// All pictures in the order in which they are sent.
    #[must_use]
    pub fn access_units(&self) -> &[AccessUnit] {
        &self.access_units
    }

    /// The NAL units a decoder needs before the first key frame: SPS, PPS, and for H.265 VPS.
    pub(crate) fn parameter_sets(&self) -> &[Vec<u8>] {
        &self.parameter_sets
    }

    pub(crate) fn duration_ticks(&self) -> u64 {
        self.duration_ticks
    }
}

fn video_track<'m>(path: &Path, mp4: &'m Mp4) -> Result<(&'m Track, Description), ClipError> {
    let mut found = Vec::new();
    for track in mp4.tracks().values() {
        let contents = &track.trak(mp4).mdia.minf.stbl.stsd.contents;
        match describe(contents) {
            Some(description) => return Ok((track, description)),
            None => found.push(contents.codec_string().unwrap_or_else(|| "unknown".to_owned())),
        }
    }
    let found = if found.is_empty() { "no track at all".to_owned() } else { found.join(", ") };
    Err(ClipError::NoVideo { path: path.to_owned(), found })
}

fn describe(contents: &StsdBoxContent) -> Option<Description> {
    match contents {
        StsdBoxContent::Avc1(avc) => {
            let record = &avc.avcc.contents;
            let sps = record.sequence_parameter_sets.iter();
            let sets = sps.chain(&record.picture_parameter_sets);
            Some(Description {
                codec: Codec::H264,
                width_px: avc.width,
                height_px: avc.height,
                length_bytes: usize::from(record.length_size_minus_one & 3) + 1,
                parameter_sets: sets.map(|nal_unit| nal_unit.bytes.clone()).collect(),
            })
        }
        StsdBoxContent::Hvc1(hevc) | StsdBoxContent::Hev1(hevc) => Some(describe_hevc(hevc)),
        _ => None,
    }
}

fn describe_hevc(hevc: &HevcBox) -> Description {
    let record = &hevc.hvcc.contents;
    let nal_units = record.arrays.iter().flat_map(|array| &array.nalus);
    let sets = nal_units.map(|nal_unit| nal_unit.data.clone());
    Description {
        codec: Codec::H265,
        width_px: hevc.width,
        height_px: hevc.height,
        length_bytes: usize::from(record.length_size_minus_one & 3) + 1,
        parameter_sets: sets.filter(|set| Codec::H265.is_parameter_set(set)).collect(),
    }
}

fn access_units(
    track: &Track,
    description: &Description,
    file: &[u8],
    quirks: &Quirks,
) -> Result<Vec<AccessUnit>, String> {
    let first_decoded = track.samples.first().map_or(0, |sample| sample.decode_timestamp);
    let sent = |sample: &Sample| sample.decode_timestamp - first_decoded;
    // With B frames a picture is decoded before one that was captured earlier. A camera cannot send
    // a picture before it is captured, so everything is sent later by the longest such lead.
    let delays = track.samples.iter().map(|s| s.composition_timestamp - sent(s));
    let delay = delays.max().unwrap_or(0).max(0);
    track
        .samples
        .iter()
        .map(|sample| {
            Ok(AccessUnit {
                capture_ticks: rescale(sample.composition_timestamp, sample.timescale)?,
                send_ticks: rescale(sent(sample) + delay, sample.timescale)?,
                is_key_frame: sample.is_sync,
                payloads: packetise(
                    &nal_units(sample, description, file, quirks)?,
                    description,
                    quirks,
                ),
            })
        })
        .collect()
}

/// `ticks` of `timescale` a second, in 90 kHz.
fn rescale(ticks: i64, timescale: u64) -> Result<u64, String> {
    u64::try_from(ticks)
        .ok()
        .and_then(|ticks| ticks.checked_mul(u64::from(TICKS_PER_SEC)))
        .and_then(|ticks| ticks.checked_div(timescale))
        .ok_or_else(|| format!("a time stamp of {ticks} at {timescale} ticks a second"))
}

/// The end of the last picture. Some writers leave its duration at zero; the mean distance between
/// the other pictures is used then.
fn duration_ticks(track: &Track) -> Result<u64, String> {
    let first = track.samples.first().ok_or("its video track holds no pictures")?;
    let last = track.samples.last().unwrap_or(first);
    let before_last = last.decode_timestamp - first.decode_timestamp;
    let gaps = i64::try_from(track.samples.len()).unwrap_or(i64::MAX) - 1;
    let last_for = match i64::try_from(last.duration) {
        Ok(duration) if duration > 0 => duration,
        _ => before_last.checked_div(gaps).unwrap_or(0),
    };
    match rescale(before_last + last_for, last.timescale)? {
        0 => Err("all its pictures have the same time".to_owned()),
        ticks => Ok(ticks),
    }
}

/// The NAL units of a picture, as the camera sends them.
fn nal_units(
    sample: &Sample,
    clip: &Description,
    file: &[u8],
    quirks: &Quirks,
) -> Result<Vec<Vec<u8>>, String> {
    let start = usize::try_from(sample.offset).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(sample.size).unwrap_or(usize::MAX));
    let mut rest = file
        .get(start..end)
        .ok_or_else(|| format!("picture {} lies beyond the end of the file", sample.id))?;
    let mut nal_units = Vec::new();
    while !rest.is_empty() {
        let (nal_unit, after) = split_nal_unit(rest, clip.length_bytes)
            .ok_or_else(|| format!("picture {} does not divide into NAL units", sample.id))?;
        if !nal_unit.is_empty() {
            nal_units.push(nal_unit.to_vec());
        }
        rest = after;
    }
    if nal_units.is_empty() {
        return Err(format!("picture {} is empty", sample.id));
    }
    let has_own_sets = nal_units.iter().any(|nal_unit| clip.codec.is_parameter_set(nal_unit));
    if sample.is_sync && !has_own_sets {
        // Cameras repeat them, so that a client that missed the description can join at a key frame.
        nal_units.splice(0..0, clip.parameter_sets.iter().cloned());
    }
    quirks.spoil_units(clip.codec, sample.is_sync, &mut nal_units);
    Ok(nal_units)
}

fn packetise(nal_units: &[Vec<u8>], clip: &Description, quirks: &Quirks) -> Payloads {
    let mut payloads = Payloads::default();
    for nal_unit in nal_units {
        payloads.push_nal_unit(clip.codec, nal_unit, quirks.payload_bytes());
    }
    payloads
}

/// The NAL unit after its big-endian length (ISO/IEC 14496-15 §4.3.3), and what follows it.
fn split_nal_unit(sample: &[u8], length_bytes: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = sample.split_at_checked(length_bytes)?;
    let length = length.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
    rest.split_at_checked(length)
}

#[cfg(test)]
#[path = "clip_tests.rs"]
pub(crate) mod tests;
