//! Framing by tables and by arbitrary bytes.

use proptest::prelude::*;

use super::super::head::First;
use super::*;

fn all(bytes: &[u8]) -> Result<Vec<Item>, FramingError> {
    let mut framer = Framer::default();
    let mut items = Vec::new();
    framer.buffer().extend_from_slice(bytes);
    while let Some(item) = framer.next()? {
        items.push(item);
    }
    Ok(items)
}

fn statuses(items: &[Item]) -> Vec<u16> {
    let status = |item: &Item| match item {
        Item::Message(head, _) => match head.first {
            First::Status(status) => Some(status),
            First::Request { .. } => None,
        },
        Item::Packet { .. } => None,
    };
    items.iter().filter_map(status).collect()
}

#[test]
fn messages_and_packets_are_told_apart() {
    let mut bytes = b"\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc".to_vec();
    bytes.extend(b"$\x00\x00\x02xy$\x01\x00\x00");
    bytes.extend(b"RTSP/1.0 404 Not Found\n\n$\x00\x00\x09half");
    let items = all(&bytes).unwrap();
    assert_eq!(statuses(&items), [200, 404]);
    assert_eq!(items[1], Item::Packet { channel: 0, data: Bytes::from_static(b"xy") });
    assert_eq!(items[2], Item::Packet { channel: 1, data: Bytes::new() });
    assert_eq!(items.len(), 4);
}

#[test]
fn garbage_between_messages_is_passed_over() {
    let bytes = b"\x00\xff\xfeHTTP nonsense\r\nRTSP/1.0 200 OK\r\n\r\n";
    assert_eq!(statuses(&all(bytes).unwrap()), [200]);
}

#[test]
fn garbage_that_looks_like_words_does_not_hold_up_what_follows() {
    let mut bytes = Vec::new();
    for _ in 0..1000 {
        bytes.extend(b"ABC \x01DEF RTS$\x00\x00\x02xy");
    }
    assert_eq!(all(&bytes).unwrap().len(), 1000);
}

#[test]
fn nothing_grows_without_end() {
    let mut endless = b"RTSP/1.0 200 OK\r\n".to_vec();
    endless.extend(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(400));
    assert!(matches!(all(&endless), Err(FramingError::TooLong(_))));
    let endless_line = [b"RTSP/1.0 200 ".to_vec(), vec![b'a'; LONGEST_HEAD]].concat();
    assert!(matches!(all(&endless_line), Err(FramingError::TooLong(_))));
    assert!(matches!(all(&vec![b'a'; MOST_GARBAGE * 2]), Err(FramingError::Garbage(_))));
    assert!(matches!(all(&vec![0xee; MOST_GARBAGE + 2]), Err(FramingError::Garbage(_))));
    let huge = b"RTSP/1.0 200 OK\r\nContent-Length: 40000000\r\n\r\nv=0";
    assert!(matches!(all(huge), Err(FramingError::TooLong(_))));
}

proptest! {
    #[test]
    fn hostile_bytes_in_any_pieces_give_what_they_give_at_once(
        bytes in proptest::collection::vec(
            prop_oneof![
                Just(b"RTSP/1.0 200 OK\r\n".to_vec()), Just(b"\r\n\r\n".to_vec()), Just(b"\n".to_vec()),
                Just(b"Content-Length: 5\r\n".to_vec()), Just(b"$\x00\x00\x03abc".to_vec()),
                Just(b"OPTIONS * RTSP/1.0\r\n\r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..20),
            ],
            0..20,
        ),
        piece in 1_usize..40,
    ) {
        let bytes = bytes.concat();
        let at_once = all(&bytes);
        let mut framer = Framer::default();
        let mut items = Vec::new();
        let mut failed = None;
        'pieces: for piece in bytes.chunks(piece) {
            framer.buffer().extend_from_slice(piece);
            loop {
                match framer.next() {
                    Ok(Some(item)) => items.push(item),
                    Ok(None) => break,
                    Err(error) => { failed = Some(error); break 'pieces }
                }
            }
        }
        match (at_once, failed) {
            (Ok(at_once), None) => prop_assert_eq!(at_once, items),
            (at_once, failed) => prop_assert_eq!(at_once.is_err(), failed.is_some()),
        }
    }
}
