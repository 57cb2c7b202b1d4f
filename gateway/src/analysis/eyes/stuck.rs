//! Eyes that live and do nothing: stopped, or stuck in a step that does not end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eye::{CameraNumber, EyeProcess, InHand, ThreadState};

use super::roster::Place;

/// How often eyes are looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks without a pulse, which beats five times a second: a second. No camera of the eye receives
/// anything meanwhile.
const PULSELESS_LOOKS: u32 = 5;

/// Processor time without a pulse, in hundredths of a second, from which a thread is in an endless
/// step. One that has used less waits for its turn: the machine is overloaded, and another eye would
/// only make that worse.
const ENDLESS_TICKS: u64 = 50;

/// The same for a step of a lane or of the thread that cuts clips: one picture decoded, searched,
/// encoded, or one clip written. The longest that was measured takes a tenth of that, of a 4K camera.
const ENDLESS_STEP_TICKS: u64 = 150;

/// Looks at which a lane or the thread that cuts clips may be seen to wait within a step. None waits for
/// anything but the processor and the disk, so it is stuck.
const STILL_LOOKS: u32 = 5;

/// Looks at which either may be seen with the same step, however little processor time it got: ten
/// seconds.
const LONGEST_LOOKS: u32 = 50;

/// Looks at which a step of ours may be seen under way: a minute. A large model on a slow machine takes
/// seconds for a picture, and no camera is to blame.
const LONGEST_OWN_LOOKS: u32 = 300;

/// What was seen at the latest looks. Looks are counted, not time: if this process was held up, so
/// were they.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    eyes: BTreeMap<Place, Seen>,
}

