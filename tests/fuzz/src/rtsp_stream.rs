//! What a camera sends in an RTSP session, taken apart, changed, and put together again with the
//! right lengths (RFC 2326 §10.12 for interleaved packets).

use fastrand::Rng;

use crate::manner::Manner;
use crate::minimise::minimise;
use crate::mutation::{Material, mutate};

/// The first bytes of a packet say most: the RTP header, then the header of the NAL unit.
const RTP_HEADER_BYTES: usize = 12;

/// One piece of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// How the camera behaves; only at the begin.
    Manner(Manner),
    /// The lines of an answer or a request, with the empty one at their end.
    Message { head: Vec<u8>, body: Vec<u8> },
    /// A packet of a channel.
    Packet { channel: u8, payload: Vec<u8> },
    /// Anything else.
    Other(Vec<u8>),
}

/// Changes a stream in a few places.
pub(crate) fn mutate_stream(stream: &[u8], material: Material<'_>, dice: &mut Rng) -> Vec<u8> {
    let mut parts = take_apart(stream);
    let others = take_apart(material.other);
    for _ in 0..dice.usize(1..5) {
        if parts.is_empty() {
            break;
        }
        let (at, to) = (dice.usize(..parts.len()), dice.usize(..parts.len()));
        match dice.u8(..12) {
            0 => drop(parts.remove(at)),
            1 => parts.insert(to, parts[at].clone()),
            2 => parts.swap(at, to),
            3 => {
                if let Some(other) = dice.choice(&others) {
                    parts.insert(to, other.clone());
                }
            }
            _ => mutate_part(&mut parts[at], material, dice),
        }
    }
    let has_right_lengths = dice.u8(..10) > 0;
    let mut stream = Vec::new();
    for part in &parts {
        write(part, has_right_lengths, &mut stream);
    }
    if dice.u8(..20) == 0 {
        mutate(&mut stream, material, dice);
    }
    stream
}

/// Makes a stream short: whole parts first, then what is in them, the lengths always right.
/// `does_harm` says whether what is left still does.
pub(crate) fn minimise_stream(stream: &[u8], mut does_harm: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut parts = take_apart(stream);
    let together = |parts: &[Part]| {
        let mut stream = Vec::new();
        parts.iter().for_each(|part| write(part, true, &mut stream));
        stream
    };
    if !does_harm(&together(&parts)) {
        // The harm lies in a wrong length.
        return minimise(stream, does_harm);
    }
    for at in (0..parts.len()).rev() {
        let gone = parts.remove(at);
        if !does_harm(&together(&parts)) {
            parts.insert(at, gone);
        }
    }
    for at in 0..parts.len() {
        for is_body in [false, true] {
            let Some(bytes) = bytes_of(&mut parts[at], is_body).map(std::mem::take) else {
                continue;
            };
            let least = minimise(&bytes, |shorter| {
                let mut tried = parts.clone();
                if let Some(bytes) = bytes_of(&mut tried[at], is_body) {
                    *bytes = shorter.to_vec();
                }
                does_harm(&together(&tried))
            });
            if let Some(bytes) = bytes_of(&mut parts[at], is_body) {
                *bytes = least;
            }
        }
    }
    together(&parts)
}

/// What can be made shorter in a part: its body, or what it has beside that.
fn bytes_of(part: &mut Part, is_body: bool) -> Option<&mut Vec<u8>> {
    match (part, is_body) {
        (Part::Message { head: bytes, .. }, false)
        | (Part::Message { body: bytes, .. } | Part::Packet { payload: bytes, .. }, true)
        | (Part::Other(bytes), false) => Some(bytes),
        _ => None,
    }
}

fn mutate_part(part: &mut Part, material: Material<'_>, dice: &mut Rng) {
    match part {
        Part::Message { head, body } if body.is_empty() || dice.bool() => {
            mutate(head, material, dice)
        }
        Part::Message { body, .. } => mutate(body, material, dice),
        Part::Packet { channel, payload } => match dice.u8(..10) {
            0 => *channel = dice.u8(..6),
            // Marker and payload type; number; time.
            1 => change_byte(payload, 1, dice),
            2 => change_byte(payload, 2 + dice.usize(..2), dice),
            3 => change_byte(payload, 4 + dice.usize(..4), dice),
            // How the NAL unit is packed, and what it is.
            4..7 => change_byte(payload, RTP_HEADER_BYTES + dice.usize(..4), dice),
            7 => payload.truncate(dice.usize(..=payload.len())),
            8 => {
                let mut rest = payload.split_off(RTP_HEADER_BYTES.min(payload.len()));
                mutate(&mut rest, material, dice);
                payload.append(&mut rest);
            }
            _ => mutate(payload, material, dice),
        },
        Part::Other(bytes) => mutate(bytes, material, dice),
        Part::Manner(manner) => *manner = Manner::any(dice),
    }
}

