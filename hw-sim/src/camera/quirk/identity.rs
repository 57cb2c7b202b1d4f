//! Streams whose packets are not numbered, named or framed as RFC 3550 and RFC 2326 say.

use std::borrow::Cow;
use std::time::Duration;

use super::act::{Act, Outcome, Quirk};
use crate::camera::packet::{Moment, Packet};

use Act::{Packets, Reply as Answers};
use Outcome::Plays;

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "ssrc-new-at-key-frames",
        does: "Each key frame begins a stream with another SSRC.",
        thread: "bluenviron/gortsplib#687",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            packet.ssrc = packet.ssrc.wrapping_add(moment.key_frames);
            out.push(packet);
        })],
    },
    Quirk {
        name: "ssrc-and-sequence-new-at-key-frames",
        does: "Each key frame begins a stream with another SSRC and another sequence number.",
        thread: "bluenviron/gortsplib#480",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            packet.ssrc = packet.ssrc.wrapping_add(moment.key_frames);
            packet.sequence = moment.since_key_frame;
            out.push(packet);
        })],
    },
    Quirk {
        name: "ssrc-not-as-told",
        does: "The packets have another SSRC than SETUP said.",
        thread: "scottlamb/retina#79",
        outcome: Plays,
        acts: &[Packets(|_, mut packet, out| {
            packet.ssrc ^= 0x5555_5555;
            out.push(packet);
        })],
    },
    Quirk {
        name: "sequence-from-zero-at-key-frames",
        does: "Sequence numbers begin at 0 again at each key frame.",
        thread: "bluenviron/gortsplib#750",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            packet.sequence = moment.since_key_frame;
            out.push(packet);
        })],
    },
    Quirk {
        name: "rtp-info-wrong",
        does: "RTP-Info names a sequence number and a time that no packet has.",
        thread: "catalinii/minisatip#87",
        outcome: Plays,
        acts: &[Answers(|_, reply| rtp_info(reply, ";seq=0;rtptime=0"))],
    },
    Quirk {
        name: "rtp-info-negative",
        does: "The time in RTP-Info is negative.",
        thread: "scottlamb/moonfire-nvr#224",
        outcome: Plays,
        acts: &[Answers(|_, reply| rtp_info(reply, ";seq=40477;rtptime=-1423568"))],
    },
    Quirk {
        name: "rtp-info-with-ssrc",
        does: "RTP-Info has a further parameter and ends in a semicolon.",
        thread: "bluenviron/mediamtx#336",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("rtp-info", |info| format!("{info};ssrc=C517011F;"));
        })],
    },
    Quirk {
        name: "rtp-info-absent",
        does: "The answer to PLAY has no RTP-Info.",
        thread: "scottlamb/retina#10",
        outcome: Plays,
        acts: &[Answers(|_, reply| reply.remove("rtp-info"))],
    },
    Quirk {
        name: "packets-twice",
        does: "Every packet comes twice.",
        thread: "awslabs/amazon-kinesis-video-streams-producer-sdk-cpp#875",
        outcome: Plays,
        acts: &[Packets(|_, packet, out| {
            out.push(packet.clone());
            out.push(packet);
        })],
    },
    Quirk {
        name: "packets-padded",
        does: "Every packet ends in padding.",
        thread: "q191201771/lal#88",
        outcome: Plays,
        acts: &[Packets(|_, mut packet, out| {
            packet.padding = 4;
            out.push(packet);
        })],
    },
    Quirk {
        name: "packets-of-padding",
        does: "Packets of padding alone, numbered like the others, lie between them.",
        thread: "aiortc/aiortc#135",
        outcome: Plays,
        acts: &[Packets(|_, mut packet, out| {
            packet.sequence = packet.sequence.wrapping_mul(2);
            let empty = Packet {
                sequence: packet.sequence.wrapping_add(1),
                marker: false,
                padding: 8,
                payload: Cow::Borrowed(&[]),
                ..packet.clone()
            };
            out.push(packet);
            out.push(empty);
        })],
    },
    Quirk {
        name: "packets-extended",
        does: "Every packet has a header extension.",
        thread: "AxisCommunications/media-stream-library-js#106",
        outcome: Plays,
        acts: &[Packets(|_, mut packet, out| {
            packet.extension = &[0xE3, 0x10, 0x2A, 0x77, 0x80, 0, 0, 0, 0xE0, 5, 0, 0];
            out.push(packet);
        })],
    },
    Quirk {
        name: "payload-type-foreign",
        does: "Packets of a payload type that was not described lie between the others.",
        thread: "BogdanovKirill/RtspClientSharp#98",
        outcome: Plays,
        acts: &[Packets(|_, packet, out| {
            let foreign = Packet {
                payload_type: 50,
                marker: false,
                payload: Cow::Borrowed(&[0x50, 0x54, 0x5A, 0]),
                ..packet.clone()
            };
            out.push(packet);
            out.push(foreign);
        })],
    },
    Quirk {
        name: "payload-type-foreign-and-numbered",
        does: "Packets of a payload type that was not described lie between the others, and all are numbered as one.",
        thread: "RFC 3550 §5.2",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            packet.sequence = moment.next_sequence(0);
            let foreign = Packet {
                payload_type: 50,
                marker: false,
                sequence: moment.next_sequence(1),
                payload: Cow::Borrowed(&[0x50, 0x54, 0x5A, 0]),
                ..packet.clone()
            };
            out.push(packet);
            out.push(foreign);
        })],
    },
    Quirk {
        name: "payload-type-35",
        does: "The payload type is 35, which is not dynamic.",
        thread: "bluenviron/gortsplib#120",
        outcome: Plays,
        acts: &[
            Act::Describe(|sdp, _| {
                sdp.edit("m=video", |line| line.replace("96", "35"));
                sdp.edit("a=rtpmap:96", |line| line.replacen("96", "35", 1));
                sdp.edit("a=fmtp:96", |line| line.replacen("96", "35", 1));
            }),
            Packets(|_, mut packet, out| {
                packet.payload_type = 35;
                out.push(packet);
            }),
        ],
    },
    Quirk {
        name: "session-of-another-client",
        does: "Packets of another client's session, with its SSRC and numbers, lie between the others.",
        thread: "scottlamb/moonfire-nvr#114",
        outcome: Plays,
        acts: &[Packets(another_session)],
    },
    Quirk {
        name: "channels-others",
        does: "The stream comes on other interleaved channels than those asked for, as SETUP says.",
        thread: "bluenviron/gortsplib#72",
        outcome: Plays,
        acts: &[Act::Channels(20)],
    },
    Quirk {
        name: "channels-untold",
        does: "The answer to SETUP does not name the interleaved channels.",
        thread: "bluenviron/gortsplib#142",
        outcome: Plays,
        acts: &[Answers(|_, reply| {
            reply.change("transport", |text| {
                let parts = text.split(';').filter(|part| !part.starts_with("interleaved="));
                parts.collect::<Vec<_>>().join(";")
            });
        })],
    },
    Quirk {
        name: "media-before-answer",
        does: "Two seconds of pictures come before the answer to PLAY.",
        thread: "scottlamb/retina#46",
        outcome: Plays,
        acts: &[
            Act::JoinsEarly(Duration::from_secs(2)),
            Answers(|asked, reply| reply.is_after_media = asked.method == "PLAY"),
        ],
    },
    Quirk {
        name: "garbage-between-frames",
        does: "Bytes that belong to no frame lie between the interleaved frames.",
        thread: "bluenviron/gortsplib#653",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            if moment.picture % 10 == 7 && moment.packet == 0 {
                packet.garbage = b"\x9E\x17\x03\xC8\x61\xF0\n";
            }
            out.push(packet);
        })],
    },
];

fn rtp_info(reply: &mut crate::camera::reply::Reply, values: &str) {
    reply.change("rtp-info", |info| {
        info.split_once(";seq").map_or(info, |(url, _)| url).to_owned() + values
    });
}

fn another_session<'a>(moment: &Moment, packet: Packet<'a>, out: &mut Vec<Packet<'a>>) {
    if moment.packet == 0 {
        let stranger = Packet {
            ssrc: 0x5BF7_3F70,
            sequence: moment.sent.wrapping_add(25_580),
            timestamp: packet.timestamp ^ 0x0F0F_0F0F,
            ..packet.clone()
        };
        out.push(stranger);
    }
    out.push(packet);
}