/// One eye, at one look.
struct Look {
    /// What each thread has in hand, and how the thread is doing.
    in_hand: Vec<(InHand, Option<ThreadState>)>,
    pulse: u32,
    thread: Option<ThreadState>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The steps under way, by thread.
    steps: BTreeMap<u16, Step>,
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
    /// Looks at all eyes, and ends those that are stuck.
    pub(super) fn look(&mut self, eyes: &[(Place, Arc<EyeProcess>)]) {
        for (place, eye) in eyes {
            let seen = self.eyes.entry(*place).or_default();
            let in_hand = eye.in_hand().into_iter();
            let look = Look {
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
        let before = std::mem::take(&mut self.steps);
        for (hand, state) in look.in_hand {
            let step = Step::seen(before.get(&hand.thread), &hand, state);
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
}

impl Step {
    /// The step in `hand`, which was seen `before` or not.
    fn seen(before: Option<&Self>, hand: &InHand, state: Option<ThreadState>) -> Self {
        let &InHand { turn, is_own, .. } = hand;
        let ticks = state.map_or(0, |state| state.cpu_ticks);
        let Some(before) = before.filter(|before| before.turn == turn) else {
            let (looks, still) = (1, 0);
            return Self { turn, is_own, looks, still, first_ticks: ticks, latest_ticks: ticks };
        };
        let waits = state.is_some_and(|it| !it.is_runnable && it.cpu_ticks == before.latest_ticks);
        Self {
            turn,
            is_own,
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
        let ticks = self.latest_ticks.saturating_sub(self.first_ticks);
        ticks >= ENDLESS_STEP_TICKS || self.still >= STILL_LOOKS || self.looks > LONGEST_LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: (bool, u64) = (true, 100);

    /// Turns from here on are ours.
    const OWN: u32 = 1_000_000;

    fn state((is_runnable, cpu_ticks): (bool, u64)) -> ThreadState {
        ThreadState { is_runnable, cpu_ticks }
    }

    /// Each hand is a thread, a camera, a turn, and how the thread is doing.
    fn look(hands: &[(u16, u32, u32, (bool, u64))], pulse: u32, sessions: (bool, u64)) -> Look {
        let in_hand = hands.iter().map(|(thread, camera, turn, at)| {
            let (camera, thread_id) = (CameraNumber(*camera), u32::from(*thread));
            let is_own = *turn >= OWN;
            (InHand { thread: *thread, camera, turn: *turn, is_own, thread_id }, Some(state(*at)))
        });
        Look { in_hand: in_hand.collect(), pulse, thread: Some(state(sessions)) }
    }

    /// At which look it is ended, and who is to blame.
    fn ended(looks: impl Iterator<Item = Look>) -> Option<(usize, Vec<CameraNumber>)> {
        let mut seen = Seen::default();
        looks.enumerate().find_map(|(at, look)| Some((at, seen.look(look)?.suspects)))
    }

    #[test]
    fn a_step_that_does_not_end_names_its_camera() {
        let looks =
            (0..20).map(|at| look(&[(0, 7, 1, RUNS), (1, 8, 1, RUNS)], 3, (true, 100 + at * 20)));
        assert_eq!(ended(looks), Some((5, vec![CameraNumber(7)])));
    }

    #[test]
    fn a_process_that_stands_still_is_ended_and_nobody_is_to_blame() {
        let looks = (0..20).map(|_| look(&[(0, 7, 1, RUNS)], 3, (false, 100)));
        assert_eq!(ended(looks), Some((5, Vec::new())));
    }

    #[test]
    fn a_thread_that_waits_for_its_turn_is_left_alone() {
        let looks = (0..200).map(|at| look(&[(0, 7, 1, RUNS)], 3, (true, 100 + at / 10)));
        assert_eq!(ended(looks), None);
    }

    #[test]
    fn a_thread_that_goes_from_camera_to_camera_is_not_stuck_with_any() {
        let looks = (0..200_u32).map(|at| {
            let busy = (true, 100 + u64::from(at) * 20);
            look(&[(0, at % 50, at, busy)], 3, busy)
        });
        assert_eq!(ended(looks), None);
    }

    #[test]
    fn a_large_model_on_a_slow_machine_has_a_minute_and_no_camera_is_to_blame() {
        let looks = (0..400_u32).map(|at| {
            let busy = (true, 100 + u64::from(at) * 20);
            look(&[(2, 7, OWN, busy)], at, busy)
        });
        assert_eq!(ended(looks), Some((300, Vec::new())));
    }

    #[test]
    fn a_busy_eye_is_not_stuck() {
        let looks = (0..1000_u32).map(|at| {
            let busy = (true, 100 + u64::from(at) * 20);
            look(&[(0, 7, at, busy), (2, 7, at / 5, busy)], at, busy)
        });
        assert_eq!(ended(looks), None);
    }

    #[test]
    fn a_picture_that_takes_processor_time_without_end_names_its_camera() {
        let looks = (0..1000_u32).map(|at| {
            let spins = (true, 100 + u64::from(at) * 20);
            look(&[(1, 7, 1, spins), (2, 8, at, spins)], at, RUNS)
        });
        assert_eq!(ended(looks), Some((8, vec![CameraNumber(7)])), "a second and a half");
    }

    #[test]
    fn a_picture_that_waits_for_ever_names_its_camera() {
        let looks = (0..1000_u32).map(|at| look(&[(1, 7, 1, (false, 100))], at, RUNS));
        assert_eq!(ended(looks), Some((5, vec![CameraNumber(7)])), "a second");
    }

    #[test]
    fn a_picture_on_an_overloaded_machine_has_ten_seconds() {
        let starved = |at: u32| (true, 100 + u64::from(at));
        let looks = (0..1000_u32).map(|at| look(&[(1, 7, 1, starved(at))], at, RUNS));
        assert_eq!(ended(looks), Some((50, vec![CameraNumber(7)])));
        let looks = (0..1000_u32).map(|at| look(&[(1, 7, at / 45, starved(at))], at, RUNS));
        assert_eq!(ended(looks), None, "as long as it gets on");
    }
}
