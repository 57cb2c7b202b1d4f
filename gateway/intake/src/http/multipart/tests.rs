//! Every way in which devices write a stream comes to the same parts, however the bytes arrive.

use proptest::collection::vec;
use proptest::prelude::{any, proptest};

use super::super::looks;
use super::{LONGEST_TEXT, Multipart, Part};

const EVENT: &str = "{\"eventType\":\"a\",\n\"b\":\"}--boundary\"}";
const XML: &str =
    "<?xml version=\"1.0\"?>\n<EventNotificationAlert>\n<a>1</a></EventNotificationAlert>";

fn text(text: &str) -> Part {
    Part::Text(text.as_bytes().to_vec())
}

fn parts_in_pieces(content_type: &str, stream: &[u8], piece: usize) -> Vec<Part> {
    let mut multipart = Multipart::new(content_type.as_bytes());
    let mut parts = Vec::new();
    for bytes in stream.chunks(piece.max(1)) {
        multipart.push(bytes);
        parts.extend(std::iter::from_fn(|| multipart.next()));
        assert!(multipart.kept_bytes() < LONGEST_TEXT + 2 * 8 * 1024 + bytes.len());
    }
    parts
}

/// An event, a picture that belongs to it, and a heartbeat, as `delimiter` and `end` write them.
fn stream(delimiter: &str, end: &str, has_length: bool) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut part = |kind: &str, body: &[u8]| {
        let length = format!("Content-Length: {}{end}", body.len());
        let length = if has_length { length.as_str() } else { "" };
        let head = format!("{delimiter}{end}Content-Type: {kind}{end}{length}{end}");
        stream.extend_from_slice(head.as_bytes());
        stream.extend_from_slice(body);
        stream.extend_from_slice(end.as_bytes());
    };
    part("application/json; charset=\"UTF-8\"", EVENT.as_bytes());
    part("image/jpeg", b"\xff\xd8\n--\n--bound\n\xff\xd9");
    part("application/xml", XML.as_bytes());
    part("text/plain", b"Heartbeat");
    stream.extend_from_slice(delimiter.as_bytes());
    stream.extend_from_slice(end.as_bytes());
    stream
}

#[test]
fn every_style_of_boundary_comes_to_the_same_parts() {
    let styles = [
        ("multipart/mixed; boundary=<boundary>", "--<boundary>"),
        ("multipart/mixed; boundary=<boundary>", "--boundary"),
        ("multipart/mixed; boundary=boundary", "--boundary"),
        ("multipart/x-mixed-replace; boundary=--myboundary", "----myboundary"),
        ("multipart/x-mixed-replace; boundary=--myboundary", "--myboundary"),
        ("multipart/mixed; boundary=\"MIME_boundary\"", "--MIME_boundary"),
        ("multipart/mixed", "--MIME_boundary"),
    ];
    let expected = [text(EVENT), Part::Other, text(XML), text("Heartbeat")];
    for (content_type, delimiter) in styles {
        for end in ["\r\n", "\n"] {
            for has_length in [true, false] {
                let stream = stream(delimiter, end, has_length);
                for piece in [1, 2, 7, 64, stream.len()] {
                    let parts = parts_in_pieces(content_type, &stream, piece);
                    assert_eq!(parts, expected, "{content_type} {delimiter} {has_length} {piece}");
                }
            }
        }
    }
}

#[test]
fn an_event_is_handed_out_before_the_next_one_comes() {
    let content_type = "multipart/mixed; boundary=b";
    for body in [EVENT, XML] {
        let head = "--b\r\nContent-Type: application/json\r\n\r\n";
        let parts = parts_in_pieces(content_type, format!("{head}{body}").as_bytes(), 3);
        assert_eq!(parts, [text(body)], "it shows its end by itself");
        let length = body.len();
        let head = format!("--b\r\nContent-Length: {length}\r\n\r\n");
        let parts = parts_in_pieces(content_type, format!("{head}{body}").as_bytes(), 3);
        assert_eq!(parts, [text(body)], "its length says so");
    }
}

#[test]
fn a_length_that_is_wrong_costs_no_part_but_its_own() {
    for wrong in ["5", "400", "99999999999999999999", "-1"] {
        let stream = format!(
            "--b\r\nContent-Length: {wrong}\r\n\r\n{EVENT}\r\n--b\r\nContent-Length: 9\r\n\r\nHeartbeat\r\n--b\r\n"
        );
        let parts = parts_in_pieces("multipart/mixed; boundary=b", stream.as_bytes(), 1);
        assert_eq!(parts.last(), Some(&text("Heartbeat")), "{wrong}: {parts:?}");
    }
}

