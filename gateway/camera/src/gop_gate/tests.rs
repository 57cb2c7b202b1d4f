//! The gate by tables: which units are decoded, for which demand.

use proptest::prelude::*;
use scene::{Clock, ClockSource};

use super::*;

const FRAME: i64 = 40_000;

fn unit(frame: i64, gop_frames: i64) -> AccessUnit {
    AccessUnit {
        data: vec![0; 1000].into(),
        captured_at: CaptureTime::from_unix_micros(1_000_000_000 + frame * FRAME),
        clock: Clock { source: ClockSource::SenderReport, error_ms: Some(0) },
        is_random_access_point: frame % gop_frames == 0,
        recovery: 0,
        is_disposable: false,
        loss: 0,
    }
}

fn every(interval: Duration) -> LookPace {
    LookPace { interval, longest: None }
}

fn frame_of(unit: &AccessUnit) -> i64 {
    (unit.captured_at.unix_micros() - 1_000_000_000) / FRAME
}

/// Plays `frames` units of 25 fps through a gate whose worker always comes at once; returns the
/// frames decoded and the frames analysed.
fn play(gate: &mut GopGate, frames: std::ops::Range<i64>, gop_frames: i64) -> (Vec<i64>, Vec<i64>) {
    let (mut decoded, mut analysed) = (Vec::new(), Vec::new());
    for frame in frames {
        if gate.offer(unit(frame, gop_frames)) {
            let run = gate.take().expect("released");
            decoded.extend(run.units.iter().map(frame_of));
            if run.is_due {
                analysed.push(frame_of(run.units.last().expect("not empty")));
            }
        }
    }
    (decoded, analysed)
}

fn gate(interval_millis: u64) -> GopGate {
    let mut gate = GopGate::new(1 << 20);
    gate.set_pace(every(Duration::from_millis(interval_millis)));
    gate
}

#[test]
fn a_demand_as_slow_as_the_key_frames_decodes_key_frames_only() {
    for interval_millis in [2000, 2500, 3000, 3900] {
        let (decoded, analysed) = play(&mut gate(interval_millis), 0..500, 50);
        assert_eq!(decoded, analysed, "{interval_millis}");
        assert_eq!(analysed, (0..10).map(|gop| gop * 50).collect::<Vec<_>>(), "{interval_millis}");
    }
}

#[test]
fn a_slower_demand_leaves_key_frames_out_but_is_never_late() {
    let (decoded, analysed) = play(&mut gate(5000), 0..1000, 50);
    assert_eq!(decoded, analysed);
    assert_eq!(&analysed[..4], [0, 100, 200, 300], "4 s apart: 6 s would be late");
}

#[test]
fn a_faster_demand_decodes_what_it_needs_of_each_group() {
    let (decoded, analysed) = play(&mut gate(1000), 0..200, 50);
    assert_eq!(analysed, [0, 25, 50, 75, 100, 125, 150, 175]);
    // The second half of each group is never decoded: the next key frame is the next picture.
    assert_eq!(decoded.len(), 8 * 13 + 4 * 12 - 48);
    assert!(decoded.iter().all(|frame| frame % 50 <= 25));
}

#[test]
fn every_picture_wanted_is_every_picture_decoded() {
    let (decoded, analysed) = play(&mut gate(40), 0..100, 50);
    assert_eq!(decoded, (0..100).collect::<Vec<_>>());
    assert_eq!(analysed, decoded);
}

#[test]
fn rare_key_frames_do_not_starve_a_rule() {
    let (_, analysed) = play(&mut gate(2000), 0..1000, 500);
    assert_eq!(&analysed[..4], [0, 50, 100, 150]);
}

#[test]
fn who_is_in_haste_waits_for_no_key_frame() {
    // A group of ten seconds, of which nobody wants to see anything but its beginning.
    let mut gate = gate(60_000);
    assert_eq!(play(&mut gate, 0..100, 250).1, [0]);
    gate.set_pace(every(Duration::ZERO));
    let (decoded, analysed) = play(&mut gate, 100..101, 250);
    assert_eq!(analysed, [100], "the very next picture");
    assert_eq!(decoded, (1..101).collect::<Vec<_>>(), "all that it needs is held");
}

#[test]
fn after_a_loss_nothing_passes_until_a_random_access_point() {
    let mut gate = gate(40);
    assert_eq!(play(&mut gate, 0..10, 50).0.len(), 10);
    let mut broken = unit(10, 50);
    broken.loss = 3;
    assert!(!gate.offer(broken));
    assert_eq!(play(&mut gate, 11..50, 50).0, Vec::<i64>::new());
    let (decoded, _) = play(&mut gate, 50..53, 50);
    assert_eq!(decoded, [50, 51, 52]);
    assert_eq!(gate.counts().dropped, 40);
}

#[test]
fn an_absent_worker_costs_pictures_but_never_memory() {
    let mut gate = GopGate::new(20_000);
    gate.set_pace(every(Duration::from_millis(40)));
    for frame in 0..500 {
        gate.offer(unit(frame, 50));
        assert!(gate.held_bytes <= 20_000);
    }
    assert!(gate.counts().superseded > 0);
    let counts = gate.counts();
    assert_eq!(counts.offered, 500);
    assert_eq!(counts.decoded + counts.skipped + counts.dropped + gate.held.len() as u64, 500);
}

#[test]
fn a_full_buffer_is_relieved_by_decoding_early() {
    let mut gate = GopGate::new(20_000);
    gate.set_pace(every(Duration::from_millis(1600)));
    let (decoded, analysed) = play(&mut gate, 0..50, 50);
    assert_eq!(analysed, [0, 40]);
    assert_eq!(decoded, (0..=40).chain(41..50).take(decoded.len()).collect::<Vec<_>>());
}

