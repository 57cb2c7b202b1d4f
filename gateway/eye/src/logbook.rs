//! Which camera each thread of an eye has in hand, readable after any death of the eye.
//!
//! A memory file that both processes hold. A thread writes a camera's number before it touches what
//! that camera sent, and clears it afterwards. After a crash, or while a thread is stuck, the
//! gateway reads who it was.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{MemfdFlags, memfd_create};

use crate::protocol::CameraNumber;

/// Bytes of one entry: the camera's number plus one, or zero; then how many times it was written.
const ENTRY_BYTES: usize = 8;

/// The book of one eye.
#[derive(Debug, Clone)]
pub struct Logbook {
    file: Arc<File>,
    /// The thread of all sessions, and one for each lane.
    threads: u16,
}

/// What a thread had in hand when the book was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InHand {
    /// 0: the thread of the sessions. 1 and up: the lanes. The last: the one that cuts clips.
    pub thread: u16,
    /// Whose data it works on.
    pub camera: CameraNumber,
    /// Differs each time something is taken in hand.
    pub turn: u32,
}

/// The page of one thread.
#[derive(Debug)]
pub(crate) struct Page {
    book: Logbook,
    thread: u16,
    turn: AtomicU32,
}

impl Logbook {
    /// An empty book for `lanes` lanes.
    ///
    /// # Errors
    /// If the system gives no memory file.
    pub fn create(lanes: u16) -> io::Result<Self> {
        let file = File::from(memfd_create("gridwhistle-logbook", MemfdFlags::CLOEXEC)?);
        let threads = threads(lanes);
        // One entry more: the pulse.
        file.set_len((u64::from(threads) + 1) * ENTRY_BYTES as u64)?;
        Ok(Self { file: Arc::new(file), threads })
    }

    /// The book that the gateway handed over.
    pub(crate) fn of(file: OwnedFd, lanes: u16) -> Self {
        Self { file: Arc::new(File::from(file)), threads: threads(lanes) }
    }

    /// The file, for the eye.
    pub(crate) fn handed_over(&self) -> io::Result<OwnedFd> {
        self.file.try_clone().map(OwnedFd::from)
    }

    /// The page of the thread that cuts clips.
    pub(crate) fn clips_page(&self) -> Page {
        self.page(self.threads - 1)
    }

    /// The page of a thread.
    pub(crate) fn page(&self, thread: u16) -> Page {
        Page { book: self.clone(), thread, turn: AtomicU32::new(0) }
    }

    /// Says that the thread of the sessions goes on.
    pub(crate) fn beat(&self, turn: u32) {
        self.write(self.threads, 0, turn);
    }

    /// Differs each time the thread of the sessions has said that it goes on.
    #[must_use]
    pub fn pulse(&self) -> u32 {
        let mut entry = [0; ENTRY_BYTES];
        // What cannot be read does not move, and the eye is replaced.
        drop(self.file.read_exact_at(&mut entry, offset(self.threads)));
        let [.., a, b, c, d] = entry;
        u32::from_le_bytes([a, b, c, d])
    }

    fn write(&self, at: u16, camera: u32, turn: u32) {
        let mut entry = [0; ENTRY_BYTES];
        if let Some((first, second)) = entry.split_first_chunk_mut::<4>() {
            *first = camera.to_le_bytes();
            second.copy_from_slice(&turn.to_le_bytes());
        }
        // A memory file takes what lies within it. If it did not, only blame would be lost.
        drop(self.file.write_all_at(&entry, offset(at)));
    }

    /// What is in hand now. What cannot be read is left out.
    #[must_use]
    pub fn read(&self) -> Vec<InHand> {
        let entries = (0..self.threads).filter_map(|thread| {
            let mut entry = [0; ENTRY_BYTES];
            self.file.read_exact_at(&mut entry, offset(thread)).ok()?;
            let (camera, turn) = entry.split_first_chunk::<4>()?;
            let camera = u32::from_le_bytes(*camera).checked_sub(1)?;
            let turn = u32::from_le_bytes(*turn.first_chunk()?);
            Some(InHand { thread, camera: CameraNumber(camera), turn })
        });
        entries.collect()
    }
}

impl Page {
    /// Notes that the thread works on what `camera` sent, while `work` lasts.
    pub(crate) fn note<T>(&self, camera: CameraNumber, work: impl FnOnce() -> T) -> T {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        self.write(camera.0.wrapping_add(1), turn);
        let _noted = Noted { page: self, turn };
        work()
    }

    fn write(&self, camera: u32, turn: u32) {
        self.book.write(self.thread, camera, turn);
    }
}

/// Clears the entry at the end of the work, after a panic too; not after a crash.
struct Noted<'a> {
    page: &'a Page,
    turn: u32,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.page.write(0, self.turn);
    }
}

/// The thread of the sessions, the lanes, and the one that cuts clips.
const fn threads(lanes: u16) -> u16 {
    lanes.saturating_add(2)
}

fn offset(thread: u16) -> u64 {
    u64::from(thread) * ENTRY_BYTES as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_reads_what_each_thread_has_in_hand() {
        let book = Logbook::create(2).unwrap();
        let eye = Logbook::of(book.handed_over().unwrap(), 2);
        let (sessions, lane) = (eye.page(0), eye.page(2));
        assert!(book.read().is_empty());
        let seen = sessions.note(CameraNumber(0), || lane.note(CameraNumber(9), || book.read()));
        let hand = |thread, camera| InHand { thread, camera: CameraNumber(camera), turn: 1 };
        assert_eq!(seen, [hand(0, 0), hand(2, 9)]);
        assert!(book.read().is_empty(), "both have let go");
        let again = lane.note(CameraNumber(9), || book.read());
        assert_eq!(again[0].turn, 2, "another turn with the same camera");
        eye.beat(7);
        assert_eq!((book.pulse(), book.read().len()), (7, 0));
    }

    #[test]
    fn a_panic_that_is_caught_lets_go() {
        let book = Logbook::create(1).unwrap();
        let page = book.page(1);
        let work = || page.note(CameraNumber(3), || panic!("libavcodec"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        assert!(book.read().is_empty());
    }
}
