//! Streams of every pace: what passes, what is dropped, who is sent away.

use proptest::prelude::*;
use scene::{CaptureTime, Clock, ClockSource};

use super::*;

fn unit(bytes: usize, is_random_access_point: bool) -> AccessUnit {
    AccessUnit {
        data: vec![0; bytes].into(),
        captured_at: CaptureTime::from_unix_micros(0),
        clock: Clock { source: ClockSource::SenderReport, error_ms: Some(0) },
        is_random_access_point,
        recovery: 0,
        is_disposable: false,
        loss: 0,
    }
}

/// How a stream fared.
#[derive(Debug, Default, PartialEq)]
struct Fate {
    passed: u32,
    dropped: u32,
    told: u32,
    sent_away_after: Option<u64>,
}

/// Plays `secs` of `fps` pictures a second of `bytes` each, every `gop`th a key frame.
fn play(fps: u32, bytes: usize, gop: u32, secs: u32) -> Fate {
    let start = Instant::now();
    let mut pace = PicturePace::new(start);
    let mut fate = Fate::default();
    for number in 0..fps * secs {
        let now = start + Duration::from_secs(1) * number / fps;
        match pace.judge(&unit(bytes, number % gop == 0), now) {
            Verdict::Passes => fate.passed += 1,
            Verdict::Dropped { is_first } => {
                fate.dropped += 1;
                fate.told += u32::from(is_first);
            }
            Verdict::SentAway => {
                fate.sent_away_after = Some((now - start).as_secs());
                break;
            }
        }
    }
    fate
}

#[test]
fn no_camera_that_is_known_is_slowed_down() {
    for (fps, mbit) in [(25, 4), (60, 16), (30, 32), (1, 8), (120, 50)] {
        let bytes = mbit * 1_000_000 / 8 / fps as usize;
        let fate = play(fps, bytes, 50, 60);
        assert_eq!(fate, Fate { passed: fps * 60, ..Fate::default() }, "{fps} {mbit}");
    }
}

#[test]
fn a_flood_is_dropped_told_once_and_sent_away() {
    for (fps, bytes, gop) in [(1000, 2, u32::MAX), (1000, 2, 1), (100, 1_000_000, 50), (130, 2, 25)]
    {
        let fate = play(fps, bytes, gop, 120);
        let (told, away) = (fate.told, fate.sent_away_after);
        assert!(told == 1 && away.is_some_and(|secs| secs < 90), "{fps} {bytes} {gop}: {fate:?}");
    }
}

#[test]
fn a_link_that_was_held_up_delivers_at_once_what_waited() {
    let start = Instant::now();
    let mut pace = PicturePace::new(start);
    for number in 0..25 * 4 {
        assert_eq!(pace.judge(&unit(20_000, number == 0), start), Verdict::Passes);
    }
}

#[test]
fn after_a_burst_the_next_key_frame_passes() {
    let start = Instant::now();
    let mut pace = PicturePace::new(start);
    let dropped = (0..1000).filter(|at| pace.judge(&unit(2, *at == 0), start) != Verdict::Passes);
    assert_eq!(dropped.count(), 400);
    // The long group of pictures goes on at an ordinary pace: it is dropped, but nobody sent away.
    for number in 1..25 * 60 {
        let now = start + Duration::from_millis(40) * number;
        assert_eq!(pace.judge(&unit(2, false), now), Verdict::Dropped { is_first: false });
    }
    assert_eq!(pace.judge(&unit(2, true), start + Duration::from_secs(61)), Verdict::Passes);
    assert_eq!(pace.judge(&unit(2, false), start + Duration::from_secs(61)), Verdict::Passes);
}

proptest! {
    /// Whatever comes, what passes keeps within the limits, and passes from a key frame on.
    #[test]
    fn what_passes_keeps_the_limits(
        units in prop::collection::vec((0_u64..30, 1_usize..400_000, prop::bool::weighted(0.1)), 1..500),
    ) {
        let start = Instant::now();
        let (mut pace, mut now) = (PicturePace::new(start), start);
        let (mut pictures, mut bytes, mut was_dropped) = (0.0, 0.0, false);
        for (millis, size, is_key) in units {
            now += Duration::from_millis(millis);
            let verdict = pace.judge(&unit(size, is_key), now);
            if verdict == Verdict::Passes {
                prop_assert!(is_key || !was_dropped);
                pictures += 1.0;
                bytes += f64::from(u32::try_from(size).unwrap());
            }
            was_dropped = verdict != Verdict::Passes;
            let secs = (BURST + (now - start)).as_secs_f64();
            prop_assert!(pictures <= secs * f64::from(MOST_PICTURES_PER_SEC));
            prop_assert!(bytes <= secs * f64::from(MOST_BYTES_PER_SEC));
        }
    }
}
