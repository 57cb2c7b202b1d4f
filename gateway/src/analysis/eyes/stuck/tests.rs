//! Steps that do not end, and others that only look so.

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
        let (thread, turn, picture_bytes) = (*thread, *turn, 0);
        let hand = InHand { thread, camera, turn, is_own, thread_id, picture_bytes };
        (hand, Some(state(*at)))
    });
    Look { in_hand: in_hand.collect(), readers: Vec::new(), pulse, thread: Some(state(sessions)) }
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
    assert_eq!(ended(looks), Some((5, vec![CameraNumber(7)])), "a second");
}

/// A step of the second camera over a picture of so many bytes, which takes `ticks` at each look.
fn decoding(picture_bytes: u32, ticks: u64) -> impl Iterator<Item = Look> {
    (0..1000_u32).map(move |at| {
        let mut look = look(&[(1, 8, 1, (true, 100 + u64::from(at) * ticks))], at, RUNS);
        look.in_hand[0].0.picture_bytes = picture_bytes;
        look
    })
}

#[test]
fn a_large_picture_has_the_time_that_a_slow_machine_needs_for_it() {
    // What was measured on a core of 2.8 GHz, in hundredths of a second; this one does two fifths of that.
    for (picture_bytes, measured) in [(1_100_000, 14), (2_800_000, 42), (8 << 20, 90)] {
        let (looks, blamed) = ended(decoding(picture_bytes, 20)).unwrap();
        assert_eq!(blamed, [CameraNumber(8)]);
        let used = (u64::try_from(looks).unwrap() - 1) * 20;
        assert!(used > measured * 5 / 2, "{picture_bytes} bytes: {used}");
    }
    let (looks, _) = ended(decoding(2 << 20, 20)).unwrap();
    assert_eq!(looks, 8, "1.6 s for the largest that cameras are known to send");
}

#[test]
fn processor_time_that_is_charged_at_once_blames_nobody() {
    // The machine was held up from outside between two looks.
    let charged = |at: u32| (true, 100 + if at.is_multiple_of(5) { 0 } else { 200 });
    let looks = (0..1000_u32).map(|at| look(&[(1, 7, at / 5, charged(at))], at, RUNS));
    assert_eq!(ended(looks), None);
    let looks = (0..1000_u32).map(|at| reading(at, &[(8, at / 5, false, charged(at))]));
    assert_eq!(ended(looks), None);
}

#[test]
fn news_of_eyes_bring_no_look_before_its_time() {
    let began = Instant::now();
    let mut stuck = Stuck::default();
    let looks = (0..50).filter(|at| stuck.is_due(began + LOOK_EVERY / 10 * *at));
    assert_eq!(looks.count(), 5, "in a second");
    assert_eq!(stuck.due_in(began + LOOK_EVERY * 9 / 2), LOOK_EVERY / 2);
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

/// An eye whose sessions wait, at one look: each reader is a camera, a turn, whether its session is over, and
/// how the thread is doing.
fn reading(at: u32, readers: &[(u32, u32, bool, (bool, u64))]) -> Look {
    let readers = (0..).zip(readers).map(|(slot, (camera, turn, must_end, thread))| {
        let (camera, turn, must_end) = (CameraNumber(*camera), *turn, *must_end);
        let reading = ReaderSeen { slot, camera, turn, must_end, thread_id: u32::from(slot) };
        (reading, Some(state(*thread)))
    });
    Look { readers: readers.collect(), ..look(&[], at, (false, 100)) }
}

#[test]
fn a_thread_of_libavformat_that_spins_while_the_sessions_wait_names_its_camera() {
    let looks = (0..100_u32).map(|at| {
        let (waits, spins) = ((false, 100), (true, 100 + u64::from(at) * 20));
        reading(at, &[(7, at, false, waits), (8, 3, false, spins)])
    });
    assert_eq!(ended(looks), Some((5, vec![CameraNumber(8)])), "a second");
}

#[test]
fn a_thread_of_libavformat_may_work_and_may_wait_for_its_camera() {
    let looks = (0..1000_u32).map(|at| {
        let works = (true, 100 + u64::from(at) * 20);
        reading(at, &[(7, at / 4, false, works), (8, 3, false, (false, 100))])
    });
    assert_eq!(ended(looks), None);
}

#[test]
fn a_thread_of_libavformat_that_stays_after_its_session_names_its_camera() {
    let looks = (0..1000_u32)
        .map(|at| reading(at, &[(7, 3, false, (false, 100)), (8, 3, at > 2, (false, 100))]));
    // The session's end is a turn of its own.
    let looks = looks.enumerate().map(|(at, mut look)| {
        look.readers[1].0.turn += u32::from(at > 2);
        look
    });
    assert_eq!(ended(looks), Some((53, vec![CameraNumber(8)])), "ten seconds");
}
