//! Pictures coded, marked or packed otherwise than most cameras do, and streams beside them.

use super::act::{Act, Outcome, Quirk};
use super::encoding::Encoding;
use crate::camera::codec::Codec;
use crate::camera::packet::{Moment, Packet};
use crate::camera::side_stream::SideStream;

use Act::{Encodings, Packets, Units};
use Outcome::Plays;

const SOUND: &[&str] =
    &["m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:track2", "a=recvonly"];

const BACK_CHANNEL: SideStream = SideStream {
    name: "trackID=5",
    lines: &[
        "m=audio 0 RTP/AVP 116 115 0 8",
        "a=control:trackID=5",
        "a=rtpmap:116 MPEG4-GENERIC/64000",
        "a=rtpmap:115 MPEG4-GENERIC/48000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=sendonly",
    ],
    is_first: false,
    has_sound: false,
};

const METADATA: SideStream = SideStream {
    name: "metadata",
    lines: &[
        "m=application 0 RTP/AVP 107",
        "a=control:metadata",
        "a=rtpmap:107 vnd.onvif.metadata/90000",
        "a=fmtp:107 DecoderTag=h3c-v3 RTCP=0",
        "a=recvonly",
    ],
    is_first: false,
    has_sound: false,
};

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "b-frames",
        does: "Pictures are sent in another order than they are shown.",
        thread: "scottlamb/retina#61",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -profile:v main -bf 2 \
             -b_strategy 0 -g 5 -pix_fmt yuv420p",
        )])],
    },
    Quirk {
        name: "open-gop",
        does: "Groups of pictures are open: what precedes a key frame on the screen follows it on the wire.",
        thread: "Intel-Media-SDK/MediaSDK#2020",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -profile:v main -x264-params \
             keyint=5:min-keyint=5:scenecut=0:open-gop=1:bframes=2:b-adapt=0 -pix_fmt yuv420p",
        )])],
    },
    Quirk {
        name: "recovery-points-only",
        does: "After its start the stream has recovery points and no key frame.",
        thread: "huceke/omxplayer#96",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -profile:v main -x264-params \
             keyint=5:scenecut=0:bframes=0:intra-refresh=1 -pix_fmt yuv420p",
        )])],
    },
    Quirk {
        name: "slices",
        does: "A picture has four slices.",
        thread: "bluenviron/mediamtx#2826",
        outcome: Plays,
        acts: &[Encodings(&[SLICES])],
    },
    Quirk {
        name: "slices-marked",
        does: "A picture has four slices, and each ends with the marker bit.",
        thread: "pikvm/ustreamer#119",
        outcome: Plays,
        acts: &[Encodings(&[SLICES]), Packets(mark_slices)],
    },
    Quirk {
        name: "marker-never",
        does: "The marker bit is never set.",
        thread: "ngraziano/SharpRTSP#57",
        outcome: Plays,
        acts: &[Packets(|_, mut packet, out| {
            packet.marker = false;
            out.push(packet);
        })],
    },
    Quirk {
        name: "marker-always",
        does: "The marker bit is set on every packet.",
        thread: "ultravideo/uvgRTP#261",
        outcome: Plays,
        acts: &[Packets(|_, mut packet, out| {
            packet.marker = true;
            out.push(packet);
        })],
    },
    Quirk {
        name: "marker-on-sets",
        does: "The marker bit is set on parameter sets, too.",
        thread: "scottlamb/retina#13",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            let first = packet.payload.first().copied().unwrap_or_default();
            packet.marker |= moment.codec.is_parameter_set(&[first]);
            out.push(packet);
        })],
    },
    Quirk {
        name: "message-behind-picture",
        does: "A message (SEI) with the marker bit follows each picture, which has the marker bit, too.",
        thread: "scottlamb/moonfire-nvr#352",
        outcome: Plays,
        acts: &[
            Units(|codec, _, units| {
                units.push(match codec {
                    Codec::H264 => vec![6, 5, 3, b'c', b'a', b'm', 0x80],
                    Codec::H265 => vec![0x50, 1, 5, 3, b'c', b'a', b'm', 0x80],
                });
            }),
            Packets(|moment, mut packet, out| {
                packet.marker = moment.packet + 2 >= moment.packets;
                out.push(packet);
            }),
        ],
    },
    Quirk {
        name: "delimiters",
        does: "A delimiter (AUD) precedes each picture.",
        thread: "ITU-T H.264 §7.4.1.2.3",
        outcome: Plays,
        acts: &[Units(|codec, _, units| {
            units.insert(
                0,
                match codec {
                    Codec::H264 => vec![9, 0xF0],
                    Codec::H265 => vec![0x46, 1, 0x50],
                },
            );
        })],
    },
    Quirk {
        name: "units-unspecified",
        does: "NAL units of the unspecified type 31 lie in the stream.",
        thread: "BogdanovKirill/RtspClientSharp#33",
        outcome: Plays,
        acts: &[Units(|_, _, units| units.push(vec![0x1F, 0x2A, 0x17, 0x33]))],
    },
    Quirk {
        name: "units-of-filler",
        does: "Twenty units of filler follow each picture, to keep the bit rate.",
        thread: "ITU-T H.264 §7.3.2.7",
        outcome: Plays,
        acts: &[Units(|_, _, units| {
            let filler = [&[12][..], &[0xFF; 1_000], &[0x80]].concat();
            units.extend(std::iter::repeat_n(filler, 20));
        })],
    },
    Quirk {
        name: "packets-huge",
        does: "A picture is one packet, however long it is (packetization-mode 0).",
        thread: "bluenviron/mediamtx#5857",
        outcome: Plays,
        acts: &[
            Act::PayloadBytes(60_000),
            Act::Describe(|sdp, _| {
                sdp.edit("a=fmtp", |line| line.replace("mode=1", "mode=0"));
            }),
        ],
    },
    Quirk {
        name: "packets-tiny",
        does: "Packets are so short that even parameter sets are cut to pieces.",
        thread: "OvenMediaLabs/OvenMediaEngine#2032",
        outcome: Plays,
        acts: &[Act::PayloadBytes(22)],
    },
    Quirk {
        name: "key-frames-rare",
        does: "A key frame comes every eight seconds.",
        thread: "blakeblackshear/frigate#11041",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -profile:v main -bf 0 -g 40 \
             -sc_threshold 0 -pix_fmt yuv420p",
        )])],
    },
    Quirk {
        name: "full-range",
        does: "Brightness uses all 256 values.",
        thread: "jocover/jetson-ffmpeg#31",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288:out_range=pc -c:v libx264 -threads 1 -preset veryfast -profile:v main \
             -bf 0 -g 5 -pix_fmt yuvj420p",
        )])],
    },
    Quirk {
        name: "picture-small",
        does: "The picture is 42 pixels wide and 90 high.",
        thread: "webstream-labs/jmuxer#44",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=42:90 -c:v libx264 -threads 1 -preset veryfast -profile:v main -bf 0 -g 5 \
             -pix_fmt yuv420p",
        )])],
    },
    Quirk {
        name: "colour-at-full-size",
        does: "Colour has the size of the picture (4:4:4).",
        thread: "NVIDIA/VideoProcessingFramework#124",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -bf 0 -g 5 -pix_fmt yuv444p",
        )])],
    },
    Quirk {
        name: "ten-bits",
        does: "A sample has 10 bits.",
        thread: "ITU-T H.264 §A.2.5",
        outcome: Plays,
        acts: &[Encodings(&[Encoding(
            "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -bf 0 -g 5 -pix_fmt \
             yuv420p10le",
        )])],
    },
    Quirk {
        name: "sound-beside",
        does: "The camera sends sound, too.",
        thread: "scottlamb/moonfire-nvr#36",
        outcome: Plays,
        acts: &[Act::SideStream(SideStream {
            name: "track2",
            lines: SOUND,
            is_first: false,
            has_sound: true,
        })],
    },
    Quirk {
        name: "sound-first",
        does: "Sound is described before the video.",
        thread: "EasyDarwin/EasyDarwin#177",
        outcome: Plays,
        acts: &[Act::SideStream(SideStream {
            name: "track2",
            lines: SOUND,
            is_first: true,
            has_sound: true,
        })],
    },
    Quirk {
        name: "sound-to-the-camera",
        does: "The camera also offers to play sound, in four formats.",
        thread: "bluenviron/gortsplib#479",
        outcome: Plays,
        acts: &[Act::SideStream(BACK_CHANNEL)],
    },
    Quirk {
        name: "metadata-beside",
        does: "The camera also offers metadata of ONVIF.",
        thread: "scottlamb/retina#33",
        outcome: Plays,
        acts: &[Act::SideStream(METADATA)],
    },
];

const SLICES: Encoding = Encoding(
    "-vf fps=5,scale=384:288 -c:v libx264 -threads 1 -preset veryfast -profile:v main -bf 0 -g 5 \
     -x264-params slices=4 -pix_fmt yuv420p",
);

/// Sets the marker where a slice of H.264 ends, alone in its packet or as its last fragment.
fn mark_slices<'a>(_: &Moment, mut packet: Packet<'a>, out: &mut Vec<Packet<'a>>) {
    let is_slice = |kind: u8| matches!(kind & 0x1F, 1 | 5);
    packet.marker = match *packet.payload {
        [indicator, header, ..] if indicator & 0x1F == 28 => is_slice(header) && header & 0x40 != 0,
        [header, ..] => is_slice(header),
        [] => false,
    };
    out.push(packet);
}
