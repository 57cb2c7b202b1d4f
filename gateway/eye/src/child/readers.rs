//! The threads of libavformat: each has an entry of the logbook for as long as it lasts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camera::{HandOver, ReaderStep, ReaderWatch};
use rustix::thread::gettid;

use super::seats::SeatAtWork;
use crate::logbook::{Logbook, MOST_READERS, ReaderSeen};
use crate::protocol::CameraNumber;

/// The entries for them. Cheap to clone: all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    logbook: Logbook,
    free: Arc<Mutex<Vec<u16>>>,
}

/// One such thread. Its entry is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct ReaderAtWork {
    readers: Readers,
    slot: u16,
    camera: CameraNumber,
    /// Held while the entry is written: the thread and its session write it.
    so_far: Mutex<SoFar>,
}

/// What has become of one such thread.
#[derive(Debug, Default)]
struct SoFar {
    turn: u32,
    /// 0 if it has not begun.
    thread_id: u32,
    must_end: bool,
}

impl Readers {
    /// With all entries free.
    pub(crate) fn new(logbook: Logbook) -> Self {
        Self { logbook, free: Arc::new(Mutex::new((0..MOST_READERS).collect())) }
    }

    /// A thread that is about to read what `camera` sends; none if there are too many.
    pub(crate) fn begin(&self, camera: CameraNumber) -> Option<ReaderAtWork> {
        let slot = self.free().pop()?;
        Some(ReaderAtWork { readers: self.clone(), slot, camera, so_far: Mutex::default() })
    }

    /// Notes what such threads get of what a camera sends, and how they get on with it.
    pub(crate) fn hand_over(&self, seat: &SeatAtWork) -> HandOver {
        let (logbook, readers) = (self.logbook.clone(), self.clone());
        let camera = seat.camera;
        let told = move || logbook.hand_over(camera);
        #[cfg(debug_assertions)]
        let name = seat.name.clone();
        let watch = move || -> Option<ReaderWatch> {
            let reader = readers.begin(camera)?;
            #[cfg(debug_assertions)]
            let name = name.clone();
            Some(Arc::new(move |step| {
                reader.note(step);
                #[cfg(debug_assertions)]
                if step == ReaderStep::GoesOn {
                    super::harm::befall("libavformat", &name);
                }
            }))
        };
        HandOver::telling(told, watch)
    }

    fn free(&self) -> MutexGuard<'_, Vec<u16>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReaderAtWork {
    /// Notes what becomes of it.
    pub(crate) fn note(&self, step: ReaderStep) {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        match step {
            ReaderStep::GoesOn => {
                let has_begun = so_far.thread_id != 0;
                so_far.thread_id = gettid().as_raw_nonzero().get().unsigned_abs();
                // From then on only its end counts.
                if so_far.must_end && has_begun {
                    return;
                }
            }
            ReaderStep::MustEnd => so_far.must_end = true,
        }
        let SoFar { turn, thread_id, must_end } = *so_far;
        so_far.turn = turn.wrapping_add(1);
        let reading =
            ReaderSeen { slot: self.slot, camera: self.camera, turn, must_end, thread_id };
        self.readers.logbook.note_reader(self.slot, Some(reading));
    }
}

impl Drop for ReaderAtWork {
    fn drop(&mut self) {
        self.readers.logbook.note_reader(self.slot, None);
        self.readers.free().push(self.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_reads_how_each_thread_gets_on_and_which_are_to_end() {
        let book = Logbook::create(1).unwrap();
        let readers = Readers::new(Logbook::of(book.handed_over().unwrap(), 1));
        let (first, second) =
            (readers.begin(CameraNumber(0)).unwrap(), readers.begin(CameraNumber(7)).unwrap());
        assert!(book.readers().is_empty(), "neither has begun");
        first.note(ReaderStep::GoesOn);
        second.note(ReaderStep::GoesOn);
        second.note(ReaderStep::MustEnd);
        let seen = || -> Vec<_> {
            let readings = book.readers().into_iter();
            readings.map(|it| (it.camera.0, it.turn, it.must_end)).collect()
        };
        assert_eq!(seen(), [(7, 1, true), (0, 0, false)]);
        first.note(ReaderStep::GoesOn);
        second.note(ReaderStep::GoesOn);
        assert_eq!(seen(), [(7, 1, true), (0, 1, false)], "one that is to end does not go on");
        let id = gettid().as_raw_nonzero().get().unsigned_abs();
        assert!(book.readers().iter().all(|it| it.thread_id == id));
        assert!(book.read().is_empty() && book.suspects().is_empty(), "they wait most of the time");
        drop(second);
        assert_eq!(seen(), [(0, 1, false)]);
    }

    #[test]
    fn a_thread_whose_session_ends_before_it_begins_is_known_all_the_same() {
        let book = Logbook::create(1).unwrap();
        let reader = Readers::new(book.clone()).begin(CameraNumber(3)).unwrap();
        reader.note(ReaderStep::MustEnd);
        reader.note(ReaderStep::GoesOn);
        let seen = book.readers();
        let id = gettid().as_raw_nonzero().get().unsigned_abs();
        assert_eq!((seen[0].must_end, seen[0].thread_id), (true, id));
        reader.note(ReaderStep::GoesOn);
        assert_eq!(book.readers(), seen, "its end is awaited");
    }

    #[test]
    fn a_session_that_ends_while_the_thread_goes_on_is_noted_last() {
        let book = Logbook::create(1).unwrap();
        let readers = Readers::new(book.clone());
        for _ in 0..300 {
            let reader = readers.begin(CameraNumber(3)).unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| (0..50).for_each(|_| reader.note(ReaderStep::GoesOn)));
                scope.spawn(|| reader.note(ReaderStep::MustEnd));
            });
            assert!(book.readers()[0].must_end, "no older entry comes after it");
        }
    }

    #[test]
    fn there_are_so_many_at_a_time() {
        let readers = Readers::new(Logbook::create(1).unwrap());
        let mut all: Vec<_> = std::iter::from_fn(|| readers.begin(CameraNumber(1))).collect();
        assert_eq!(all.len(), usize::from(MOST_READERS));
        all.pop();
        assert!(readers.begin(CameraNumber(1)).is_some());
    }
}