fn change_byte(bytes: &mut [u8], at: usize, dice: &mut Rng) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = if dice.bool() { *byte ^ (1 << dice.u8(..8)) } else { dice.u8(..) };
    }
}

/// The parts of a stream.
pub(crate) fn take_apart(mut stream: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some((manner, rest)) = Manner::split(stream) {
        parts.push(Part::Manner(manner));
        stream = rest;
    }
    while !stream.is_empty() {
        let (part, rest) = packet(stream).or_else(|| message(stream)).unwrap_or_else(|| {
            let starts = |at: &usize| stream[*at] == b'$' || names_protocol(&stream[*at..]);
            let end = (1..stream.len()).find(starts).unwrap_or(stream.len());
            (Part::Other(stream[..end].to_vec()), &stream[end..])
        });
        parts.push(part);
        stream = rest;
    }
    parts
}

fn packet(stream: &[u8]) -> Option<(Part, &[u8])> {
    let [b'$', channel, high, low, rest @ ..] = stream else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((Part::Packet { channel: *channel, payload: payload.to_vec() }, rest))
}

fn message(stream: &[u8]) -> Option<(Part, &[u8])> {
    if !names_protocol(stream) {
        return None;
    }
    let end = 4 + stream.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = stream.split_at(end);
    let length = content_length(head).map_or(0, |place| {
        let text = std::str::from_utf8(&head[place]).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    });
    let (body, rest) = rest.split_at_checked(length)?;
    Some((Part::Message { head: head.to_vec(), body: body.to_vec() }, rest))
}

/// Whether a message begins here: one of RTSP, or of the HTTP that carries it.
fn names_protocol(stream: &[u8]) -> bool {
    stream.starts_with(b"RTSP/") || stream.starts_with(b"HTTP/")
}

/// Where in the head the length of the body stands.
fn content_length(head: &[u8]) -> Option<std::ops::Range<usize>> {
    const NAME: &[u8] = b"content-length:";
    let from =
        head.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME))? + NAME.len();
    let length = head[from..].iter().position(|byte| *byte == b'\r')?;
    Some(from..from + length)
}

/// Adds a part to a stream.
pub(crate) fn write(part: &Part, has_right_lengths: bool, stream: &mut Vec<u8>) {
    match part {
        Part::Message { head, body } => {
            let mut head = head.clone();
            if let Some(place) = content_length(&head).filter(|_| has_right_lengths) {
                head.splice(place, format!(" {}", body.len()).into_bytes());
            }
            stream.extend(head);
            stream.extend(body);
        }
        Part::Packet { channel, payload } => {
            let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
            stream.extend([b'$', *channel]);
            stream.extend(length.to_be_bytes());
            stream.extend(&payload[..usize::from(length)]);
        }
        Part::Other(bytes) => stream.extend(bytes),
        Part::Manner(manner) => stream.extend(manner.line()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nv=0\n$\x00\x00\x03abcxRTSP/1.0 200 OK\r\n\r\n";

    #[test]
    fn a_stream_is_taken_apart_and_put_together() {
        let parts = take_apart(STREAM);
        assert_eq!(parts.len(), 4, "{parts:?}");
        assert_eq!(parts[1], Part::Packet { channel: 0, payload: b"abc".to_vec() });
        let mut stream = Vec::new();
        parts.iter().for_each(|part| write(part, true, &mut stream));
        assert_eq!(stream, STREAM);
    }

    #[test]
    fn a_stream_is_made_short_and_stays_whole() {
        let does_harm = |stream: &[u8]| {
            let parts = take_apart(stream);
            parts
                .iter()
                .any(|it| matches!(it, Part::Packet { payload, .. } if payload.contains(&b'c')))
        };
        assert_eq!(minimise_stream(STREAM, does_harm), b"$\x00\x00\x01c");
        let is_wrong = |stream: &[u8]| stream.ends_with(b"$\x00\x00\x09c");
        assert_eq!(
            minimise_stream(b"RTSP/1.0 200 OK\r\n\r\n$\x00\x00\x09c", is_wrong),
            b"$\x00\x00\x09c"
        );
    }

    #[test]
    fn changed_streams_mostly_keep_their_lengths() {
        let mut dice = Rng::with_seed(3);
        let material = Material { words: &["Session: ;"], other: STREAM };
        let whole = |stream: &[u8]| {
            let parts = take_apart(stream);
            parts.iter().any(|part| matches!(part, Part::Message { body, .. } if !body.is_empty()))
        };
        let changed = (0..1000).map(|_| mutate_stream(STREAM, material, &mut dice));
        assert!(changed.filter(|stream| whole(stream)).count() > 600);
    }
}
