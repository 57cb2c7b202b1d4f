//! The media clock by tables.

use proptest::prelude::*;

use super::*;

const RATE: u32 = 90_000;
/// 2026-11-22T00:00:00Z.
const NOON: i64 = 1_795_305_600_000_000;

fn ntp(unix_micros: i64) -> u64 {
    let secs = u64::try_from(unix_micros / 1_000_000).expect("after 1970") + NTP_TO_UNIX_SECS;
    let fraction = (u64::try_from(unix_micros % 1_000_000).expect("positive") << 32) / 1_000_000;
    (secs << 32) | fraction
}

fn at(micros: i64) -> CaptureTime {
    CaptureTime::from_unix_micros(NOON + micros)
}

#[test]
fn a_sender_report_beats_arrival() {
    let mut clock = MediaClock::new(RATE);
    assert_eq!(clock.capture_time(0, at(150_000)).1.source, ClockSource::Arrival);
    clock.sender_report(9_000, ntp(NOON + 200_000));
    let (captured_at, quality) = clock.capture_time(18_000, at(450_000));
    assert!(captured_at.unix_micros().abs_diff(NOON + 300_000) <= 1, "{captured_at:?}");
    assert_eq!(quality, Clock { source: ClockSource::SenderReport, error_ms: Some(150) });
}

#[test]
fn a_camera_that_was_never_set_is_not_believed() {
    let mut clock = MediaClock::new(RATE);
    clock.sender_report(0, ntp(86_400_000_000));
    let (captured_at, quality) = clock.capture_time(9_000, at(0));
    assert_eq!((captured_at, quality.source), (at(0), ClockSource::Arrival));
    clock.sender_report(9_000, 0);
    assert_eq!(clock.capture_time(18_000, at(100_000)).1.source, ClockSource::Arrival);
}

#[test]
fn arrival_time_sheds_its_jitter() {
    let mut clock = MediaClock::new(RATE);
    let delays = [30_000, 0, 90_000, 10_000, 250_000, 5_000];
    let mut worst = 0;
    for (frame, delay) in (0_i64..).zip(delays) {
        let (captured_at, _) = clock.capture_time(frame * 3600, at(frame * 40_000 + delay));
        if frame > 0 {
            worst = worst.max(captured_at.unix_micros().abs_diff(NOON + frame * 40_000));
        }
    }
    assert!(worst <= 1000, "{worst} us");
}

#[test]
fn time_never_runs_backwards_within_a_session() {
    let mut clock = MediaClock::new(RATE);
    let (first, _) = clock.capture_time(0, at(1_000_000));
    clock.sender_report(0, ntp(NOON));
    let (second, _) = clock.capture_time(3600, at(1_040_000));
    assert!(second > first);
}

#[test]
fn a_jump_of_the_gateway_clock_moves_the_arrival_anchor() {
    let mut clock = MediaClock::new(RATE);
    clock.capture_time(0, at(0));
    let hour = 3_600_000_000;
    let (captured_at, _) = clock.capture_time(3600, at(hour));
    assert_eq!(captured_at, at(hour));
}

#[test]
fn a_gateway_clock_set_back_is_followed_at_once() {
    let hour = 3_600_000_000;
    let mut clock = MediaClock::new(RATE);
    clock.capture_time(0, at(hour));
    assert_eq!(clock.capture_time(3600, at(40_000)).0, at(40_000));
    clock.sender_report(3600, ntp(NOON));
    let (captured_at, _) = clock.capture_time(7200, at(80_000));
    assert!(captured_at > at(40_000) && captured_at < at(100_000), "{captured_at:?}");
}

#[test]
fn ntp_eras() {
    assert_eq!(unix_micros(NTP_TO_UNIX_SECS << 32), Some(0));
    assert_eq!(unix_micros(0x8000_0000 + (NTP_TO_UNIX_SECS << 32)), Some(500_000));
    // 2036-02-07T06:28:17Z is second 1 of era 1 (RFC 5905 §6).
    assert_eq!(unix_micros(1 << 32), Some(2_085_978_497_000_000));
}

#[test]
fn time_that_stands_still_or_counts_milliseconds_is_replaced_by_arrival() {
    for ticks_a_second in [0, 1000] {
        let mut clock = MediaClock::new(RATE);
        let mut captured = Vec::new();
        for picture in 0..500_i64 {
            let arrived = picture * 40_000;
            let (captured_at, quality) =
                clock.capture_time(arrived * ticks_a_second / 1_000_000, at(arrived));
            assert_eq!(quality.source, ClockSource::Arrival);
            captured.push(captured_at);
        }
        let span = captured[499].since(captured[20]);
        assert!(
            span.abs_diff(Duration::from_millis(479 * 40)) < Duration::from_millis(400),
            "{span:?}"
        );
    }
}

