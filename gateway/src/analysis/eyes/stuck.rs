//! Eyes that live and do nothing: stopped, or stuck in a step that does not end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eye::{CameraNumber, EyeProcess, InHand, ReaderSeen, ThreadState};

use super::roster::Place;

/// How often eyes are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks without a pulse, which beats five times a second: a second. No camera of the eye receives
/// anything meanwhile.
const PULSELESS_LOOKS: u32 = 5;

/// Processor time without a pulse, in hundredths of a second, from which a thread is in an endless
/// step. One that has used less waits for its turn: the machine is overloaded, and another eye would
/// only make that worse.
const ENDLESS_TICKS: u64 = 50;

/// The same for a step of another thread, besides [`PICTURE_TICKS_PER_MIB`]: a second.
const ENDLESS_STEP_TICKS: u64 = 100;

/// So much more for each MiB of the picture that a step decodes, or of what it learns a clip's track from: a
/// quarter of a second. A 4K key frame of 1.1 MB takes 0.14 s of a core of 2.8 GHz in H.265, one full of
/// noise with 2.8 MB 0.42 s, and the largest that the line lets pass, 8 MiB, 0.9 s. A core that does two
/// fifths of that still has time to spare: it needs 0.35 of 1.26 s, 1.05 of 1.66 s, and 2.25 of 3 s. No camera
/// is known to send more than 2 MiB.
const PICTURE_TICKS_PER_MIB: u64 = 25;

/// Looks, after the first, at which such a step must be seen before its processor time counts: a second. Who
/// holds this machine up from outside may have all that time charged to a thread at once.
const ENDLESS_STEP_LOOKS: u32 = 5;

/// Looks at which a lane or the thread that cuts clips may be seen to wait within a step. None waits for
/// anything but the processor and the disk, so it is stuck.
const STILL_LOOKS: u32 = 5;

/// Looks at which either may be seen with the same step, however little processor time it got: ten
/// seconds.
const LONGEST_LOOKS: u32 = 50;

/// Looks at which a thread of libavformat may be seen whose session is over: ten seconds. It is told so
/// within a tenth of one.
const LONGEST_FAREWELL_LOOKS: u32 = 50;

/// Looks at which a step of ours may be seen under way: a minute. A large model on a slow machine takes
/// seconds for a picture, and no camera is to blame.
const LONGEST_OWN_LOOKS: u32 = 300;

const MIB: u64 = 1 << 20;

/// What was seen at the latest looks. Looks are counted, not time: if this process was held up, so
/// were they.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    eyes: BTreeMap<Place, Seen>,
    next_at: Option<Instant>,
}

/// One eye, at one look.
struct Look {
    /// What each thread has in hand, and how the thread is doing.
    in_hand: Vec<(InHand, Option<ThreadState>)>,
    /// The threads of libavformat, in the same way.
    readers: Vec<(ReaderSeen, Option<ThreadState>)>,
    pulse: u32,
    thread: Option<ThreadState>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The steps under way, by thread.
    steps: BTreeMap<u16, Step>,
    /// The threads of libavformat, by their entry. A step is what one makes of what it was given.
    readers: BTreeMap<u16, Step>,
    pulse: u32,
    /// What the thread of the sessions has in hand. An overloaded one goes from camera to camera and comes to
    /// its pulse late.
    session: Option<u32>,
    pulseless: u32,
    /// What the thread of the sessions had used when the pulse was last seen to move.
    cpu_ticks: u64,
}

/// A step that was seen to be under way.
#[derive(Debug, Clone, Copy)]
struct Step {
    turn: u32,
    /// It is not the camera's, but ours.
    is_own: bool,
    picture_bytes: u32,
    /// At how many looks.
    looks: u32,
    /// At how many of the latest it waited.
    still: u32,
    /// What the thread had used at the first look, and at the latest.
    first_ticks: u64,
    latest_ticks: u64,
}

/// An eye is stuck.
#[derive(Debug)]
struct Verdict {
    cause: &'static str,
    suspects: Vec<CameraNumber>,
    /// Looks at which it was seen to do nothing.
    looks: u32,
}

impl Stuck {
    /// How long it is until the next look.
    pub(super) fn due_in(&self, now: Instant) -> Duration {
        self.next_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// Whether it is time for a look, which the caller then takes. Whatever else wakes it in between must
    /// not count: five looks in a row at a healthy eye would see it do nothing.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.due_in(now).is_zero();
        if is_due {
            self.next_at = Some(now + LOOK_EVERY);
        }
        is_due
    }

    /// Looks at all eyes, and ends those that are stuck.
    pub(super) fn look(&mut self, eyes: impl Iterator<Item = (Place, Arc<EyeProcess>)>) {
        for (place, eye) in eyes {
            let seen = self.eyes.entry(place).or_default();
            let in_hand = eye.in_hand().into_iter();
            let readers = eye.readers().into_iter();
            let look = Look {
                readers: readers.map(|it| (it, eye.thread_state(it.thread_id))).collect(),
                in_hand: in_hand.map(|hand| (hand, eye.thread_state(hand.thread_id))).collect(),
                pulse: eye.pulse(),
                thread: eye.thread_state(eye.pid()),
            };
            if let Some(Verdict { cause, suspects, looks }) = seen.look(look) {
                eye.kill_idle(cause, &suspects, LOOK_EVERY * looks);
            }
        }
    }

