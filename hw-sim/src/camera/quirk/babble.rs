//! Cameras that answer with what is no answer, without end.

use std::time::Duration;

use super::act::{Act, Outcome, Quirk};
use super::flood::Flood;

/// What is written at once.
const CHUNK_BYTES: usize = 64 << 10;

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "letters-endless",
        does: "Letters without a line end follow the first request, as fast as the network carries them.",
        thread: "RFC 2326 §7.1",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| b"a".repeat(CHUNK_BYTES),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "digits-endless",
        does: "Digits without a line end follow the first request.",
        thread: "RFC 2326 §7.1",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| b"7".repeat(CHUNK_BYTES),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "spaces-endless",
        does: "Spaces follow the first request, and nothing else.",
        thread: "RFC 2326 §7.1",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| b" ".repeat(CHUNK_BYTES),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "line-ends-endless",
        does: "Line ends follow the first request, and nothing else.",
        thread: "RFC 2326 §7.1",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| b"\r\n".repeat(CHUNK_BYTES / 2),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "words-endless",
        does: "Words without a line end follow the first request, each as if it were a method.",
        thread: "RFC 2326 §7.1",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| b"a ".repeat(CHUNK_BYTES / 2),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "frames-of-odd-channels",
        does: "Empty interleaved frames of channels that nobody asked for follow the first request.",
        thread: "RFC 2326 §10.12",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| b"$\x37\x00\x00$\xFF\x00\x00".repeat(CHUNK_BYTES / 8),
            pause: Duration::ZERO,
        })],
    },
    Quirk {
        name: "letters-between-frames",
        does: "Thousands of letters come before each interleaved frame, and no answer comes.",
        thread: "RFC 2326 §10.12",
        outcome: Outcome::Hostile,
        acts: &[Act::Flood(Flood {
            method: "DESCRIBE",
            is_after_reply: false,
            next: |_| {
                let letters = [&b"a".repeat(15_000)[..], b"$\x00\x00\x00"].concat();
                letters.repeat(4)
            },
            pause: Duration::ZERO,
        })],
    },
];
