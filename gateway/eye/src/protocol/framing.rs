//! Messages on a byte stream: frames of a head and at most 1 MiB. An order or a report is one frame,
//! in postcard. A shot or a clip goes in parts, between which others may speak.

use std::io::{self, Read, Write};

use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::order::{Order, Start};
use super::report::{Clip, Report, Shot};

/// The longest frame, and so the longest order, and the longest report but shots and clips. Settings
/// of one camera are a few hundred bytes, an observation of a thousand objects some 50 KiB.
const MOST_FRAME_BYTES: u32 = 1 << 20;

/// What a shot or a clip says before others may: some milliseconds of a pipe's time.
const PART_BYTES: usize = 256 << 10;

/// The longest shot: a masked picture and the original, each of 8192 pixels square at most.
const MOST_SHOT_BYTES: usize = 64 << 20;

/// The longest clip, which is as long as the ring that it is cut from may be.
const MOST_CLIP_BYTES: usize = 256 << 20;

/// Bits of a head, which is four bytes, little-endian; the others are the length of what follows.
const OF_SHOT: u32 = 1 << 31;
const OF_CLIP: u32 = 1 << 30;
const MORE_FOLLOWS: u32 = 1 << 29;
const LENGTH: u32 = MORE_FOLLOWS - 1;

/// The longest weights: no model that a processor runs in time is that large.
const MOST_WEIGHTS_BYTES: u64 = 1 << 30;

