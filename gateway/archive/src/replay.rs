//! What a camera's rules were shown, read back from the files.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scene::track::Track;
use scene::{CaptureTime, Observation, ObservationGap, Signal};

use crate::block::{Block, Record};
use crate::day::Day;
use crate::error::ArchiveError;
use crate::frame::Frames;
use crate::shelf;

/// Something that happened to a camera, in the order in which its rules were told.
#[derive(Debug, PartialEq)]
pub enum Entry<'a> {
    /// An analysed picture.
    Picture {
        /// Its time; the detections are not kept.
        observation: &'a Observation,
        /// The tracks that it showed, the oldest first.
        tracks: &'a [Track],
    },
    /// A door or sensor said something.
    Signal(Signal),
    /// The camera showed nothing, or what it showed is lost. The next entry is a picture.
    Gap(ObservationGap),
    /// The gateway was restarted. Track numbers up to here mean nothing from here on, and the time
    /// up to the next picture counts as a gap.
    Restart,
}

/// Reads one camera's observations. Buffers are reused, so an entry lives until the next is read.
pub struct Replay {
    files: std::vec::IntoIter<PathBuf>,
    span: Range<CaptureTime>,
    frames: Frames,
    block: Block,
    /// The number of the block being read.
    number: Option<u32>,
    /// Whose folder it is.
    device: Arc<str>,
}

/// What was found next. A picture is in the block.
enum Step {
    Picture,
    Signal(Signal),
    Gap(ObservationGap),
    Restart,
    End,
}

impl Replay {
    /// Pictures from `span.start` up to, not at, `span.end`, in the order in which they were
    /// recorded; none if there is no such folder or camera.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn open(
        folder: &Path,
        camera: &str,
        span: Range<CaptureTime>,
    ) -> Result<Self, ArchiveError> {
        // A block may reach past midnight by a gap, never by a picture.
        let days = Day::of(span.start)..=Day::of(span.end);
        let files: Vec<PathBuf> = shelf::days(folder, camera)?
            .into_iter()
            .filter_map(|(day, path)| days.contains(&day).then_some(path))
            .collect();
        let (frames, block) = (Frames::default(), Block::default());
        let device = camera.into();
        Ok(Self { files: files.into_iter(), span, frames, block, number: None, device })
    }

    /// The next entry; `None` at the end. Torn and damaged blocks are skipped.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, ArchiveError> {
        Ok(match self.step()? {
            Step::Picture => Some(Entry::Picture {
                observation: &self.block.observation,
                tracks: &self.block.tracks,
            }),
            Step::Signal(signal) => Some(Entry::Signal(signal)),
            Step::Gap(gap) => Some(Entry::Gap(gap)),
            Step::Restart => Some(Entry::Restart),
            Step::End => None,
        })
    }

    /// Stretches of the files read so far that held no whole block.
    #[must_use]
    pub const fn damaged(&self) -> u64 {
        self.frames.damaged
    }

    fn step(&mut self) -> Result<Step, ArchiveError> {
        loop {
            match self.block.next_record() {
                Some(Ok(Record::Picture)) => {
                    if self.span.contains(&self.block.observation.captured_at) {
                        return Ok(Step::Picture);
                    }
                }
                Some(Ok(Record::Signal(record))) => {
                    let at = self.block.observation.captured_at;
                    match record.signal(&self.device, at) {
                        Some(signal) if self.span.contains(&at) => return Ok(Step::Signal(signal)),
                        Some(_) => {}
                        None => self.frames.damaged += 1,
                    }
                }
                Some(Ok(Record::Gap(gap))) => {
                    if gap.to >= self.span.start && gap.from < self.span.end {
                        return Ok(Step::Gap(gap));
                    }
                }
                Some(Err(_)) => self.frames.damaged += 1,
                None => {
                    if let Some(step) = self.turn_page()? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    /// Goes on with the next block; a step if there is something to tell between the two.
    fn turn_page(&mut self) -> Result<Option<Step>, ArchiveError> {
        let latest_at = self.block.observation.captured_at;
        loop {
            let turned = self.block.turn_page(&mut self.frames);
            let turned = turned.map_err(ArchiveError::of("decompress observations", "zstd"))?;
            if let Some((number, begins_at)) = turned {
                return Ok(match self.number.replace(number) {
                    // A run whose first block is lost is another run, too.
                    before if number == 0 || before.is_some_and(|before| number <= before) => {
                        Some(Step::Restart)
                    }
                    Some(before) if before.checked_add(1) != Some(number) => {
                        Some(Step::Gap(ObservationGap { from: latest_at, to: begins_at }))
                    }
                    _ => None,
                });
            }
            let Some(path) = self.files.next() else { return Ok(Some(Step::End)) };
            match fs::read(&path) {
                Ok(bytes) => self.frames.turn_to(bytes),
                // Just removed because it was too old.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(ArchiveError::of("read observations from", path)(error)),
            }
        }
    }
}