#[test]
fn runs_say_whether_they_continue() {
    let mut gate = gate(400);
    let mut continues = Vec::new();
    for frame in 0..100 {
        if gate.offer(unit(frame, 50)) {
            continues.push(gate.take().expect("released").continues);
        }
    }
    assert_eq!(&continues[..7], [false, true, true, true, true, false, true]);
}

#[test]
fn tiny_units_are_bounded_by_their_number_and_by_what_holding_them_takes() {
    let tiny = |number: i64| AccessUnit { data: vec![0; 2].into(), ..unit(number, i64::MAX) };
    let mut gate = GopGate::new(4 << 20);
    gate.set_pace(every(Duration::from_secs(3600)));
    for number in 0..100_000 {
        gate.offer(tiny(number));
        assert!(gate.held.len() <= MOST_UNITS);
    }
    assert!(gate.held.is_empty(), "no worker came, and no key frame");
    let mut small = GopGate::new(20_000);
    for number in 0..1000 {
        small.offer(tiny(number));
        assert!(small.held.len() <= 20_000 / crate::access_unit::HELD_OVERHEAD_BYTES);
    }
}

#[test]
fn a_long_run_leaves_in_turns_and_its_last_unit_is_the_due_one() {
    let mut gate = GopGate::new(16 << 20);
    gate.set_pace(every(Duration::from_secs(60)));
    let first = gate.offer(unit(0, 2000)).then(|| gate.take()).flatten().expect("the key frame");
    assert!(first.is_due && !first.continues);
    for frame in 1..1501 {
        gate.offer(unit(frame, 2000));
    }
    let mut frames = Vec::new();
    while let Some(run) = gate.take() {
        assert!(run.units.len() <= MOST_UNITS_A_TURN && run.continues);
        frames.extend(run.units.iter().map(frame_of));
        assert_eq!(run.is_due, frames.last() == Some(&1500), "{:?}", frames.last());
    }
    assert_eq!(frames, (1..1501).collect::<Vec<_>>());
}

/// What a camera and its worker may do at the gate.
#[derive(Debug, Clone)]
enum Event {
    Unit { bytes: usize, is_key: bool, is_disposable: bool, loss: u16, step_millis: i64 },
    Take,
    Interval(u64),
    Await,
}

fn event() -> impl Strategy<Value = Event> {
    let unit = (
        1_usize..6000,
        prop::bool::weighted(0.1),
        any::<bool>(),
        prop_oneof![9 => Just(0_u16), 1 => 1_u16..9],
        -100_i64..400,
    );
    prop_oneof![
        8 => unit.prop_map(|(bytes, is_key, is_disposable, loss, step_millis)| Event::Unit {
            bytes, is_key, is_disposable, loss, step_millis,
        }),
        2 => Just(Event::Take),
        1 => (0_u64..5000).prop_map(Event::Interval),
        1 => Just(Event::Await),
    ]
}

proptest! {
    /// Whatever comes in whatever order: bounds hold, no unit is lost from the account, and a run
    /// either begins with a key frame or goes on where the one before it ended.
    #[test]
    fn the_gate_keeps_its_bounds_and_its_account(
        events in prop::collection::vec(event(), 1..400),
        capacity in 2_000_usize..60_000,
    ) {
        let mut gate = GopGate::new(capacity);
        let mut at = CaptureTime::from_unix_micros(1_000_000_000);
        for event in events {
            match event {
                Event::Unit { bytes, is_key, is_disposable, loss, step_millis } => {
                    at = CaptureTime::from_unix_micros(at.unix_micros() + step_millis * 1000);
                    gate.offer(AccessUnit {
                        data: vec![0; bytes].into(),
                        captured_at: at,
                        is_random_access_point: is_key,
                        is_disposable,
                        loss,
                        ..unit(0, 50)
                    });
                }
                Event::Take => {
                    if let Some(run) = gate.take() {
                        prop_assert!(run.units.len() <= MOST_UNITS_A_TURN);
                        prop_assert!(run.continues || run.units[0].is_random_access_point);
                    }
                }
                Event::Interval(millis) => gate.set_pace(every(Duration::from_millis(millis))),
                Event::Await => gate.await_random_access_point(),
            }
            prop_assert!(gate.held_bytes <= capacity && gate.held.len() <= MOST_UNITS);
            prop_assert_eq!(gate.held_bytes, gate.held.iter().map(AccessUnit::held_bytes).sum::<usize>());
            prop_assert!(gate.released <= gate.held.len());
            let counts = gate.counts();
            let known = counts.decoded + counts.skipped + counts.dropped + gate.held.len() as u64;
            prop_assert_eq!(counts.offered, known);
        }
    }
}

#[test]
fn a_stream_that_refreshes_line_by_line_is_due_only_once_its_pictures_are_whole() {
    let mut gate = GopGate::new(1 << 20);
    gate.set_pace(every(Duration::from_millis(200)));
    let refreshing = |frame: i64| AccessUnit {
        is_random_access_point: frame % 10 == 0,
        recovery: if frame % 10 == 0 { 4 } else { 0 },
        ..unit(frame, 1_000_000)
    };
    let due: Vec<i64> = (0..40).filter(|frame| gate.offer(refreshing(*frame))).collect();
    // Not before the fourth after the start; later points of refreshing hold nothing up and drop nothing.
    assert_eq!(due.first(), Some(&4));
    assert_eq!(gate.counts().skipped, 0);
    let run = gate.take().expect("due");
    assert!(run.is_due && run.units.len() > 30, "{}", run.units.len());
}
