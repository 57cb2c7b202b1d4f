//! Eyes that live and do nothing: a thread that does not end its step, or a process that says nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use eye::{CameraNumber, EyeProcess, InHand};

use super::roster::Place;

/// Looks at which the thread of the sessions may be seen in the same step: a second. Its steps take
/// microseconds, and no other camera receives anything meanwhile.
const SESSION_LOOKS: u32 = 5;

/// Looks at which a lane may be seen with the same picture: ten seconds.
const LANE_LOOKS: u32 = 50;

/// Looks without any word from an eye that speaks each second: four seconds.
const SILENT_LOOKS: u32 = 20;

/// What was seen at the latest looks. Looks are counted, not time: if this process was held up, so
/// were they.
#[derive(Debug, Default)]
pub(super) struct Stuck {
    eyes: BTreeMap<Place, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    threads: BTreeMap<u16, (u32, u32)>,
    beats: u32,
    silent_looks: u32,
}

impl Stuck {
    /// Looks at all eyes, and ends those that are stuck.
    pub(super) fn look(&mut self, eyes: &[(Place, Arc<EyeProcess>)]) {
        for (place, eye) in eyes {
            let seen = self.eyes.entry(*place).or_default();
            if let Some((cause, suspects)) = seen.look(&eye.in_hand(), eye.beats()) {
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
    fn look(
        &mut self,
        in_hand: &[InHand],
        beats: u32,
    ) -> Option<(&'static str, Vec<CameraNumber>)> {
        self.silent_looks = if beats == self.beats { self.silent_looks + 1 } else { 0 };
        self.beats = beats;
        let before = std::mem::take(&mut self.threads);
        for InHand { thread, camera, turn } in in_hand {
            let looks = match before.get(thread) {
                Some((same, looks)) if same == turn => looks + 1,
                _ => 1,
            };
            let most = if *thread == 0 { SESSION_LOOKS } else { LANE_LOOKS };
            if looks > most {
                return Some(("it was stuck with what a camera had sent", vec![*camera]));
            }
            self.threads.insert(*thread, (*turn, looks));
        }
        (self.silent_looks > SILENT_LOOKS).then(|| ("it did nothing any more", Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(thread: u16, camera: u32, turn: u32) -> InHand {
        InHand { thread, camera: CameraNumber(camera), turn }
    }

    #[test]
    fn a_step_that_does_not_end_names_its_camera() {
        let mut seen = Seen::default();
        for look in 0..SESSION_LOOKS {
            assert_eq!(seen.look(&[hand(0, 7, 1), hand(1, 8, 1)], look), None);
        }
        let (_, suspects) = seen.look(&[hand(0, 7, 1), hand(1, 8, 1)], 9).unwrap();
        assert_eq!(suspects, [CameraNumber(7)]);
    }

    #[test]
    fn a_busy_thread_is_not_stuck() {
        let mut seen = Seen::default();
        for look in 0..1000 {
            assert_eq!(seen.look(&[hand(0, 7, look), hand(2, 7, look / 20)], look), None);
        }
    }

    #[test]
    fn an_eye_that_says_nothing_is_ended() {
        let mut seen = Seen::default();
        let looks = (0..100).find(|_| seen.look(&[], 1).is_some());
        assert_eq!(looks, Some(SILENT_LOOKS + 1));
    }
}
