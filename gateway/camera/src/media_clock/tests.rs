//! The media clock by tables.

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
