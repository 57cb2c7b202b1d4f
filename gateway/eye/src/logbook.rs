//! Which camera each thread of an eye has in hand, readable after any death of the eye.
//!
//! A memory file that both processes hold. A thread writes a camera's number before it touches what
//! that camera sent, and clears it afterwards. After a crash, or while a thread is stuck, the
//! gateway reads who it was.
//!
//! The threads of libavformat cannot note that: they wait and parse in one call. So the line notes the
//! camera whose bytes it hands to one of them, and when. Such a thread parses within a moment. What it
//! can say is that it has come back for more: each has an entry at the end of the book.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};

use crate::protocol::CameraNumber;

/// Words of one entry: the camera's number plus one, or zero; how many times it was written; the
/// thread's id; the bytes of the picture that it decodes. For bytes that were handed over, the time in
/// milliseconds instead of the id.
const ENTRY_WORDS: usize = 4;
const ENTRY_BYTES: usize = ENTRY_WORDS * 4;

/// Set in the count of an entry whose step is ours: a model runs over pixels, whoever sent them.
const OWN_STEP: u32 = 1 << 31;

/// Set in the count of a thread of libavformat whose session is over.
const MUST_END: u32 = 1 << 31;

/// Threads of libavformat at a time: four for each camera of a full eye. A session that has ended waits for
/// no such thread, and another may begin meanwhile.
pub(crate) const MOST_READERS: u16 = 256;

/// Bytes that were handed over longer ago than this have been parsed, on the busiest machine.
const PARSED_MILLIS: u32 = 500;

/// The book of one eye.
#[derive(Debug, Clone)]
pub struct Logbook {
    file: Arc<File>,
    /// The thread of all sessions, one for each lane, and the one that cuts clips.
    threads: u16,
}

/// What a thread had in hand when the book was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InHand {
    /// 0: the thread of the sessions. 1 and up: the lanes. The last: the one that cuts clips.
    pub thread: u16,
    /// Whose data it works on.
    pub camera: CameraNumber,
    /// Differs each time something is taken in hand, and at each step of the work.
    pub turn: u32,
    /// This step is not the camera's: it looks at pixels or encodes them. How long it takes depends on
    /// the model and the machine.
    pub is_own: bool,
    /// The thread's id, as the eye tells it.
    pub thread_id: u32,
    /// Bytes of the picture that this step decodes, as the eye tells it; 0 if it decodes none.
    pub picture_bytes: u32,
}

/// A thread of libavformat when the book was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderSeen {
    /// Its entry.
    pub slot: u16,
    /// What it reads was sent by this camera.
    pub camera: CameraNumber,
    /// Differs each time it has come back for more after something was handed over.
    pub turn: u32,
    /// Its session is over.
    pub must_end: bool,
    /// Its id, as the eye tells it; 0 if it has not begun.
    pub thread_id: u32,
}

/// The page of one thread.
#[derive(Debug)]
pub(crate) struct Page {
    book: Logbook,
    thread: u16,
    turn: AtomicU32,
    camera: AtomicU32,
}

impl Logbook {
    /// An empty book for `lanes` lanes.
    ///
    /// # Errors
    /// If the system gives no memory file.
    pub fn create(lanes: u16) -> io::Result<Self> {
        let file = File::from(memfd_create("gridwhistle-logbook", MemfdFlags::CLOEXEC)?);
        let threads = threads(lanes);
        file.set_len(offset(readers(threads) + MOST_READERS))?;
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
        let (turn, camera) = (AtomicU32::new(0), AtomicU32::new(0));
        Page { book: self.clone(), thread, turn, camera }
    }

    /// Notes that a thread of libavformat gets something that `camera` sent.
    pub(crate) fn hand_over(&self, camera: CameraNumber) {
        self.write(self.threads, [camera.0.wrapping_add(1), 0, millis(), 0]);
    }

    /// Says that the thread of the sessions goes on.
    pub(crate) fn beat(&self, turn: u32) {
        self.write(self.threads + 1, [0, turn, 0, 0]);
    }

    /// Differs each time the thread of the sessions has said that it goes on.
    #[must_use]
    pub fn pulse(&self) -> u32 {
        // What cannot be read does not move, and the eye is replaced.
        self.entry(self.threads + 1).map_or(0, |[_, turn, ..]| turn)
    }

