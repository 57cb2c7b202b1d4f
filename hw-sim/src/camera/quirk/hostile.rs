//! Cameras that want to hurt their client, or are broken as if they did.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::act::{Act, Outcome, Quirk};
use super::flood::{Flood, FloodState};
use super::sps;
use crate::camera::media::put_frame_header;
use crate::camera::packet::{Moment, Packet};

use Act::{Describe, Packets, Units};
use Outcome::Hostile;

/// What a flood writes at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Length of a description that nobody needs.
const HUGE_BYTES: usize = 40 << 20;

/// Pictures of two bytes that are sent for each real one.
const TINY_PICTURES: u16 = 1000;

/// RTP ticks between them.
const TINY_TICKS: u32 = 18;

/// Packets that are sent for each real picture, all of the same endless one.
const ENDLESS_PACKETS: u16 = 200;

/// Side of a square picture, in macroblocks of 16 pixels: 384 MB in memory.
const GIANT_MACROBLOCKS: u32 = 1000;

/// Parameter sets before each picture.
const MANY_SETS: usize = 2000;

/// Units of messages before a picture, and the messages of each, which have no content.
const MESSAGE_UNITS: usize = 200;
const MESSAGES_OF_UNIT: usize = 1000;

/// A fragment of a picture of H.264 that neither begins nor ends it (RFC 6184 §5.8).
static FRAGMENT: [u8; 1400] = {
    let mut fragment = [0x9A; 1400];
    (fragment[0], fragment[1]) = (0x5C, 0x01);
    fragment
};

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "header-endless",
        does: "A header of the answer to DESCRIBE never ends, as fast as the network carries it.",
        thread: "neonmoe/minreq#55",
        outcome: Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |state| begin(state, "X-Fill: ").unwrap_or_else(|| vec![b'A'; CHUNK_BYTES]),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "headers-endless",
        does: "The answer to DESCRIBE has headers without end.",
        thread: "neonmoe/minreq#55",
        outcome: Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |state| begin(state, "").unwrap_or_else(|| b"X-Fill: A\r\n".repeat(4096)),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "answer-byte-by-byte",
        does: "The answer to DESCRIBE comes a byte a second and never ends.",
        thread: "RFC 2326 §9",
        outcome: Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |state| begin(state, "X-Fill: ").unwrap_or_else(|| b"A".to_vec()),
            pause: Duration::from_secs(1),
        })],
    },
    Quirk {
        name: "description-huge",
        does: "The description has 40 MB.",
        thread: "pjsip/pjproject#5199",
        outcome: Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: huge_description,
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "content-length-huge",
        does: "Content-Length is 2^64 - 1, and no body follows.",
        thread: "neonmoe/minreq#63",
        outcome: Hostile,
        acts: &[Act::Reply(|asked, reply| {
            if asked.method == "DESCRIBE" {
                reply.body.clear();
                reply.lines.push(format!("Content-Length: {}", u64::MAX));
            }
        })],
    },
    Quirk {
        name: "description-forges-log",
        does: "The camera's name holds control characters and what looks like lines of a log.",
        thread: "RFC 4566 §5",
        outcome: Hostile,
        acts: &[Describe(|sdp, _| {
            let forged = "2026-11-29T00:00:00Z ERROR gridwhistle: all cameras are offline";
            sdp.replace("s=", format!("s=gate\u{1B}[2J\u{1B}[31m\r{forged}\r\u{7}\u{85}{forged}"));
        })],
    },
    Quirk {
        name: "pictures-tiny",
        does: "A key frame is followed by thousands of pictures of two bytes a second.",
        thread: "homebridge-plugins/homebridge-camera-ffmpeg#248",
        outcome: Hostile,
        acts: &[Packets(tiny_pictures)],
    },
    Quirk {
        name: "picture-endless",
        does: "A picture is followed by one that never ends.",
        thread: "RFC 6184 §5.8",
        outcome: Hostile,
        acts: &[Packets(endless_picture)],
    },
    Quirk {
        name: "fragment-then-aggregate",
        does: "A fragment of H.265 begins, and an aggregation packet with the marker bit follows.",
        thread: "RFC 7798 §4.4.3",
        outcome: Hostile,
        acts: &[Act::NeedsH265, Packets(fragment_then_aggregate)],
    },
    Quirk {
        name: "frames-endless",
        does: "Interleaved frames come as fast as the network carries them.",
        thread: "RFC 2326 §10.12",
        outcome: Hostile,
        acts: &[Act::Flood(Flood {
            method: "PLAY",
            is_after_reply: true,
            next: frames,
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "picture-giant",
        does: "The parameter sets say that the picture is 16000 pixels wide and high.",
        thread: "ITU-T H.264 §A.3.1",
        outcome: Hostile,
        acts: &[
            Describe(|sdp, _| {
                let set = STANDARD.encode(sps::square(GIANT_MACROBLOCKS));
                sdp.edit("a=fmtp", |line| match line.split_once("sprop-parameter-sets=") {
                    Some((before, sets)) => {
                        let rest = sets.split_once(',').map_or("", |(_, rest)| rest);
                        format!("{before}sprop-parameter-sets={set},{rest}")
                    }
                    None => line.to_owned(),
                });
            }),
            Units(|codec, _, units| {
                for unit in units.iter_mut().filter(|unit| codec.nal_unit_type(unit) == Some(7)) {
                    *unit = sps::square(GIANT_MACROBLOCKS);
                }
            }),
        ],
    },
    Quirk {
        name: "picture-giant-of-h265",
        does: "The parameter sets of H.265 say that the picture is 16000 pixels wide and high.",
        thread: "ITU-T H.265 §A.4.1",
        outcome: Hostile,
        acts: &[
            Act::NeedsH265,
            Describe(|sdp, _| {
                let set = STANDARD.encode(sps::square_of_h265(GIANT_MACROBLOCKS * 16));
                sdp.edit("a=fmtp", |line| {
                    let swapped = line.split(';').map(|part| match part.trim().split_once('=') {
                        Some(("sprop-sps", _)) => format!("sprop-sps={set}"),
                        _ => part.to_owned(),
                    });
                    swapped.collect::<Vec<_>>().join(";")
                });
            }),
            Units(|codec, _, units| {
                for unit in units.iter_mut().filter(|unit| codec.nal_unit_type(unit) == Some(33)) {
                    *unit = sps::square_of_h265(GIANT_MACROBLOCKS * 16);
                }
            }),
        ],
    },
    Quirk {
        name: "picture-giant-later",
        does: "After three key frames the parameter sets say that the picture is 16000 pixels wide and high.",
        thread: "ITU-T H.264 §7.4.1.2.1",
        outcome: Hostile,
        acts: &[Packets(|moment, mut packet, out| {
            let is_set = packet.payload.first().is_some_and(|first| first & 0x1F == 7);
            if is_set && moment.key_frames > 3 {
                packet.payload = Cow::Owned(sps::square(GIANT_MACROBLOCKS));
            }
            out.push(packet);
        })],
    },
    Quirk {
        name: "sets-endless",
        does: "Two thousand parameter sets precede each picture.",
        thread: "ITU-T H.264 §7.4.1.2.1",
        outcome: Hostile,
        acts: &[Units(|_, _, units| {
            units.splice(0..0, vec![sps::square(18); MANY_SETS]);
        })],
    },
    Quirk {
        name: "messages-endless",
        does: "Two hundred thousand empty messages (SEI) precede each picture.",
        thread: "ITU-T H.264 §7.3.2.3",
        outcome: Hostile,
        acts: &[Units(|_, _, units| {
            let messages = [&[0x06][..], &[0x01, 0x00].repeat(MESSAGES_OF_UNIT), &[0x80]].concat();
            units.splice(0..0, vec![messages; MESSAGE_UNITS]);
        })],
    },
];

/// The beginning of an answer that says yes; `None` after it.
fn begin(state: &FloodState<'_>, then: &str) -> Option<Vec<u8>> {
    (state.count == 0)
        .then(|| format!("RTSP/1.0 200 OK\r\nCSeq: {}\r\n{then}", state.cseq).into_bytes())
}

fn huge_description(state: &FloodState<'_>) -> Vec<u8> {
    let head = format!("Content-Type: application/sdp\r\nContent-Length: {HUGE_BYTES}\r\n\r\n");
    let description = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=huge\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n\
                       a=rtpmap:96 H264/90000\r\na=control:video\r\n";
    begin(state, &(head + description)).unwrap_or_else(|| b"a=x-fill:AAAAAAAAA\r\n".repeat(3200))
}

fn tiny_pictures<'a>(moment: &Moment, packet: Packet<'a>, out: &mut Vec<Packet<'a>>) {
    if moment.picture == 0 {
        out.push(packet);
        return;
    }
    if moment.packet > 0 {
        return;
    }
    for (number, ticks) in (0..TINY_PICTURES).zip((0..).step_by(TINY_TICKS as usize)) {
        out.push(Packet {
            marker: true,
            sequence: moment.next_sequence(number),
            timestamp: packet.timestamp.wrapping_add(ticks),
            payload: Cow::Borrowed(&[0x41, 0x9A]),
            ..packet.clone()
        });
    }
}

fn endless_picture<'a>(moment: &Moment, packet: Packet<'a>, out: &mut Vec<Packet<'a>>) {
    if moment.picture == 0 {
        out.push(packet);
        return;
    }
    if moment.packet > 0 {
        return;
    }
    for number in 0..ENDLESS_PACKETS {
        let mut fragment = Packet {
            marker: false,
            sequence: moment.next_sequence(number),
            timestamp: moment.first_timestamp.wrapping_add(18_000),
            payload: Cow::Borrowed(&FRAGMENT),
            ..packet.clone()
        };
        if moment.picture == 1 && number == 0 {
            fragment.payload.to_mut()[1] |= 0x80; // here it begins
        }
        out.push(fragment);
    }
}

