//! Parameter sets that are missing, wrong, or packed otherwise than most cameras pack them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::act::{Act, Outcome, Quirk};
use super::encoding::{Encoding, SMALL_H264};
use crate::camera::codec::Codec;
use crate::camera::description::Description;

use Act::{Describe, Units};
use Outcome::Plays;

const SETS: &str = "sprop-parameter-sets";

/// Types of NAL units that hold others (RFC 6184 §5.7.1, RFC 7798 §4.4.2).
const STAP_A: u8 = 24;
const H265_AP: u8 = 48;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

const WIDE: Encoding = Encoding(
    "-vf fps=5,scale=512:288 -c:v libx264 -threads 1 -preset veryfast -profile:v main -bf 0 -g 5 \
     -pix_fmt yuv420p",
);

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "sets-only-in-description",
        does: "Parameter sets are in the description and never in the stream.",
        thread: "bluenviron/mediamtx#5861",
        outcome: Plays,
        acts: &[Units(|codec, _, units| units.retain(|unit| !codec.is_parameter_set(unit)))],
    },
    Quirk {
        name: "sets-only-in-stream",
        does: "Parameter sets are in the stream and not in the description.",
        thread: "bluenviron/gortsplib#88",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            sdp.edit("a=fmtp", |line| {
                let kept = line.split(';').filter(|part| !part.contains("sprop-"));
                kept.collect::<Vec<_>>().join(";")
            });
        })],
    },
    Quirk {
        name: "format-absent",
        does: "There is no line `a=fmtp`.",
        thread: "BogdanovKirill/RtspClientSharp#131",
        outcome: Plays,
        acts: &[Describe(|sdp, _| sdp.remove("a=fmtp"))],
    },
    Quirk {
        name: "sets-empty",
        does: "The parameter sets in the description are empty.",
        thread: "kerberos-io/agent#105",
        outcome: Plays,
        acts: &[Describe(|sdp, _| parameter(sdp, SETS, |_| String::new()))],
    },
    Quirk {
        name: "sets-without-pps",
        does: "The picture parameter set is missing in the description, but not its comma.",
        thread: "FFmpeg/FFmpeg#181",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            parameter(sdp, SETS, |sets| {
                sets.split(',').next().unwrap_or_default().to_owned() + ","
            });
        })],
    },
    Quirk {
        name: "sets-of-another-size",
        does: "The parameter sets in the description are those of a larger picture.",
        thread: "gtxaspec/raptor#30",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            parameter(sdp, SETS, |_| "Z01AMpWgCoAwfiZuAgICgAAB9AAAdTBC,aO48gA==".to_owned());
        })],
    },
    Quirk {
        name: "sets-of-another-kind",
        does: "The parameter sets in the description are no parameter sets.",
        thread: "scottlamb/retina#42",
        outcome: Plays,
        acts: &[Describe(|sdp, _| {
            let sets = "sprop-parameter-sets=6QDwBE/LCAAAH0gAB1TgIAAAAAA=,AAAAAA==";
            sdp.edit("a=fmtp", |line| {
                let payload_type = line.split(' ').next().unwrap_or_default();
                format!("{payload_type} packetization-mode=1;profile-level-id=00f004;{sets}")
            });
        })],
    },
    Quirk {
        name: "sets-with-start-codes",
        does: "The parameter sets in the description begin with start codes.",
        thread: "scottlamb/moonfire-nvr#213",
        outcome: Plays,
        acts: &[Describe(|sdp, _| parameter(sdp, SETS, with_start_codes))],
    },
    Quirk {
        name: "sets-with-a-tail",
        does: "Bytes that mean nothing follow the end of the sequence parameter set.",
        thread: "scottlamb/retina#102",
        outcome: Plays,
        acts: &[Units(|codec, _, units| {
            for unit in units.iter_mut().filter(|unit| codec.nal_unit_type(unit) == Some(7)) {
                unit.extend_from_slice(&[0x24, 0x80]);
            }
        })],
    },
    Quirk {
        name: "profile-in-base64",
        does: "The profile in the description is in Base64 instead of hexadecimal.",
        thread: "scottlamb/retina#52",
        outcome: Plays,
        acts: &[Describe(|sdp, _| parameter(sdp, "profile-level-id", |_| "TeAo".to_owned()))],
    },
    Quirk {
        name: "sets-in-one-packet",
        does: "The parameter sets come in one aggregation packet.",
        thread: "iizukanao/node-rtsp-rtmp-server#13",
        outcome: Plays,
        acts: &[Units(aggregate)],
    },
    Quirk {
        name: "sets-in-one-packet-of-h265",
        does: "The parameter sets of H.265 come in one aggregation packet.",
        thread: "AlexxIT/go2rtc#2296",
        outcome: Plays,
        acts: &[Act::NeedsH265, Units(aggregate)],
    },
    Quirk {
        name: "sets-only-in-description-of-h265",
        does: "Parameter sets of H.265 are in the description and never in the stream.",
        thread: "Apra-Labs/ONVIF-Device-Manager#20",
        outcome: Plays,
        acts: &[
            Act::NeedsH265,
            Units(|codec, _, units| units.retain(|unit| !codec.is_parameter_set(unit))),
        ],
    },
    Quirk {
        name: "key-frame-in-annex-b",
        does: "A key frame with its parameter sets is one NAL unit, with start codes inside.",
        thread: "scottlamb/retina#100",
        outcome: Plays,
        acts: &[Units(|_, is_key, units| {
            if is_key {
                let joined = units.join(&START_CODE[..]);
                units.splice(.., [joined]);
            }
        })],
    },
    Quirk {
        name: "size-changes",
        does: "The size of the pictures changes every eight seconds.",
        thread: "gtxaspec/raptor#30",
        outcome: Plays,
        acts: &[Act::Encodings(&[SMALL_H264, WIDE])],
    },
];

/// Gives a parameter of `a=fmtp` another value.
fn parameter(sdp: &mut Description, name: &str, value: impl Fn(&str) -> String) {
    sdp.edit("a=fmtp", |line| {
        let changed = line.split(';').map(|part| match part.split_once('=') {
            Some((found, before)) if found == name => format!("{name}={}", value(before)),
            _ => part.to_owned(),
        });
        changed.collect::<Vec<_>>().join(";")
    });
}

fn with_start_codes(sets: &str) -> String {
    let with_start_code = |set: &str| {
        let set = STANDARD.decode(set).unwrap_or_default();
        STANDARD.encode([&START_CODE[..], &set].concat())
    };
    sets.split(',').map(with_start_code).collect::<Vec<_>>().join(",")
}

/// The parameter sets at the beginning, as one aggregation packet.
fn aggregate(codec: Codec, _is_key: bool, units: &mut Vec<Vec<u8>>) {
    let count = units.iter().take_while(|unit| codec.is_parameter_set(unit)).count();
    if count < 2 {
        return;
    }
    let mut packet = match codec {
        Codec::H264 => vec![0x60 | STAP_A],
        Codec::H265 => vec![H265_AP << 1, 1],
    };
    for set in units.drain(..count) {
        packet.extend_from_slice(&u16::try_from(set.len()).unwrap_or(0).to_be_bytes());
        packet.extend_from_slice(&set);
    }
    units.insert(0, packet);
}