/// Why a message did not come or go.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The other side is gone, or does not read.
    #[error("the socket between gateway and eye: {0}")]
    Socket(#[from] io::Error),
    /// Longer than anything that is ever said.
    #[error("a message of {0} bytes between gateway and eye; none is that long")]
    TooLong(u64),
    /// Not a message.
    #[error("a message between gateway and eye that makes no sense: {0}")]
    Nonsense(#[from] postcard::Error),
    /// Part of something that only an eye says, or of two things at once.
    #[error("a message between gateway and eye that belongs to nothing")]
    Stray,
}

/// Reads the next order; none if the gateway is gone.
///
/// # Errors
/// [`ProtocolError`].
pub fn read_order(from: &mut impl Read) -> Result<Option<Order>, ProtocolError> {
    let Some((head, bytes)) = read_frame(from)? else { return Ok(None) };
    if head & !LENGTH != 0 {
        return Err(ProtocolError::Stray);
    }
    decoded(&bytes).map(Some)
}

/// Writes the first order, and behind it the weights of all models as they are.
///
/// # Errors
/// As [`write_order`].
pub(crate) fn write_start(
    to: &mut impl Write,
    start: Start,
    weights: [&[u8]; 3],
) -> Result<(), ProtocolError> {
    write_order(to, &Order::Start(start))?;
    Ok(weights.into_iter().try_for_each(|weights| to.write_all(weights))?)
}

/// The first order, and the weights of all models: of the detector, of the one that looks at crops, of the net
/// that finds cables.
type Begun = (Start, [Vec<u8>; 3]);

/// Reads the first order and the weights of all models behind it; none if somebody else than a gateway speaks, or
/// no longer.
///
/// # Errors
/// [`ProtocolError`].
pub(crate) fn read_start(from: &mut impl Read) -> Result<Option<Begun>, ProtocolError> {
    let Some(Order::Start(start)) = read_order(from)? else { return Ok(None) };
    let second_look = start.second_look.as_ref().map_or(0, |it| it.weights_bytes);
    let cable = start.cable.as_ref().map_or(0, |it| it.weights_bytes);
    let mut all = [Vec::new(), Vec::new(), Vec::new()];
    for (weights, bytes) in all.iter_mut().zip([start.weights_bytes, second_look, cable]) {
        let Some(read) = read_weights(from, bytes)? else { return Ok(None) };
        *weights = read;
    }
    Ok(Some((start, all)))
}

/// So many bytes; none if there are fewer.
fn read_weights(from: &mut impl Read, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut weights = Vec::new();
    from.take(bytes.min(MOST_WEIGHTS_BYTES)).read_to_end(&mut weights)?;
    let is_whole = weights.len() as u64 == bytes;
    Ok(is_whole.then_some(weights))
}

/// Writes one order whole.
///
/// # Errors
/// [`ProtocolError`]; part of the order may have gone, so nothing can be said after it.
pub fn write_order(to: &mut impl Write, order: &Order) -> Result<(), ProtocolError> {
    write_whole(to, order)
}

/// Reads reports, and puts the parts of shots and clips together.
#[derive(Debug)]
pub struct ReportReader<R> {
    from: R,
    shot: Vec<u8>,
    clip: Vec<u8>,
}

impl<R: Read> ReportReader<R> {
    /// From this stream.
    pub fn new(from: R) -> Self {
        Self { from, shot: Vec::new(), clip: Vec::new() }
    }

    /// The next report; none if the eye is gone.
    ///
    /// # Errors
    /// [`ProtocolError`].
    pub fn read(&mut self) -> Result<Option<Report>, ProtocolError> {
        while let Some((head, bytes)) = read_frame(&mut self.from)? {
            let (parts, most) = match head & (OF_SHOT | OF_CLIP) {
                0 if head & MORE_FOLLOWS == 0 => return decoded(&bytes).map(Some),
                OF_SHOT => (&mut self.shot, MOST_SHOT_BYTES),
                OF_CLIP => (&mut self.clip, MOST_CLIP_BYTES),
                _ => return Err(ProtocolError::Stray),
            };
            parts.extend_from_slice(&bytes);
            if parts.len() > most {
                return Err(ProtocolError::TooLong(parts.len() as u64));
            }
            if head & MORE_FOLLOWS == 0 {
                let whole = std::mem::take(parts);
                return Ok(Some(if head & OF_SHOT != 0 {
                    let (lane, shot) = decoded(&whole)?;
                    Report::Shown { lane, shot }
                } else {
                    let (job, clip) = decoded(&whole)?;
                    Report::Clip { job, clip }
                }));
            }
        }
        Ok(None)
    }
}

/// Sends reports by one stream from many threads. A short one waits for one part of a long one at most.
#[derive(Debug)]
pub struct ReportWriter<W> {
    to: Mutex<W>,
    /// Held while a shot, or a clip, goes: the parts of two are not told apart.
    shot: Mutex<()>,
    clip: Mutex<()>,
}

impl<W: Write> ReportWriter<W> {
    /// By this stream.
    pub fn new(to: W) -> Self {
        Self { to: Mutex::new(to), shot: Mutex::new(()), clip: Mutex::new(()) }
    }

    /// Sends one.
    ///
    /// # Errors
    /// [`ProtocolError`]; if part of the report has gone, nothing can be said after it.
    pub fn send(&self, report: &Report) -> Result<(), ProtocolError> {
        match report {
            Report::Shown { lane, shot } => self.send_shot(*lane, shot),
            Report::Clip { job, clip } => self.send_clip(*job, clip),
            short => write_whole(&mut *self.to.lock(), short),
        }
    }

    fn send_shot(&self, lane: u16, shot: &Result<Shot, String>) -> Result<(), ProtocolError> {
        let bytes = postcard::to_allocvec(&(lane, shot))?;
        let _alone = self.shot.lock();
        self.send_parts(&bytes, OF_SHOT, MOST_SHOT_BYTES)
    }

    fn send_clip(&self, job: u64, clip: &Result<Clip, String>) -> Result<(), ProtocolError> {
        let bytes = postcard::to_allocvec(&(job, clip))?;
        let _alone = self.clip.lock();
        self.send_parts(&bytes, OF_CLIP, MOST_CLIP_BYTES)
    }

    fn send_parts(&self, bytes: &[u8], of: u32, most: usize) -> Result<(), ProtocolError> {
        if bytes.len() > most {
            return Err(ProtocolError::TooLong(bytes.len() as u64));
        }
        let mut parts = bytes.chunks(PART_BYTES).peekable();
        while let Some(part) = parts.next() {
            let more = if parts.peek().is_some() { MORE_FOLLOWS } else { 0 };
            let mut to = self.to.lock();
            write_frame(&mut *to, of | more, part.to_vec())?;
            // To who waits, and not back to this thread, which would be first again.
            MutexGuard::unlock_fair(to);
        }
        Ok(())
    }
}

fn write_whole(to: &mut impl Write, message: &impl Serialize) -> Result<(), ProtocolError> {
    write_frame(to, 0, postcard::to_allocvec(message)?)
}

fn write_frame(to: &mut impl Write, kind: u32, mut bytes: Vec<u8>) -> Result<(), ProtocolError> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    if length > MOST_FRAME_BYTES {
        return Err(ProtocolError::TooLong(bytes.len() as u64));
    }
    bytes.splice(0..0, (kind | length).to_le_bytes());
    Ok(to.write_all(&bytes)?)
}

/// The head and what follows it; none at the end.
fn read_frame(from: &mut impl Read) -> Result<Option<(u32, Vec<u8>)>, ProtocolError> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let head = u32::from_le_bytes(head);
    let length = head & LENGTH;
    if length > MOST_FRAME_BYTES {
        return Err(ProtocolError::TooLong(length.into()));
    }
    // The room grows with what comes, not with what the length promises.
    let mut bytes = Vec::new();
    from.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() < usize::try_from(length).unwrap_or(usize::MAX) {
        return Ok(None);
    }
    Ok(Some((head, bytes)))
}

fn decoded<M: DeserializeOwned>(bytes: &[u8]) -> Result<M, ProtocolError> {
    Ok(postcard::from_bytes(bytes)?)
}

#[cfg(test)]
mod tests;