    /// Notes how a thread of libavformat gets on; none if that has ended.
    pub(crate) fn note_reader(&self, slot: u16, reading: Option<ReaderSeen>) {
        let words = reading.map_or([0; ENTRY_WORDS], |it| {
            let last = if it.must_end { MUST_END } else { 0 };
            [it.camera.0.wrapping_add(1), it.turn & !MUST_END | last, it.thread_id, 0]
        });
        self.write(readers(self.threads) + slot, words);
    }

    /// How the threads of libavformat get on. What cannot be read is left out.
    #[must_use]
    pub fn readers(&self) -> Vec<ReaderSeen> {
        let mut entries = [0; MOST_READERS as usize * ENTRY_BYTES];
        if self.file.read_exact_at(&mut entries, offset(readers(self.threads))).is_err() {
            return Vec::new();
        }
        let entries = (0..).zip(entries.chunks_exact(ENTRY_BYTES));
        let reading = entries.filter_map(|(slot, entry)| {
            let [camera, turn, thread_id, _] = words(entry)?;
            let camera = CameraNumber(camera.checked_sub(1)?);
            let (turn, must_end) = (turn & !MUST_END, turn & MUST_END != 0);
            Some(ReaderSeen { slot, camera, turn, must_end, thread_id })
        });
        reading.collect()
    }

    fn write(&self, at: u16, words: [u32; ENTRY_WORDS]) {
        let mut entry = [0; ENTRY_BYTES];
        for (bytes, word) in entry.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        // A memory file takes what lies within it. If it did not, only blame would be lost.
        drop(self.file.write_all_at(&entry, offset(at)));
    }

    fn entry(&self, at: u16) -> Option<[u32; ENTRY_WORDS]> {
        let mut entry = [0; ENTRY_BYTES];
        self.file.read_exact_at(&mut entry, offset(at)).ok()?;
        words(&entry)
    }

    /// What is in hand now. What cannot be read is left out.
    #[must_use]
    pub fn read(&self) -> Vec<InHand> {
        let entries = (0..self.threads).filter_map(|thread| {
            let [camera, turn, thread_id, picture_bytes] = self.entry(thread)?;
            let camera = CameraNumber(camera.checked_sub(1)?);
            let (turn, is_own) = (turn & !OWN_STEP, turn & OWN_STEP != 0);
            Some(InHand { thread, camera, turn, is_own, thread_id, picture_bytes })
        });
        entries.collect()
    }

    /// The cameras whose data an eye that has just died had in hand. A step of ours counts only if there
    /// is nothing else: pixels do no harm.
    pub(crate) fn suspects(&self) -> Vec<CameraNumber> {
        let (own, theirs): (Vec<InHand>, Vec<InHand>) =
            self.read().into_iter().partition(|hand| hand.is_own);
        let in_hand =
            if theirs.is_empty() && self.at_libavformat().is_none() { own } else { theirs };
        let mut suspects: Vec<CameraNumber> = in_hand.iter().map(|hand| hand.camera).collect();
        suspects.sort_unstable();
        suspects.dedup();
        suspects
    }

    /// The camera whose data libavformat may just have been parsing, if nobody above has it in hand. It
    /// is under less suspicion: where it delivers, its data was always handed over a moment ago.
    pub(crate) fn fresh_at_libavformat(&self) -> Option<CameraNumber> {
        self.at_libavformat().filter(|camera| !self.suspects().contains(camera))
    }

    fn at_libavformat(&self) -> Option<CameraNumber> {
        let [camera, _, at, _] = self.entry(self.threads)?;
        let is_fresh = millis().wrapping_sub(at) < PARSED_MILLIS;
        camera.checked_sub(1).filter(|_| is_fresh).map(CameraNumber)
    }
}

impl Page {
    /// Notes that the thread works on what `camera` sent, while `work` lasts.
    pub(crate) fn note<T>(&self, camera: CameraNumber, work: impl FnOnce() -> T) -> T {
        self.camera.store(camera.0.wrapping_add(1), Ordering::Relaxed);
        self.go_on();
        let _noted = Noted(self);
        work()
    }

    /// Notes a step of the work: it is not stuck.
    pub(crate) fn go_on(&self) {
        self.go_on_with(0);
    }

    /// The same for one that decodes a picture of so many bytes, or reads as many of several.
    pub(crate) fn go_on_with(&self, picture_bytes: usize) {
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.write(0, u32::try_from(picture_bytes).unwrap_or(u32::MAX));
    }

