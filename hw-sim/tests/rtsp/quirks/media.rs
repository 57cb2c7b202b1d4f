//! What the packets of a few seconds have in common, in words that are the same at every run.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use super::wire::{Wire, Words};

/// From 1900 to 1970, in seconds.
const NTP_TO_UNIX_SECS: f64 = 2_208_988_800.0;

/// An RTP packet, taken apart.
struct Packet {
    marker: bool,
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    flags: u8,
    payload: Vec<u8>,
}

fn parse(bytes: &[u8]) -> Option<Packet> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let flags = *bytes.first()?;
    let mut begin = 12;
    if flags & 0x10 != 0 {
        begin += 4 + 4 * usize::from(u16::from_be_bytes(bytes.get(14..16)?.try_into().ok()?));
    }
    let padding = if flags & 0x20 != 0 { usize::from(*bytes.last()?) } else { 0 };
    Some(Packet {
        marker: bytes[1] & 0x80 != 0,
        payload_type: bytes[1] & 0x7F,
        sequence: u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?),
        timestamp: word(4)?,
        ssrc: word(8)?,
        flags: flags & 0x30,
        payload: bytes.get(begin..bytes.len().checked_sub(padding)?)?.to_vec(),
    })
}

/// The words for all that came on the channels of the video.
pub(crate) fn describe(wire: &Wire, h265: bool) -> Words {
    let channels: BTreeSet<u8> = wire.frames.iter().map(|(channel, _)| *channel).collect();
    let mut words = vec![format!("media: channels {channels:?}")];
    if wire.stray_bytes > 0 {
        words.push("media: bytes of no frame".to_owned());
    }
    words.push(format!("media: begins {}", wire.first_media()));
    let rtp_channel = channels.first().copied().unwrap_or(0);
    let is_rtp = |(channel, _): &&(u8, Vec<u8>)| *channel == rtp_channel;
    let packets: Vec<Packet> =
        wire.frames.iter().filter(is_rtp).filter_map(|(_, bytes)| parse(bytes)).collect();
    let reports = wire.frames.iter().filter(|(channel, _)| *channel == rtp_channel + 1);
    words.extend(reports.filter_map(|(_, bytes)| clock(bytes)));
    words.extend(identity(wire, &packets));
    words.extend(time(&packets));
    words.extend(coding(&packets, h265));
    words
}

fn identity(wire: &Wire, packets: &[Packet]) -> Words {
    let ssrcs: BTreeSet<u32> = packets.iter().map(|packet| packet.ssrc).collect();
    let types: BTreeSet<u8> = packets.iter().map(|packet| packet.payload_type).collect();
    let flags: BTreeSet<u8> = packets.iter().map(|packet| packet.flags).collect();
    let steps = packets.windows(2).map(|two| two[1].sequence.wrapping_sub(two[0].sequence));
    let steps: BTreeSet<&str> = steps
        .map(|step| match step {
            1 => "one",
            0 => "none",
            _ => "far",
        })
        .collect();
    let is_told = wire.told_ssrc.is_none_or(|ssrc| ssrcs.contains(&ssrc));
    vec![
        format!(
            "media: ssrc {}, as told: {is_told}",
            if ssrcs.len() > 1 { "changes" } else { "stays" }
        ),
        format!("media: payload types {types:?}"),
        format!("media: flags {flags:#04x?}").replace(['\n', ' '], ""),
        format!("media: sequence steps {steps:?}"),
    ]
}

/// How the sender's clock and ours differ.
fn clock(report: &[u8]) -> Option<String> {
    let ntp = u64::from_be_bytes(report.get(8..16)?.try_into().ok()?);
    let secs = (ntp >> 32) as f64;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    Some(match secs - NTP_TO_UNIX_SECS - now {
        _ if ntp == 0 => "media: report without a time".to_owned(),
        off if off.abs() < 1.9 => "media: report in time".to_owned(),
        off if off < -1e9 => "media: report from 1970".to_owned(),
        off if off > 20_000.0 => "media: report hours early".to_owned(),
        off if off > 0.0 => "media: report seconds early".to_owned(),
        _ => "media: report seconds late".to_owned(),
    })
}

fn time(packets: &[Packet]) -> Words {
    let mut stamps: Vec<u32> = packets.iter().map(|packet| packet.timestamp).collect();
    stamps.dedup();
    let steps = stamps.windows(2).map(|two| two[1].wrapping_sub(two[0]).cast_signed());
    let steps: BTreeSet<i32> = steps.collect();
    let wraps = stamps.windows(2).any(|two| two[1] < 9000 && two[0] > u32::MAX - 9000);
    let ends = packets.windows(2).map(|two| (two[0].timestamp != two[1].timestamp, two[0].marker));
    let mut ends: BTreeSet<(bool, bool)> = ends.collect();
    ends.remove(&(false, false));
    let ends: Vec<&str> = ends
        .into_iter()
        .map(|end| match end {
            (true, true) => "by the marker",
            (true, false) => "without the marker",
            (false, _) => "not, in spite of the marker",
        })
        .collect();
    let mut words = vec![format!("media: pictures end {}", ends.join(", "))];
    words.push(match steps.len() {
        0 => "media: time stands still".to_owned(),
        1..=6 => format!("media: time steps {steps:?}"),
        _ => "media: time steps in many ways".to_owned(),
    });
    if wraps {
        words.push("media: time wraps".to_owned());
    }
    if stamps.first() == Some(&0) {
        words.push("media: time begins at 0".to_owned());
    }
    words
}

fn coding(packets: &[Packet], h265: bool) -> Words {
    let kind = |packet: &Packet| match packet.payload.as_slice() {
        [high, ..] if h265 => (high >> 1) & 0x3F,
        [header, ..] => header & 0x1F,
        [] => 0,
    };
    let kinds: BTreeSet<u8> = packets.iter().map(kind).collect();
    let longest = packets.iter().map(|packet| packet.payload.len()).max().unwrap_or(0);
    let longest = match longest {
        0..=30 => "tiny",
        31..=1400 => "usual",
        _ => "huge",
    };
    let mut sets: Vec<&Vec<u8>> =
        packets.iter().filter(|it| kind(it) == 7).map(|it| &it.payload).collect();
    sets.sort();
    sets.dedup();
    let slices = packets.iter().filter(|it| matches!(kind(it), 1 | 5)).count();
    let stamps: BTreeSet<u32> = packets.iter().map(|packet| packet.timestamp).collect();
    let mut words = vec![
        format!("media: NAL units {kinds:?}, longest {longest}"),
        format!("media: first set {:02x?}", sets.first().map(|set| &set[..set.len().min(4)])),
    ];
    if !h265 && slices > 3 * stamps.len() && stamps.len() > 3 {
        words.push("media: several slices a picture".to_owned());
    }
    words
}
