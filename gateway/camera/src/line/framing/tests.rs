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

/// What comes of `bytes` in pieces, and how many bytes were looked at.
fn in_pieces(bytes: &[u8], piece: usize) -> (Result<Vec<Item>, FramingError>, usize) {
    let mut framer = Framer::default();
    let mut items = Vec::new();
    for piece in bytes.chunks(piece) {
        framer.buffer().extend_from_slice(piece);
        loop {
            match framer.next() {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(error) => return (Err(error), framer.looks),
            }
        }
    }
    (Ok(items), framer.looks)
}

/// So many looks may cost a byte, or a piece: a status is looked for in 64 bytes, a method in 17.
const MOST_LOOKS: usize = 100;

#[test]
fn whatever_comes_each_byte_is_looked_at_a_few_times_only() {
    const MANY: usize = 1 << 20;
    let line = |text: &[u8]| {
        let mut line = text.repeat(12_000 / text.len());
        line.push(b'\n');
        line
    };
    let packet = &b"$\x00\x00\x00"[..];
    let kinds: &[(&str, Vec<u8>)] = &[
        ("letters", b"a".to_vec()),
        ("digits", b"7".to_vec()),
        ("spaces", b" ".to_vec()),
        ("line ends", b"\r\n".to_vec()),
        ("words", b"a ".to_vec()),
        ("assignments", b"a=b/".to_vec()),
        ("protocols", b"RTSP/ ".to_vec()),
        ("a protocol without end", b"RTSP/".to_vec()),
        ("packets of odd channels", b"$\x37\x00\x01x$\xff\x00\x00".to_vec()),
        ("letters and packets", [&b"a".repeat(9000)[..], packet].concat()),
        ("words and packets", [&b"a ".repeat(120)[..], b"\x01", packet].concat()),
        ("lines of words and packets", [&line(b"a b_ ")[..], packet].concat()),
        ("lines of dollars", [&line(b"a $      ")[..], packet].concat()),
        ("protocols and packets", [&line(b"RTSP/ ")[..], b"\r\n", packet].concat()),
        ("glued protocols and packets", [&line(b"RTSP/")[..], b"\r\n", packet].concat()),
        ("answers without sense", [b"RTSP/ 9999999 ", &line(b"RTSP/")[..], b"\n", packet].concat()),
        ("answers", b"RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n123456789".to_vec()),
        ("long heads", [b"RTSP/1.0 200 OK\r\n", &b"X: a\r\n".repeat(2000)[..], b"\r\n"].concat()),
        (
            "long bodies",
            [b"RTSP/1.0 200 OK\nContent-Length: 99999\n\n", &[b'a'; 99_999][..]].concat(),
        ),
    ];
    for (kind, bytes) in kinds {
        let all = bytes.repeat(MANY / bytes.len());
        for (piece, part) in [(MANY, MANY), (1460, MANY), (7, 1 << 18), (1, 1 << 17)] {
            let part = all.get(..part).unwrap_or(&all);
            // What is given up at once may be sent over and over again, in new sessions.
            let (came, looks) = in_pieces(part, piece);
            let used = if came.is_ok() { part.len() } else { part.len().min(MOST_GARBAGE + piece) };
            let most = MOST_LOOKS * (used + part.len() / piece) + LONGEST_HEAD;
            assert!(looks <= most, "{kind} in pieces of {piece}: {looks} looks at {used} bytes");
        }
    }
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
        let (slowly, _) = in_pieces(&bytes, piece);
        match (at_once, slowly) {
            (Ok(at_once), Ok(items)) => prop_assert_eq!(at_once, items),
            (at_once, slowly) => prop_assert_eq!(at_once.is_err(), slowly.is_err()),
        }
    }
}
