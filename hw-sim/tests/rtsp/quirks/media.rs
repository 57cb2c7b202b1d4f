//! What the packets of a few seconds have in common, in words that are the same at every run.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use super::wire::{Frame, Wire, Words};

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
    let channels: BTreeSet<u8> = wire.frames.iter().map(|frame| frame.channel).collect();
    let rtp = channels.first().copied().unwrap_or(0);
    let of_rtp = wire.frames.iter().filter(|frame| frame.channel == rtp);
    let packets: Vec<Packet> = of_rtp.filter_map(|frame| parse(&frame.bytes)).collect();
    let Some(first) = packets.first() else { return vec!["media: none".to_owned()] };
    let mut words = vec![format!("media: channels {channels:?}")];
    if wire.stray_bytes > 0 {
        words.push("media: bytes of no frame".to_owned());
    }
    if wire.is_media_first() {
        words.push("media: comes before the answer".to_owned());
    }
    let start = format!("{};{}", first.sequence, first.timestamp);
    if let Some(told) = &wire.told_start {
        words.push(format!("media: begins as told: {}", *told == start));
    }
    let reports = wire.frames.iter().filter(|frame| frame.channel == rtp + 1);
    let reports: Vec<Report> = reports.filter_map(Report::parse).collect();
    words.extend(reports.iter().map(Report::clock));
    words.extend(reports.first().and_then(|report| report.start(wire, first.timestamp)));
    words.extend(identity(wire, &packets));
    words.extend(time(&packets));
    words.extend(coding(&packets, h265));
    words
}

/// A sender report and when it came.
struct Report {
    ntp: u64,
    rtp_timestamp: u32,
    came_at: SystemTime,
}

impl Report {
    fn parse(frame: &Frame) -> Option<Self> {
        let bytes = |from: usize, to: usize| frame.bytes.get(from..to);
        Some(Self {
            ntp: u64::from_be_bytes(bytes(8, 16)?.try_into().ok()?),
            rtp_timestamp: u32::from_be_bytes(bytes(16, 20)?.try_into().ok()?),
            came_at: frame.came_at,
        })
    }

    fn unix_secs(&self) -> f64 {
        self.ntp as f64 / 4_294_967_296.0 - NTP_TO_UNIX_SECS
    }

    /// How the sender's clock and ours differ.
    fn clock(&self) -> String {
        let came = self.came_at.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let difference = match self.unix_secs() - came {
            _ if self.ntp == 0 => "without a time",
            off if off < -1e9 => "from 1970",
            off if off > 20_000.0 => "hours early",
            off if off > 1.5 => "seconds early",
            off if off < -2.5 => "seconds late",
            _ => "in time",
        };
        format!("media: report {difference}")
    }

    /// When the first picture was taken, seen from PLAY.
    fn start(&self, wire: &Wire, first: u32) -> Option<String> {
        let played = wire.played_utc?.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
        let ticks = first.wrapping_sub(self.rtp_timestamp).cast_signed();
        match self.unix_secs() + f64::from(ticks) / 9e4 - played {
            off if off.abs() > 60.0 => None,
            off if off < -0.5 => Some("media: begins in the past".to_owned()),
            off if off > 4.0 => Some("media: begins later".to_owned()),
            _ => Some("media: begins now".to_owned()),
        }
    }
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
        format!("media: flags {flags:02x?}"),
        format!("media: sequence steps {steps:?}"),
    ]
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
    // x264 writes a message (6) at the start of a clip only.
    let kinds: BTreeSet<u8> = packets.iter().map(kind).filter(|kind| *kind != 6).collect();
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
    let stamps: BTreeSet<u32> = packets.iter().map(|packet| packet.timestamp).collect();
    let slices = packets.iter().filter(|it| matches!(kind(it), 1 | 5)).count();
    let mut words = vec![format!("media: NAL units {kinds:?}, longest {longest}")];
    for set in &sets {
        words.push(format!("media: set {}", hex::encode(set)));
    }
    if packets.iter().filter(|it| kind(it) == 7).count() > 10 * stamps.len() {
        words.push("media: parameter sets in multitude".to_owned());
    }
    if !h265 && slices > 3 * stamps.len() && stamps.len() > 3 {
        words.push("media: several slices a picture".to_owned());
    }
    words
}