    /// Notes a step of ours: looking at pixels, or encoding them.
    pub(crate) fn go_on_with_own(&self) {
        self.turn.fetch_add(1, Ordering::Relaxed);
        self.write(OWN_STEP, 0);
    }

    fn write(&self, whose: u32, picture_bytes: u32) {
        let camera = self.camera.load(Ordering::Relaxed);
        let turn = self.turn.load(Ordering::Relaxed) & !OWN_STEP | whose;
        let thread_id = gettid().as_raw_nonzero().get().unsigned_abs();
        self.book.write(self.thread, [camera, turn, thread_id, picture_bytes]);
    }
}

/// Clears the entry at the end of the work, after a panic too; not after a crash.
struct Noted<'a>(&'a Page);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.camera.store(0, Ordering::Relaxed);
        self.0.write(0, 0);
    }
}

/// The thread of the sessions, the lanes, and the one that cuts clips.
const fn threads(lanes: u16) -> u16 {
    lanes.saturating_add(2)
}

/// Where the entries of the threads of libavformat begin: behind what was handed over, and the pulse.
const fn readers(threads: u16) -> u16 {
    threads.saturating_add(2)
}

fn words(entry: &[u8]) -> Option<[u32; ENTRY_WORDS]> {
    let mut words = [0; ENTRY_WORDS];
    for (word, bytes) in words.iter_mut().zip(entry.chunks_exact(4)) {
        *word = u32::from_le_bytes(bytes.try_into().ok()?);
    }
    Some(words)
}

fn offset(entry: u16) -> u64 {
    u64::from(entry) * ENTRY_BYTES as u64
}

/// Milliseconds by the clock that all processes share and nobody sets, modulo 2^32.
fn millis() -> u32 {
    let time = clock_gettime(ClockId::Monotonic);
    let millis = time.tv_sec.wrapping_mul(1000).wrapping_add(time.tv_nsec / 1_000_000);
    u32::try_from(millis & i64::from(u32::MAX)).unwrap_or(0)
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
        let thread_id = gettid().as_raw_nonzero().get().unsigned_abs();
        let hand = |thread, camera| InHand {
            thread,
            camera: CameraNumber(camera),
            turn: 1,
            is_own: false,
            thread_id,
            picture_bytes: 0,
        };
        assert_eq!(seen, [hand(0, 0), hand(2, 9)]);
        assert!(book.read().is_empty(), "both have let go");
        let again = lane.note(CameraNumber(9), || book.read());
        assert_eq!(again[0].turn, 2, "another turn with the same camera");
        let step = lane.note(CameraNumber(9), || {
            lane.go_on_with(1234);
            book.read()
        });
        assert_eq!((step[0].turn, step[0].camera), (4, CameraNumber(9)), "a step of the same work");
        assert_eq!(step[0].picture_bytes, 1234);
        let own = lane.note(CameraNumber(9), || {
            lane.go_on_with_own();
            book.read()
        });
        assert_eq!((own[0].turn, own[0].is_own, step[0].is_own), (6, true, false));
        let suspects = lane.note(CameraNumber(9), || {
            lane.go_on_with_own();
            let alone = book.suspects();
            (alone, sessions.note(CameraNumber(0), || book.suspects()))
        });
        assert_eq!(suspects, (vec![CameraNumber(9)], vec![CameraNumber(0)]), "pixels do no harm");
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

    #[test]
    fn what_libavformat_got_last_is_suspected_for_a_moment() {
        let book = Logbook::create(1).unwrap();
        let lane = book.page(1);
        assert_eq!(book.fresh_at_libavformat(), None);
        book.hand_over(CameraNumber(4));
        book.hand_over(CameraNumber(2));
        assert_eq!(book.fresh_at_libavformat(), Some(CameraNumber(2)));
        let both = lane.note(CameraNumber(1), || (book.suspects(), book.fresh_at_libavformat()));
        assert_eq!(both, (vec![CameraNumber(1)], Some(CameraNumber(2))));
        let once = lane.note(CameraNumber(2), || (book.suspects(), book.fresh_at_libavformat()));
        assert_eq!(once, (vec![CameraNumber(2)], None));
        assert!(book.read().is_empty(), "it is no thread that could be stuck");
        let long_ago = millis().wrapping_sub(PARSED_MILLIS);
        book.write(book.threads, [3, 0, long_ago, 0]);
        assert_eq!(book.fresh_at_libavformat(), None);
    }
}