#[test]
fn jumping_time_goes_on_with_arrival() {
    let mut clock = MediaClock::new(RATE);
    let mut worst = 0;
    for picture in 0..1000_i64 {
        let jump = match picture / 100 % 4 {
            0 => 0,
            1 => 7 * i64::from(RATE),
            2 => -3 * i64::from(RATE),
            _ => 40_000 * i64::from(RATE),
        };
        let (captured_at, _) = clock.capture_time(picture * 3600 + jump, at(picture * 40_000));
        worst = worst.max(captured_at.unix_micros().abs_diff(NOON + picture * 40_000));
    }
    assert!(worst < 50_000, "{worst} us");
}

#[test]
fn a_burst_after_a_stall_keeps_its_own_time() {
    let mut clock = MediaClock::new(RATE);
    for picture in 0..300_i64 {
        let (taken, stalled) = (picture * 40_000, (100..175).contains(&picture));
        let arrived = if stalled { 7_000_000 + picture * 100 } else { taken };
        let (captured_at, _) = clock.capture_time(picture * 3600, at(arrived));
        let off = captured_at.unix_micros().abs_diff(NOON + taken);
        assert!(off < 50_000, "picture {picture}: {off} us");
    }
}

#[test]
fn jumps_that_are_small_enough_to_pass_for_jitter_do_not_add_up() {
    // Half a second back and forth, four times a minute, at two pictures a second.
    let jumps = [-450, 450].map(Oddity::Jump);
    let minute = jumps.map(|jump| [&[Oddity::None; 29][..], &[jump]].concat()).concat();
    for repeated in 1..12 {
        let early = earliest(&minute.repeat(repeated), 500);
        assert!(early <= 350_000, "{repeated}: {early} us");
    }
    // Back again and again, then forth again and again.
    let ratchet = [[-900_i64; 9], [900; 9]].concat();
    let ratchet: Vec<Oddity> =
        ratchet.into_iter().flat_map(|ms| [Oddity::Jump(ms), Oddity::None]).collect();
    let early = earliest(&ratchet, 400);
    assert!(early <= 350_000, "{early} us");
}

#[test]
fn a_stall_that_is_lied_about_gains_no_more_than_the_stall() {
    for slow_ms in [1_200, 2_500, 5_000, 7_000] {
        let jumps = [Oddity::None, Oddity::None, Oddity::Jump(-900), Oddity::Jump(900)];
        let early = earliest(&jumps.repeat(20), slow_ms);
        assert!(early <= 350_000, "one picture in {slow_ms} ms: {early} us");
    }
}

/// What a camera does between two pictures.
#[derive(Debug, Clone, Copy)]
enum Oddity {
    None,
    /// Its report is off by so much, in milliseconds.
    Report(i64),
    /// Its RTP time jumps by so much, in milliseconds.
    Jump(i64),
    /// Its packets take so much longer once, in milliseconds.
    Delay(i64),
}

fn wobble() -> impl Strategy<Value = Oddity> {
    prop_oneof![
        8 => Just(Oddity::None),
        4 => (-8_000..8_000_i64).prop_map(Oddity::Report),
        2 => (0..300_i64).prop_map(Oddity::Delay),
    ]
}

fn anything() -> impl Strategy<Value = Oddity> {
    prop_oneof![6 => wobble(), 1 => (-90_000..90_000_i64).prop_map(Oddity::Jump)]
}

/// By how much the longest dwell would end early, in microseconds, less two hundredths of its length.
fn earliest(oddities: &[Oddity], picture_ms: i64) -> i64 {
    let mut clock = MediaClock::new(RATE);
    let (mut rtp, mut now, mut worst) = (0_i64, 0_i64, 0_i64);
    let mut pictures: Vec<(i64, i64)> = Vec::new();
    for oddity in oddities {
        now += picture_ms * 1000;
        rtp += picture_ms * 90;
        let mut delay = 0;
        match oddity {
            Oddity::None => {}
            Oddity::Report(off_ms) => clock.sender_report(rtp, ntp(NOON + now + off_ms * 1000)),
            Oddity::Jump(ms) => rtp += ms * 90,
            Oddity::Delay(ms) => delay = ms * 1000,
        }
        let arrived = (now + delay).max(pictures.last().map_or(0, |(_, arrived)| *arrived));
        let (captured_at, _) = clock.capture_time(rtp, at(arrived));
        let captured = captured_at.unix_micros() - NOON;
        for (earlier, arrived_earlier) in &pictures {
            let (dwell, truth) = (captured - earlier, arrived - arrived_earlier);
            worst = worst.max(dwell - truth - truth / 50);
        }
        pictures.push((captured, arrived));
    }
    worst
}

proptest! {
    #[test]
    fn no_dwell_ends_early_because_reports_wobble(
        oddities in proptest::collection::vec(wobble(), 20..400),
        picture_ms in 20..500_i64,
    ) {
        let early = earliest(&oddities, picture_ms);
        // What a delay of 300 ms explains.
        prop_assert!(early <= 350_000, "{early} us");
    }

    #[test]
    fn no_dwell_ends_early_whatever_the_camera_says_of_time(
        oddities in proptest::collection::vec(anything(), 20..400),
        picture_ms in 20..500_i64,
    ) {
        let early = earliest(&oddities, picture_ms);
        // No more than without jumps.
        prop_assert!(early <= 350_000, "{early} us");
    }
}