#[test]
fn what_is_too_long_is_passed_over_and_the_next_part_heard() {
    let long = "x".repeat(LONGEST_TEXT * 3);
    let tails =
        ["\r\n--b\r\n\r\nHeartbeat\r\n--b\r\n", "\r\n--b\r\nContent-Length: 9\r\n\r\nHeartbeat"];
    for head in ["", "Content-Length: 786432\r\n", "Content-Type: text/plain\r\n"] {
        for tail in tails {
            let stream = format!("--b\r\n{head}\r\n{long}{tail}");
            let parts = parts_in_pieces("multipart/mixed; boundary=b", stream.as_bytes(), 4_096);
            assert_eq!(parts, [Part::TooLong, text("Heartbeat")], "{head}");
        }
    }
    let stream = format!("--b\r\nX: {long}\r\n--b\r\nContent-Length: 9\r\n\r\nHeartbeat");
    let parts = parts_in_pieces("multipart/mixed; boundary=b", stream.as_bytes(), 4_096);
    assert_eq!(parts, [Part::TooLong, text("Heartbeat")], "a head without end");
}

/// Streams that made a reader look at the same bytes again and again.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let b = "b".repeat(190);
    let text = |begin: &str, again: &str| {
        let mut stream = format!("--{b}\r\n\r\n{begin}");
        while stream.len() < LONGEST_TEXT {
            stream.push_str(again);
        }
        stream.into_bytes()
    };
    vec![
        ("no line ends", text("x", "x")),
        ("many lines", text("x", "\n")),
        ("lines that begin as a delimiter", text("x", &format!("\n--{}", "b".repeat(189)))),
        ("delimiters with a tail", text("x", &format!("\n--{b}{}x", " ".repeat(63)))),
        ("delimiters within a line", text("x", &format!("--{b}"))),
        ("an object that ends nowhere", text("{", "}{")),
        ("an object in an object", text("{", "{}")),
        ("a document that ends nowhere", text("<a>", ">")),
        ("a document of other ends", text(&format!("<{b}>"), &format!("</{b}x>"))),
        ("a document without an element", text("<?", "<!>")),
        ("a name that ends nowhere", text("<", "a")),
        ("parts of one byte, on one line", {
            let part = format!("--{b}\nContent-Length: 1\n\nx");
            part.repeat(LONGEST_TEXT / part.len()).into_bytes()
        }),
        ("pictures of one byte", {
            let part = format!("--{b}\nContent-Type: image/x\nContent-Length: 1\n\nx");
            part.repeat(LONGEST_TEXT / part.len()).into_bytes()
        }),
        ("a head without end", format!("--{b}\n{}", "a: b\n".repeat(50_000)).into_bytes()),
        ("no head and no line", vec![b'-'; LONGEST_TEXT]),
    ]
}

#[test]
fn no_byte_is_looked_at_more_often_than_a_delimiter_is_long() {
    let content_type = format!("multipart/mixed; boundary=\"{}\"", "b".repeat(190));
    for (name, stream) in hostile() {
        // Byte by byte, a line that may be a delimiter is judged anew with each of its bytes.
        for (piece, most) in [(1, 200), (1_000, 8), (65_536, 5), (stream.len(), 5)] {
            looks::taken();
            parts_in_pieces(&content_type, &stream, piece);
            let looks = looks::taken() / stream.len() as u64;
            assert!(looks <= most, "{name}, {piece} at once: {looks} looks a byte");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end_in_bounded_memory(
        content_type in "(multipart/mixed(; boundary=[<\"-]{0,2}b[>\"]?)?)?",
        pieces in vec("(\r\n|\n|--b|--|<|>|\\{|\\}|\"|Content-Length: [0-9]{1,7}|Content-Type: image/x|[a-z]{1,9})", 0..80),
        piece in 1_usize..40,
    ) {
        parts_in_pieces(&content_type, pieces.concat().as_bytes(), piece);
    }

    #[test]
    fn how_the_bytes_arrive_changes_nothing(piece in 1_usize..200, has_length in any::<bool>()) {
        let stream = stream("--b", "\r\n", has_length);
        let content_type = "multipart/mixed; boundary=b";
        assert_eq!(
            parts_in_pieces(content_type, &stream, piece),
            parts_in_pieces(content_type, &stream, stream.len())
        );
    }
}
