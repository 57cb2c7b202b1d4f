//! Eyes that live and do nothing: stopped, or stuck in a step that does not end.

use std::collections::BTreeMap;
use std::sync::Arc;

use eye::{CameraNumber, EyeProcess, InHand, ThreadState};

use super::roster::Place;

/// Looks without a pulse, which beats five times a second: a second. No camera of the eye receives
/// anything meanwhile.
const PULSELESS_LOOKS: u32 = 5;

/// Processor time without a pulse, in hundredths of a second, from which a thread is in an endless
/// step. One that has used less waits for its turn: the machine is overloaded, and another eye would
/// only make that worse.
const ENDLESS_TICKS: u64 = 50;

/// Looks at which a lane or the thread that cuts clips may be seen with the same work: ten seconds. A slow
/// machine takes three to search a large picture for all that must be masked.
const LANE_LOOKS: u32 = 50;

/// What was seen at the latest looks. Looks are counted, not time: if this process was held up, so
/// were they.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    eyes: BTreeMap<Place, Seen>,
}

/// One eye, at one look.
struct Look {
    in_hand: Vec<InHand>,
    pulse: u32,
    thread: Option<ThreadState>,
}

#[derive(Debug, Default)]
struct Seen {
    /// What each lane has in hand: the turn, and at how many looks it was the same.
    lanes: BTreeMap<u16, (u32, u32)>,
    pulse: u32,
    /// What the thread of the sessions has in hand. An overloaded one goes from camera to camera and comes to
    /// its pulse late.
    session: Option<u32>,
    pulseless: u32,
    /// What the thread of the sessions had used when the pulse was last seen to move.
    cpu_ticks: u64,
}

impl Stuck {
    /// Looks at all eyes, and ends those that are stuck.
    pub(super) fn look(&mut self, eyes: &[(Place, Arc<EyeProcess>)]) {
        for (place, eye) in eyes {
            let seen = self.eyes.entry(*place).or_default();
            let (pulse, thread) = (eye.pulse(), eye.thread_state());
            let look = Look { in_hand: eye.in_hand(), pulse, thread };
            if let Some((cause, suspects)) = seen.look(look) {
                eye.kill(cause, &suspects);
            }
        }
    }

    /// Another eye follows in this place.
    pub(super) fn forget(&mut self, place: Place) {
        self.eyes.remove(&place);
    }
}

impl Seen {
    fn look(&mut self, look: Look) -> Option<(&'static str, Vec<CameraNumber>)> {
        // One that is gone is buried soon.
        let thread = look.thread?;
        let session = look.in_hand.iter().find(|hand| hand.thread == 0).map(|hand| hand.turn);
        let goes_on = look.pulse != self.pulse || session != self.session;
        if goes_on || self.cpu_ticks == 0 {
            (self.pulse, self.session) = (look.pulse, session);
            (self.pulseless, self.cpu_ticks) = (0, thread.cpu_ticks);
        } else {
            self.pulseless += 1;
        }
        let is_endless = thread.cpu_ticks.saturating_sub(self.cpu_ticks) >= ENDLESS_TICKS;
        if self.pulseless >= PULSELESS_LOOKS && (!thread.is_runnable || is_endless) {
            let session = look.in_hand.iter().find(|hand| hand.thread == 0);
            return Some(match session.filter(|_| is_endless) {
                Some(hand) => ("it was stuck with what a camera had sent", vec![hand.camera]),
                None => ("it did nothing any more", Vec::new()),
            });
        }
        let before = std::mem::take(&mut self.lanes);
        for InHand { thread, camera, turn } in look.in_hand {
            let looks = match before.get(&thread) {
                Some((same, looks)) if *same == turn => looks + 1,
                _ => 1,
            };
            if thread > 0 && looks > LANE_LOOKS {
                return Some(("it was stuck with a picture", vec![camera]));
            }
            self.lanes.insert(thread, (turn, looks));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(hands: &[(u16, u32, u32)], pulse: u32, (is_runnable, cpu_ticks): (bool, u64)) -> Look {
        let in_hand = hands.iter().map(|(thread, camera, turn)| InHand {
            thread: *thread,
            camera: CameraNumber(*camera),
            turn: *turn,
        });
        let thread = Some(ThreadState { is_runnable, cpu_ticks });
        Look { in_hand: in_hand.collect(), pulse, thread }
    }

    /// At which look it is ended, and who is to blame.
    fn ended(looks: impl Iterator<Item = Look>) -> Option<(usize, Vec<CameraNumber>)> {
        let mut seen = Seen::default();
        looks.enumerate().find_map(|(at, look)| Some((at, seen.look(look)?.1)))
    }

    #[test]
    fn a_step_that_does_not_end_names_its_camera() {
        let looks = (0..20).map(|at| look(&[(0, 7, 1), (1, 8, 1)], 3, (true, 100 + at * 20)));
        assert_eq!(ended(looks), Some((5, vec![CameraNumber(7)])));
    }

    #[test]
    fn a_process_that_stands_still_is_ended_and_nobody_is_to_blame() {
        let looks = (0..20).map(|_| look(&[(0, 7, 1)], 3, (false, 100)));
        assert_eq!(ended(looks), Some((5, Vec::new())));
    }

    #[test]
    fn a_thread_that_waits_for_its_turn_is_left_alone() {
        let looks = (0..200).map(|at| look(&[(0, 7, 1)], 3, (true, 100 + at / 10)));
        assert_eq!(ended(looks), None);
    }

    #[test]
    fn a_thread_that_goes_from_camera_to_camera_is_not_stuck_with_any() {
        let looks =
            (0..200_u32).map(|at| look(&[(0, at % 50, at)], 3, (true, 100 + u64::from(at) * 20)));
        assert_eq!(ended(looks), None);
    }

    #[test]
    fn a_busy_eye_is_not_stuck() {
        let looks = (0..1000_u32)
            .map(|at| look(&[(0, 7, at), (2, 7, at / 20)], at, (true, 100 + u64::from(at) * 20)));
        assert_eq!(ended(looks), None);
    }

    #[test]
    fn a_picture_that_does_not_end_names_its_camera() {
        let looks = (0..1000).map(|at| look(&[(1, 7, 1), (2, 8, at)], at, (false, 100)));
        let (at, suspects) = ended(looks).unwrap();
        assert_eq!((at, suspects), (50, vec![CameraNumber(7)]));
    }
}
