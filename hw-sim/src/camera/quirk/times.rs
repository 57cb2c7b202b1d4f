//! Times that are not those of the pictures.

use super::act::{Act, Outcome, Quirk};
use crate::camera::packet::{Moment, Packet};

use Act::{Packets, Reports};
use Outcome::Plays;

/// A second in the upper half of an NTP time stamp (RFC 3550 §4).
const SECOND: u64 = 1 << 32;

/// From 1900 to 1970, in seconds.
const UNIX_EPOCH_SECS: u64 = 2_208_988_800;

/// RTP ticks of a second.
const TICKS: u32 = 90_000;

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "time-frozen",
        does: "All packets have the same RTP timestamp.",
        thread: "scottlamb/moonfire-nvr#300",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            packet.timestamp = moment.first_timestamp;
            out.push(packet);
        })],
    },
    Quirk {
        name: "time-in-milliseconds",
        does: "RTP timestamps count milliseconds, although the description says 90 kHz.",
        thread: "catalinii/minisatip#676",
        outcome: Plays,
        acts: &[
            Packets(|_, mut packet, out| {
                packet.timestamp /= 90;
                out.push(packet);
            }),
            Reports(|_, mut report| {
                report.rtp_timestamp /= 90;
                Some(report)
            }),
        ],
    },
    Quirk {
        name: "time-jumps",
        does: "Every two seconds one picture is stamped hours in the past or in the future.",
        thread: "bluenviron/mediamtx#6255",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            packet.timestamp = match moment.picture % 20 {
                7 => packet.timestamp.wrapping_sub(9_800 * TICKS),
                17 => packet.timestamp.wrapping_add(37_600 * TICKS),
                _ => packet.timestamp,
            };
            out.push(packet);
        })],
    },
    Quirk {
        name: "time-steps-back",
        does: "RTP time steps back by four seconds, now and then.",
        thread: "gtxaspec/raptor#43",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            let steps = u32::try_from(moment.picture / 20).unwrap_or(0);
            packet.timestamp = packet.timestamp.wrapping_sub(steps.wrapping_mul(4 * TICKS));
            out.push(packet);
        })],
    },
    Quirk {
        name: "time-from-zero",
        does: "RTP timestamps begin at 0.",
        thread: "AlexxIT/go2rtc#1943",
        outcome: Plays,
        acts: &[Packets(|moment, packet, out| starting_at(moment, packet, 0, out))],
    },
    Quirk {
        name: "time-wraps",
        does: "RTP timestamps pass from 2^32 - 1 to 0 three seconds after the start.",
        thread: "RFC 3550 §5.1",
        outcome: Plays,
        acts: &[Packets(|moment, packet, out| {
            starting_at(moment, packet, 0_u32.wrapping_sub(3 * TICKS), out);
        })],
    },
    Quirk {
        name: "time-of-the-sets-before",
        does: "Parameter sets have the timestamp of the picture before.",
        thread: "scottlamb/retina#13",
        outcome: Plays,
        acts: &[Packets(|moment, mut packet, out| {
            let first = packet.payload.first().copied().unwrap_or_default();
            if moment.codec.is_parameter_set(&[first]) && moment.picture > 0 {
                packet.timestamp = packet.timestamp.wrapping_sub(TICKS / 25);
            }
            out.push(packet);
        })],
    },
    Quirk {
        name: "reports-wobble",
        does: "Sender reports are three seconds early and late by turns.",
        thread: "scottlamb/moonfire-nvr#36",
        outcome: Plays,
        acts: &[Reports(|number, mut report| {
            report.ntp = match number % 2 {
                0 => report.ntp.wrapping_add(3 * SECOND),
                _ => report.ntp.wrapping_sub(3 * SECOND),
            };
            Some(report)
        })],
    },
    Quirk {
        name: "reports-without-clock",
        does: "Sender reports say 0 for the wall clock, because the camera has none.",
        thread: "RFC 3550 §6.4.1",
        outcome: Plays,
        acts: &[Reports(|_, mut report| {
            report.ntp = 0;
            Some(report)
        })],
    },
    Quirk {
        name: "reports-from-1970",
        does: "Sender reports tell the time since the camera's start as of 1970.",
        thread: "fritz-smh/yi-hack#61",
        outcome: Plays,
        acts: &[Reports(|number, mut report| {
            report.ntp = (UNIX_EPOCH_SECS + 22 + u64::from(number) * 2) * SECOND;
            Some(report)
        })],
    },
    Quirk {
        name: "reports-in-local-time",
        does: "Sender reports tell the local time of Beijing as if it were UTC.",
        thread: "roleoroleo/sonoff-hack#195",
        outcome: Plays,
        acts: &[Reports(|_, mut report| {
            report.ntp = report.ntp.wrapping_add(8 * 3600 * SECOND);
            Some(report)
        })],
    },
    Quirk {
        name: "reports-before-media",
        does: "The first sender report has an RTP time that no picture has.",
        thread: "pion/interceptor#461",
        outcome: Plays,
        acts: &[Reports(|number, mut report| {
            if number == 0 {
                report.rtp_timestamp = 2_269_117_121;
            }
            Some(report)
        })],
    },
    Quirk {
        name: "reports-absent",
        does: "There are no sender reports.",
        thread: "RFC 3550 §6.2",
        outcome: Plays,
        acts: &[Reports(|_, _| None)],
    },
];

fn starting_at<'a>(moment: &Moment, mut packet: Packet<'a>, start: u32, out: &mut Vec<Packet<'a>>) {
    packet.timestamp = start.wrapping_add(moment.ticks_since_first(packet.timestamp));
    out.push(packet);
}
