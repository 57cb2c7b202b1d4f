//! The archive of one gateway, and one camera's recorder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use scene::track::Track;
use scene::{CaptureTime, Observation, ObservationGap, Signal};

use crate::day::Day;
use crate::draft::Draft;
use crate::error::ArchiveError;
use crate::frame;
use crate::shelf::{Retention, Shelf};

/// An open block is written after this much capture time, so a power cut costs no more than that.
const WRITE_AFTER: Duration = Duration::from_secs(60);

/// Where all cameras of a gateway keep their observations. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Archive {
    shelf: Arc<Shelf>,
}

impl Archive {
    /// Opens `folder`; makes it if there is none.
    ///
    /// # Errors
    /// If it cannot be made or read.
    pub fn open(folder: &Path, retention: Retention) -> Result<Self, ArchiveError> {
        Ok(Self { shelf: Arc::new(Shelf::open(folder, retention)?) })
    }

    /// The recorder of a camera; `camera` names its folder, so it must be a plain file name. Only
    /// one at a time: its first block says that track numbers start again.
    #[must_use]
    pub fn recorder(&self, camera: &str) -> Recorder {
        Recorder {
            shelf: Arc::clone(&self.shelf),
            camera: camera.to_owned(),
            draft: Draft::default(),
            number: 0,
            totals: Totals::default(),
        }
    }

    /// Removes up to `at_most` files of days that are too old at `now`, the oldest first; gives how
    /// many. `now` is told by a clock that is believed; a file counts as no older than the first time
    /// that such a clock has seen it.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn expire(&self, now: CaptureTime, at_most: usize) -> Result<usize, ArchiveError> {
        self.shelf.expire(now, at_most)
    }

    /// Removes what was written least recently until `bytes` are free, for what is worth more. The latest file
    /// stays, however large. Gives how many bytes.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn give_up(&self, bytes: u64) -> Result<u64, ArchiveError> {
        self.shelf.give_up(bytes)
    }

    /// The size of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shelf.bytes()
    }
}

/// What became of a recorder's pictures, or of a door's or sensor's signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Pictures and signals written.
    pub pictures: u64,
    /// Pictures and signals that the disk refused.
    pub dropped: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// Writes down what one camera's rules are shown.
///
/// An error means that the pictures of the latest block are lost (they count as
/// [`Totals::dropped`]) or that old files could not be removed. Nothing else follows from it: go on.
#[derive(Debug)]
pub struct Recorder {
    shelf: Arc<Shelf>,
    camera: String,
    draft: Draft,
    /// Number of the open block, from 0.
    number: u32,
    totals: Totals,
}

impl Recorder {
    /// Keeps one analysed picture and its tracks; lost ones are left out, as rules never see them.
    ///
    /// # Errors
    /// If an earlier block had to be written and could not be.
    pub fn record(
        &mut self,
        observation: &Observation,
        tracks: &[Track],
    ) -> Result<(), ArchiveError> {
        let written = self.make_room(observation.captured_at);
        self.draft.picture(observation, tracks);
        written
    }

    /// Keeps what a door or sensor said. Its points need not keep the order of time.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub fn signal(&mut self, signal: &Signal) -> Result<(), ArchiveError> {
        let at = signal.captured_at();
        let written = self.make_room(at.max(self.draft.latest_at()));
        self.draft.signal(signal);
        written
    }

    /// Keeps a gap; call it before the first picture after the gap.
    ///
    /// # Errors
    /// As [`Recorder::record`].
    pub fn gap(&mut self, gap: &ObservationGap) -> Result<(), ArchiveError> {
        let written = self.make_room(gap.to);
        self.draft.gap(gap);
        written
    }

    /// Writes the open block.
    ///
    /// # Errors
    /// If the disk refuses it.
    pub fn flush(&mut self) -> Result<(), ArchiveError> {
        let Some(began_at) = self.draft.began_at() else { return Ok(()) };
        let (day, pictures) = (Day::of(began_at), self.draft.pictures());
        let frame = frame::seal(&self.draft.body(self.number));
        self.draft.clear();
        self.number = self.number.saturating_add(1);
        let written = frame
            .map_err(ArchiveError::of("compress observations of", &self.camera))
            .and_then(|frame| {
                self.shelf.append(&self.camera, day, &frame)?;
                Ok(frame.len() as u64)
            });
        match written {
            Ok(bytes) => {
                self.totals.pictures += pictures;
                self.totals.bytes += bytes;
                self.shelf.make_room()
            }
            Err(error) => {
                self.totals.dropped += pictures;
                Err(error)
            }
        }
    }

    /// What became of all pictures so far; those of the open block do not count yet.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// Ends the open block if a record of `at` has no place in it.
    fn make_room(&mut self, at: CaptureTime) -> Result<(), ArchiveError> {
        let Some(began_at) = self.draft.began_at() else { return Ok(()) };
        let stepped_back = at < self.draft.latest_at();
        let other_day = Day::of(at) != Day::of(began_at);
        if stepped_back || other_day || self.draft.is_full() || at.since(began_at) >= WRITE_AFTER {
            self.flush()
        } else {
            Ok(())
        }
    }
}
