//! Where a session joins, and how a loop starts again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::camera::clip::tests::synthetic;

const STREAM: StreamStart = StreamStart { ssrc: 0xABCD, sequence: 65_530, timestamp: u32::MAX - 9 };
const FRAME: Duration = Duration::from_millis(40);

/// Ten pictures at 25 a second, a key frame every five.
fn camera(start_offset: Duration) -> (Arc<Clip>, Timeline) {
    let clip = Arc::new(synthetic(10, 3600, 5));
    let timeline = Timeline::new(clip.duration(), start_offset);
    timeline.start();
    (clip, timeline)
}

struct Sent {
    due_at: Instant,
    marker: bool,
    sequence: u16,
    timestamp: u32,
    payload: Vec<u8>,
}

fn take(playout: &mut Playout, packets: usize) -> Vec<Sent> {
    let one = |_| {
        let due_at = playout.due_at()?;
        let (_moment, packet) = playout.next_packet()?;
        assert_eq!((packet.payload_type, packet.ssrc), (96, 0xABCD));
        let Packet { marker, sequence, timestamp, .. } = packet;
        Some(Sent { due_at, marker, sequence, timestamp, payload: packet.payload.to_vec() })
    };
    (0..packets).map_while(one).collect()
}

#[tokio::test(start_paused = true)]
async fn a_loop_runs_on_over_its_seam() {
    let (clip, timeline) = camera(Duration::ZERO);
    let start = Instant::now();
    let mut playout = Playout::begin(&clip, &timeline, true, STREAM, start).unwrap();
    let sent = take(&mut playout, 36); // three rounds of 10 pictures in 12 packets
    assert_eq!(sent.len(), 36);
    let mut picture = 0_u32;
    for (packet, expected_sequence) in sent.iter().zip((0..36).map(|n| 65_530_u16.wrapping_add(n)))
    {
        assert_eq!(packet.sequence, expected_sequence);
        assert_eq!(packet.timestamp, STREAM.timestamp.wrapping_add(picture * 3600));
        assert_eq!(packet.due_at, start + FRAME * picture);
        picture += u32::from(packet.marker);
    }
    assert_eq!(picture, 30);
    assert_eq!(sent[0].payload, [0x67]);
    assert!(!sent[0].marker && sent[1].marker);
}

#[tokio::test(start_paused = true)]
async fn every_session_sees_the_same_moment() {
    let (clip, timeline) = camera(Duration::from_secs(1_000_003));
    let mut early = Playout::begin(&clip, &timeline, true, STREAM, Instant::now()).unwrap();
    tokio::time::advance(Duration::from_millis(1234)).await;
    let mut late = Playout::begin(&clip, &timeline, true, STREAM, Instant::now()).unwrap();

    let late_first = take(&mut late, 1).remove(0);
    assert_eq!(late_first.payload, [0x67], "begins at a key frame");
    assert!(late_first.due_at >= Instant::now() && late_first.due_at <= Instant::now() + 5 * FRAME);
    let twin = take(&mut early, 100).into_iter().find(|packet| packet.due_at == late_first.due_at);
    assert_eq!(twin.map(|packet| packet.timestamp), Some(late_first.timestamp));
}

#[tokio::test(start_paused = true)]
async fn a_clip_that_plays_once_ends() {
    let (clip, timeline) = camera(Duration::ZERO);
    let start = Instant::now();
    let mut playout = Playout::begin(&clip, &timeline, false, STREAM, start).unwrap();
    assert_eq!(take(&mut playout, 100).len(), 12);
    assert!(playout.is_over());
    assert_eq!(playout.due_at(), Some(start + clip.duration()));
    assert!(playout.next_packet().is_none());

    tokio::time::advance(Duration::from_millis(201)).await; // behind the last key frame
    assert!(Playout::begin(&clip, &timeline, false, STREAM, Instant::now()).is_none());
}

#[tokio::test(start_paused = true)]
async fn after_a_stall_the_present_is_shown_without_a_gap_in_sequence() {
    let (clip, timeline) = camera(Duration::ZERO);
    let start = Instant::now();
    let mut playout = Playout::begin(&clip, &timeline, true, STREAM, start).unwrap();
    let before = take(&mut playout, 3).pop().unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert!(playout.seek_key_frame(Instant::now()));
    let after = take(&mut playout, 1).remove(0);
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.due_at, start + Duration::from_secs(3600));
    assert_eq!(after.timestamp, STREAM.timestamp.wrapping_add(3600 * 90_000));
}

#[tokio::test(start_paused = true)]
async fn sender_reports_tell_the_wall_clock_of_every_picture() {
    let (clip, timeline) = camera(Duration::from_millis(120));
    let mut playout = Playout::begin(&clip, &timeline, true, STREAM, Instant::now()).unwrap();
    tokio::time::advance(Duration::from_millis(777)).await;
    let sent = take(&mut playout, 8);
    let report = playout.sender_report(Instant::now()).unwrap();
    assert_eq!((report.packets_sent, report.octets_sent), (8, 6 * 2 + 2));

    let zero_at = timeline.clip_zero_at().unwrap();
    let utc = utc_of(report.ntp);
    for packet in sent {
        let ticks_before = report.rtp_timestamp.wrapping_sub(packet.timestamp).cast_signed();
        let span = Duration::from_secs_f64(f64::from(ticks_before.unsigned_abs()) / 9e4);
        let captured = if ticks_before < 0 { utc + span } else { utc - span };
        let picture = packet.timestamp.wrapping_sub(STREAM.timestamp) / 3600;
        let truth = zero_at + FRAME * picture;
        let error = captured.duration_since(truth).unwrap_or_else(|late| late.duration());
        assert!(error < Duration::from_micros(100), "{error:?}");
    }
}

/// The time of an NTP time stamp (RFC 3550 §4).
fn utc_of(ntp: u64) -> SystemTime {
    let fraction = Duration::from_secs_f64((ntp & 0xFFFF_FFFF) as f64 / 4_294_967_296.0);
    UNIX_EPOCH + Duration::from_secs((ntp >> 32) - 2_208_988_800) + fraction
}

#[tokio::test(start_paused = true)]
async fn a_packet_knows_its_place() {
    let (clip, timeline) = camera(Duration::ZERO);
    let mut playout = Playout::begin(&clip, &timeline, true, STREAM, Instant::now()).unwrap();
    let mut places = Vec::new();
    for _ in 0..8 {
        let (moment, packet) = playout.next_packet().unwrap();
        assert_eq!(moment.next_sequence(0), packet.sequence, "nothing was added or dropped");
        let ticks = moment.ticks_since_first(packet.timestamp);
        assert_eq!(u64::from(ticks), moment.picture * 3600);
        places.push((moment.picture, moment.key_frames, moment.packet, moment.since_key_frame));
    }
    let expected = [
        (0, 1, 0, 0),
        (0, 1, 1, 1),
        (1, 1, 0, 2),
        (2, 1, 0, 3),
        (3, 1, 0, 4),
        (4, 1, 0, 5),
        (5, 2, 0, 0),
        (5, 2, 1, 1),
    ];
    assert_eq!(places, expected);
}
