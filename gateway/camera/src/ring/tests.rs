//! What a ring remembers and what it gives, by tables and properties.

use proptest::prelude::*;
use scene::{Clock, ClockSource};

use super::*;

const FRAME: i64 = 40_000;

fn at(frame: i64) -> CaptureTime {
    CaptureTime::from_unix_micros(1_000_000_000 + frame * FRAME)
}

fn unit(frame: i64, bytes: usize, is_random_access_point: bool) -> AccessUnit {
    AccessUnit {
        data: vec![0; bytes].into(),
        captured_at: at(frame),
        clock: Clock { source: ClockSource::SenderReport, error_ms: Some(0) },
        is_random_access_point,
        recovery: 0,
        is_disposable: false,
        loss: 0,
    }
}

/// 25 fps, a key frame every 50 pictures, and `span_secs` remembered.
fn ring(frames: i64, bytes: usize, span_secs: u64) -> Ring {
    let mut ring = Ring::new(RingBounds { bytes, span: Duration::from_secs(span_secs) });
    ring.restart(Codec::H265);
    for frame in 0..frames {
        ring.offer(&unit(frame, 1000, frame % 50 == 0));
    }
    ring
}

fn frames(footage: Option<Footage>) -> Option<(i64, i64)> {
    let pictures = footage?.pictures;
    let frame = |it: &CodedPicture| (it.captured_at.unix_micros() - 1_000_000_000) / FRAME;
    Some((frame(pictures.first()?), frame(pictures.last()?)))
}

#[test]
fn a_cut_begins_at_the_key_frame_before_it() {
    let ring = ring(500, 1 << 20, 12);
    // Twelve seconds are 300 frames; the key frame not after frame 199 is 150.
    let table = [
        ((260, 480), Some((250, 480))),
        ((250, 480), Some((250, 480))),
        ((249, 480), Some((200, 480))),
        ((0, 480), Some((150, 480))),
        ((400, 9_999), Some((400, 499))),
        ((0, 100), None),
    ];
    for ((from, to), expected) in table {
        assert_eq!(frames(ring.cut(at(from), at(to))), expected, "{from} to {to}");
    }
}

#[test]
fn what_a_clip_waits_for_is_held_until_it_is_written() {
    let mut ring = ring(500, 1 << 20, 12);
    ring.pin(at(250));
    (500..900).for_each(|frame| ring.offer(&unit(frame, 1000, frame % 50 == 0)));
    assert_eq!(frames(ring.cut(at(250), at(749))), Some((250, 749)));
    ring.unpin(at(250));
    assert_eq!(frames(ring.cut(at(250), at(749))), Some((550, 749)));
}

#[test]
fn a_loss_leaves_a_gap_and_a_jump_of_the_clock_empties_the_ring() {
    let mut torn = ring(60, 1 << 20, 12);
    torn.offer(&AccessUnit { loss: 1, ..unit(60, 1000, false) });
    torn.offer(&unit(61, 1000, false));
    assert_eq!(frames(torn.cut(at(0), at(99))), Some((0, 59)));
    torn.offer(&unit(62, 1000, true));
    torn.offer(&unit(63, 1000, false));
    assert_eq!(frames(torn.cut(at(0), at(99))), Some((0, 63)));
    assert_eq!(torn.cut(at(0), at(99)).unwrap().pictures.len(), 62);
    let mut jumped = ring(60, 1 << 20, 12);
    jumped.offer(&unit(60 - 25 * 3600, 1000, true));
    assert_eq!(frames(jumped.cut(at(-90_000), at(99))), Some((60 - 90_000, 60 - 90_000)));
    assert_eq!(frames(jumped.cut(at(0), at(99))), None, "what was before shows nothing of it");
}

proptest! {
    /// Whatever a camera sends and whatever clips wait for: never more bytes than allowed, always whole
    /// groups, nothing missing between two pictures.
    #[test]
    fn a_ring_never_holds_more_than_its_bytes(
        sizes in prop::collection::vec((1_usize..3000, prop::bool::weighted(0.2)), 1..300),
        limit in 1_usize..20_000,
        pinned in prop::option::of(0_i64..300),
    ) {
        let mut ring = Ring::new(RingBounds { bytes: limit, span: Duration::from_secs(2) });
        if let Some(frame) = pinned {
            ring.pin(at(frame));
        }
        for (frame, (bytes, is_key)) in (0..).zip(sizes) {
            ring.offer(&unit(frame, bytes, is_key));
            prop_assert!(ring.held_bytes() <= limit);
            prop_assert_eq!(ring.held_bytes(), ring.held.iter().map(|it| it.data.len()).sum::<usize>());
            prop_assert!(ring.held.front().is_none_or(|first| first.is_random_access_point));
            let whole = ring.held.iter().zip(ring.held.iter().skip(1));
            let step = |(one, next): (&CodedPicture, &CodedPicture)| {
                next.captured_at.unix_micros() - one.captured_at.unix_micros()
            };
            prop_assert!(whole.map(step).all(|step| step == FRAME));
        }
    }
}
