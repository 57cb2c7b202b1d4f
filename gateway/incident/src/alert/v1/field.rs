//! How the fields of a message are written, and how much they hold.

use jiff::{Timestamp, tz::Offset};
use scene::CaptureTime;

/// How many objects, pictures and codes one message may hold.
pub(super) const MAX_OBJECTS: usize = 32;
pub(super) const MAX_EVIDENCE: usize = 16;
pub(super) const MAX_CODES: usize = 8;
/// Characters that fields may hold.
pub(super) const MAX_TITLE: usize = 80;
pub(super) const MAX_DESCRIPTION: usize = 500;
pub(super) const MAX_LABEL: usize = 32;

pub(super) fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// A share or coordinate with four decimals, kept within 0..=1.
pub(super) fn rounded(share: f32) -> f64 {
    (f64::from(share).clamp(0.0, 1.0) * 1e4).round() / 1e4
}

/// RFC 3339 with offset. After year 9999 it is the last moment that RFC 3339 can write.
pub(super) fn rfc3339(at: CaptureTime, offset: Offset) -> String {
    let time = Timestamp::from_microsecond(at.unix_micros()).unwrap_or(Timestamp::MAX);
    time.display_with_offset(offset).to_string()
}
