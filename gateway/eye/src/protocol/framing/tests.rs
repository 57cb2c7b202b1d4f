//! Frames, parts, bounds, and who waits for whom.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use scene::CaptureTime;

use super::*;
use crate::protocol::CameraNumber;

fn stream(orders: &[Order]) -> Vec<u8> {
    let mut bytes = Vec::new();
    orders.iter().for_each(|order| write_order(&mut bytes, order).unwrap());
    bytes
}

fn clip(bytes: usize) -> Report {
    let at = CaptureTime::from_unix_micros(0);
    Report::Clip { job: 7, clip: Ok(Clip::new(vec![1; bytes], (2, 2), at, Duration::ZERO)) }
}

fn short() -> Report {
    Report::Stumbled { camera: CameraNumber(3), reason: "dark".to_owned() }
}

#[test]
fn orders_come_in_order_and_then_nothing() {
    let sent = [Order::TakeOut(CameraNumber(7)), Order::LetGo { lane: 2 }, Order::Stop];
    let bytes = stream(&sent);
    let mut from = bytes.as_slice();
    for order in &sent {
        assert_eq!(read_order(&mut from).unwrap().as_ref(), Some(order));
    }
    assert!(read_order(&mut from).unwrap().is_none());
}

#[test]
fn a_message_cut_short_is_an_end_and_no_message() {
    let bytes = stream(&[Order::TakeOut(CameraNumber(7))]);
    for end in 0..bytes.len() {
        assert!(read_order(&mut &bytes[..end]).unwrap().is_none(), "{end}");
    }
}

#[test]
fn a_length_that_lies_costs_no_memory() {
    let too_long = LENGTH.to_le_bytes();
    let told = ReportReader::new(too_long.as_slice()).read().unwrap_err();
    assert!(matches!(told, ProtocolError::TooLong(_)), "{told}");
    let promised = MOST_FRAME_BYTES.to_le_bytes();
    assert!(ReportReader::new(promised.as_slice()).read().unwrap().is_none());
}

#[test]
fn nonsense_is_told() {
    let told = read_order(&mut [1, 0, 0, 0, 200].as_slice()).unwrap_err();
    assert!(matches!(told, ProtocolError::Nonsense(_)), "{told}");
    // A part is no order, a report has no parts, and nothing is shot and clip at once.
    for kind in [OF_CLIP, OF_SHOT, MORE_FOLLOWS, OF_CLIP | OF_SHOT] {
        let mut frame = Vec::new();
        write_frame(&mut frame, kind, vec![0]).unwrap();
        assert!(matches!(read_order(&mut frame.as_slice()), Err(ProtocolError::Stray)), "{kind}");
        if kind == MORE_FOLLOWS || kind == OF_CLIP | OF_SHOT {
            let told = ReportReader::new(frame.as_slice()).read();
            assert!(matches!(told, Err(ProtocolError::Stray)), "{kind}");
        }
    }
}

/// Only what is long by its nature may be long: a report of anything else that is, is refused by who
/// would send it and by who would hear it.
#[test]
fn nothing_but_shots_and_clips_is_long() {
    let long = "x".repeat(MOST_FRAME_BYTES as usize);
    let report = Report::Stumbled { camera: CameraNumber(3), reason: long };
    let told = ReportWriter::new(Vec::new()).send(&report).unwrap_err();
    assert!(matches!(told, ProtocolError::TooLong(_)), "{told}");
}

#[test]
fn a_clip_and_a_shot_without_end_are_cut_off_at_their_bounds() {
    for (kind, most) in [(OF_CLIP, MOST_CLIP_BYTES), (OF_SHOT, MOST_SHOT_BYTES)] {
        let mut part = Vec::new();
        write_frame(&mut part, kind | MORE_FOLLOWS, vec![0; MOST_FRAME_BYTES as usize]).unwrap();
        let mut endless = Endless { part: part.clone(), at: 0, read: 0 };
        let told = ReportReader::new(&mut endless).read().unwrap_err();
        assert!(matches!(told, ProtocolError::TooLong(_)), "{told}");
        assert!(endless.read <= most + 2 * part.len(), "{} of {most}", endless.read);
    }
}

/// The same part again and again.
struct Endless {
    part: Vec<u8>,
    at: usize,
    read: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let some = into.len().min(self.part.len() - self.at);
        into[..some].copy_from_slice(&self.part[self.at..self.at + some]);
        self.at = (self.at + some) % self.part.len();
        self.read += some;
        Ok(some)
    }
}

/// A clip of 16 MiB goes to a gateway that reads it slowly. A thread that has a short report to send
/// meanwhile is held up for one part, not for the clip; and both arrive whole.
#[test]
fn a_short_report_does_not_wait_for_a_long_clip() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let writer = ReportWriter::new(ours);
    let (clip, shot) = (clip(16 << 20), Report::Shown { lane: 1, shot: Err("no".to_owned()) });
    let began = Instant::now();
    std::thread::scope(|threads| {
        let sending = threads.spawn(|| {
            writer.send(&clip).unwrap();
            began.elapsed()
        });
        let speaking = threads.spawn(|| {
            let mut longest = Duration::ZERO;
            for _ in 0..20 {
                std::thread::sleep(Duration::from_millis(10));
                let asked = Instant::now();
                writer.send(&short()).unwrap();
                writer.send(&shot).unwrap();
                longest = longest.max(asked.elapsed());
            }
            longest
        });
        let mut heard = Vec::new();
        let mut reader = ReportReader::new(Slow(theirs));
        while heard.len() < 41 {
            heard.push(reader.read().unwrap().unwrap());
        }
        let (clip_took, longest) = (sending.join().unwrap(), speaking.join().unwrap());
        assert!(clip_took > longest * 4, "the clip took {clip_took:?}, a short one {longest:?}");
        assert_eq!(heard.iter().filter(|report| **report == clip).count(), 1);
        assert_eq!(heard.iter().filter(|report| **report == short()).count(), 20);
        assert_eq!(heard.iter().filter(|report| **report == shot).count(), 20);
        assert_ne!(heard.first(), Some(&clip), "the clip was not first");
    });
}

/// Reads no more than 256 KiB a few milliseconds.
struct Slow(UnixStream);

impl Read for Slow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.len() > 4 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let most = into.len().min(PART_BYTES);
        self.0.read(&mut into[..most])
    }
}