    /// Another eye follows in this place.
    pub(super) fn forget(&mut self, place: Place) {
        self.eyes.remove(&place);
    }
}

impl Seen {
    fn look(&mut self, look: Look) -> Option<Verdict> {
        // One that is gone is buried soon.
        let thread = look.thread?;
        let session = look.in_hand.iter().map(|(hand, _)| hand).find(|hand| hand.thread == 0);
        let session = session.map(|hand| hand.turn);
        let goes_on = look.pulse != self.pulse || session != self.session;
        if goes_on || self.cpu_ticks == 0 {
            (self.pulse, self.session) = (look.pulse, session);
            (self.pulseless, self.cpu_ticks) = (0, thread.cpu_ticks);
        } else {
            self.pulseless += 1;
        }
        let is_endless = thread.cpu_ticks.saturating_sub(self.cpu_ticks) >= ENDLESS_TICKS;
        if self.pulseless >= PULSELESS_LOOKS && (!thread.is_runnable || is_endless) {
            let session = look.in_hand.iter().find(|(hand, _)| hand.thread == 0);
            let (cause, suspects) = match session.filter(|_| is_endless) {
                Some((hand, _)) => ("it was stuck with what a camera had sent", vec![hand.camera]),
                None => ("it did nothing any more", Vec::new()),
            };
            return Some(Verdict { cause, suspects, looks: self.pulseless });
        }
        self.stuck_lane(look.in_hand).or_else(|| self.stuck_reader(look.readers))
    }

    fn stuck_lane(&mut self, in_hand: Vec<(InHand, Option<ThreadState>)>) -> Option<Verdict> {
        let before = std::mem::take(&mut self.steps);
        for (hand, state) in in_hand {
            let step = Step::seen(
                before.get(&hand.thread),
                (hand.turn, hand.is_own, hand.picture_bytes),
                state,
            );
            if hand.thread > 0 && step.is_stuck() {
                let (cause, suspects) = if step.is_own {
                    ("it did not come to an end with a picture that was decoded", Vec::new())
                } else {
                    ("it was stuck with a picture", vec![hand.camera])
                };
                return Some(Verdict { cause, suspects, looks: step.looks });
            }
            self.steps.insert(hand.thread, step);
        }
        None
    }

    /// Such a thread waits for its camera most of the time, and nobody sees it do so. So only the processor
    /// time that it takes counts, and that it ends with its session.
    fn stuck_reader(&mut self, readers: Vec<(ReaderSeen, Option<ThreadState>)>) -> Option<Verdict> {
        let before = std::mem::take(&mut self.readers);
        for (reading, state) in readers.into_iter().filter(|(_, state)| state.is_some()) {
            let step = Step::seen(before.get(&reading.slot), (reading.turn, false, 0), state);
            let stays = reading.must_end && step.looks > LONGEST_FAREWELL_LOOKS;
            if stays || step.is_endless() {
                let cause = "it was stuck with what a camera had sent";
                return Some(Verdict { cause, suspects: vec![reading.camera], looks: step.looks });
            }
            self.readers.insert(reading.slot, step);
        }
        None
    }
}

impl Step {
    /// The step of this turn, which was seen `before` or not.
    fn seen(
        before: Option<&Self>,
        (turn, is_own, picture_bytes): (u32, bool, u32),
        state: Option<ThreadState>,
    ) -> Self {
        let ticks = state.map_or(0, |state| state.cpu_ticks);
        let Some(before) = before.filter(|before| before.turn == turn) else {
            let (looks, still, first_ticks, latest_ticks) = (1, 0, ticks, ticks);
            return Self { turn, is_own, picture_bytes, looks, still, first_ticks, latest_ticks };
        };
        let waits = state.is_some_and(|it| !it.is_runnable && it.cpu_ticks == before.latest_ticks);
        Self {
            turn,
            is_own,
            picture_bytes,
            looks: before.looks + 1,
            still: if waits { before.still + 1 } else { 0 },
            first_ticks: before.first_ticks,
            latest_ticks: ticks,
        }
    }

    fn is_stuck(self) -> bool {
        if self.is_own {
            return self.looks > LONGEST_OWN_LOOKS;
        }
        self.is_endless() || self.still >= STILL_LOOKS || self.looks > LONGEST_LOOKS
    }

    fn is_endless(self) -> bool {
        let most = ENDLESS_STEP_TICKS + u64::from(self.picture_bytes) * PICTURE_TICKS_PER_MIB / MIB;
        self.looks > ENDLESS_STEP_LOOKS
            && self.latest_ticks.saturating_sub(self.first_ticks) >= most
    }
}

#[cfg(test)]
mod tests;
