//! Frames on a stream: whole ones, halves, garbage between them.

use proptest::prelude::*;

use super::{Found, Frame, MOST_DATA_BYTES, Stream};
use crate::gb26875::dialect::SourceAddress;
use crate::gb26875::short_frame::ShortFrame;

fn frame(number: u16, data: &[u8]) -> Frame {
    Frame {
        number,
        version: [1, 0],
        time: [5, 30, 14, 19, 9, 26],
        source: SourceAddress([1, 0, 0, 0, 0x02, 0x34]),
        destination: SourceAddress([0; 6]),
        command: 2,
        data: data.to_vec(),
    }
}

fn all(stream: &mut Stream) -> Vec<Found> {
    std::iter::from_fn(|| stream.next()).collect()
}

fn found(bytes: &[u8]) -> Vec<Found> {
    let mut stream = Stream::default();
    stream.push(bytes);
    all(&mut stream)
}

#[test]
fn a_frame_is_laid_out_as_the_standard_has_it() {
    let bytes = frame(0x0102, &[21, 1, 0x41]).bytes();
    let expected = [
        0x40, 0x40, 0x02, 0x01, 1, 0, 5, 30, 14, 19, 9, 26, 1, 0, 0, 0, 0x02, 0x34, 0, 0, 0, 0, 0,
        0, 3, 0, 2, 21, 1, 0x41, 0x00, 0x23, 0x23,
    ];
    let sum: u32 = expected[2..30].iter().map(|byte| u32::from(*byte)).sum();
    assert_eq!(bytes[..30], expected[..30]);
    assert_eq!(u32::from(bytes[30]), sum & 0xFF);
    assert_eq!(bytes[31..], [0x23, 0x23]);
}

#[test]
fn frames_are_found_behind_garbage_and_behind_a_damaged_one() {
    let mut damaged = frame(2, b"abc").bytes();
    damaged[28] ^= 0xFF;
    let bytes = [b"\x40hello\x68".to_vec(), frame(1, &[]).bytes(), damaged, frame(3, &[7]).bytes()];
    let found = found(&bytes.concat());
    assert_eq!(found[0], Found::Garbage(7));
    assert_eq!(found[1], Found::Frame(frame(1, &[])));
    assert!(matches!(&found[2], Found::Damaged(frame) if frame.number == 2));
    assert_eq!(found[3], Found::Frame(frame(3, &[7])));
    assert_eq!(found.len(), 4);
}

#[test]
fn what_begins_like_a_frame_does_not_hide_the_next_one_for_ever() {
    let mut stream = Stream::default();
    // A head that promises a thousand bytes, and then the transmitter begins anew.
    stream.push(&[&frame(1, &[0; 1000]).bytes()[..40], &frame(2, &[]).bytes()].concat());
    assert_eq!(all(&mut stream), [], "it waits for the thousand");
    stream.give_up();
    assert_eq!(all(&mut stream), [Found::Garbage(39), Found::Frame(frame(2, &[]))]);
    assert!(stream.is_empty());
}

#[test]
fn a_length_beyond_the_standard_is_no_frame() {
    let mut bytes = frame(1, &[]).bytes();
    bytes[24..26].copy_from_slice(&1025_u16.to_le_bytes());
    let mut stream = Stream::default();
    stream.push(&bytes);
    assert_eq!(all(&mut stream), [Found::Garbage(30)]);
    let most = frame(1, &vec![0x40; MOST_DATA_BYTES]);
    assert_eq!(found(&most.bytes()), [Found::Frame(most)]);
}

#[test]
fn short_frames_are_read_with_either_order_of_their_length() {
    let short = ShortFrame { address: 0, command: 3, data: vec![1, 7, 2, 9] };
    let bytes = short.bytes();
    assert_eq!(bytes, [0x68, 7, 0, 0, 3, 1, 7, 2, 9, 29, 0x16]);
    let mut swapped = bytes.clone();
    swapped.swap(1, 2);
    assert_eq!(
        found(&[bytes, swapped].concat()),
        [Found::Short(short.clone()), Found::Short(short)]
    );
}

fn any_frame() -> impl Strategy<Value = Frame> {
    let data = prop::collection::vec(any::<u8>(), 0..80);
    (any::<u16>(), any::<[u8; 6]>(), any::<[u8; 6]>(), any::<u8>(), data).prop_map(
        |(number, time, source, command, data)| {
            let source = SourceAddress(source);
            Frame { time, source, command, data, ..frame(number, &[]) }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_however_it_comes(
        frames in prop::collection::vec(any_frame(), 1..5),
        piece in 1_usize..40,
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
        let mut stream = Stream::default();
        let mut read = Vec::new();
        for piece in bytes.chunks(piece) {
            stream.push(piece);
            read.extend(all(&mut stream));
        }
        prop_assert_eq!(read, frames.into_iter().map(Found::Frame).collect::<Vec<_>>());
    }

    #[test]
    fn any_bytes_are_told_or_wait_and_never_more_than_two_frames(
        bytes in prop::collection::vec(prop_oneof![Just(0x40_u8), Just(0x68), Just(0x23), any::<u8>()], 0..3000),
        piece in 1_usize..1024,
    ) {
        let mut stream = Stream::default();
        let mut told = 0;
        for piece in bytes.chunks(piece) {
            stream.push(piece);
            for found in all(&mut stream) {
                told += match found {
                    Found::Garbage(count) => count,
                    Found::Frame(frame) | Found::Damaged(frame) => frame.bytes().len(),
                    Found::Short(frame) => frame.bytes().len(),
                };
            }
            prop_assert!(stream.0.len() <= MOST_DATA_BYTES + 30);
        }
        prop_assert_eq!(told + stream.0.len(), bytes.len());
    }

    #[test]
    fn a_frame_behind_garbage_is_found(
        garbage in prop::collection::vec(any::<u8>(), 0..60),
        wanted in any_frame(),
    ) {
        let mut stream = Stream::default();
        stream.push(&[garbage, wanted.bytes()].concat());
        let mut found = all(&mut stream);
        // Where nothing more comes, what begins like a frame is given up.
        while !stream.is_empty() {
            stream.give_up();
            found.extend(all(&mut stream));
        }
        // Garbage may swallow the frame only by being a frame that claims it.
        let claims = found.iter().any(|it| matches!(it, Found::Frame(_) | Found::Damaged(_) | Found::Short(_)));
        prop_assert!(found.contains(&Found::Frame(wanted)) || claims);
    }
}