fn fragment_then_aggregate<'a>(moment: &Moment, packet: Packet<'a>, out: &mut Vec<Packet<'a>>) {
    let is_of_key_frame = usize::from(moment.since_key_frame) == moment.packet;
    if !is_of_key_frame {
        out.push(Packet { sequence: moment.next_sequence(0), ..packet });
        return;
    }
    if moment.packet > 0 {
        return;
    }
    let fragment: &[u8] = &[0x62, 1, 0x93, 0xAF, 0x09, 0x40];
    let aggregate: &[u8] = &[0x60, 1, 0, 4, 0x02, 1, 0xD0, 0x10, 0, 4, 0x02, 1, 0xD0, 0x20];
    for (number, (payload, marker)) in (0..).zip([(fragment, false), (aggregate, true)]) {
        out.push(Packet {
            marker,
            sequence: moment.next_sequence(number),
            payload: Cow::Borrowed(payload),
            ..packet.clone()
        });
    }
}

fn frames(state: &FloodState<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(CHUNK_BYTES);
    let count = (state.count & 0xFFFF) as u16;
    let packet = Packet {
        marker: false,
        payload_type: 96,
        sequence: state.sequence.wrapping_add(count),
        timestamp: u32::from(count).wrapping_mul(90),
        ssrc: state.ssrc,
        extension: b"",
        padding: 0,
        payload: Cow::Owned([&[0x41], &[0x9A; 60_000][..]].concat()),
        garbage: b"",
    };
    put_frame_header(&mut out, 0, packet.len());
    packet.put(&mut out);
    out
}
