//! What the judge prints: each alert in two lines, and the table at the end.

use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::journal::{Arrival, Raise, Receipt};
use super::message::AlertMessage;
use super::score::{Row, Score};

/// An alert in two lines for a person. The time of day is its arrival, in `zone`.
#[must_use]
pub fn describe(receipt: &Receipt, arrival: Arrival, zone: &TimeZone) -> String {
    let message = &receipt.message;
    let local = receipt.received_at.to_zoned(zone.clone());
    let mut text = format!(
        "{}  {:<7} {} {}  {}  zone {}",
        local.strftime("%H:%M:%S"),
        message.action.to_uppercase(),
        message.kind.name,
        message.kind.code,
        message.source.device_id,
        message.zone(),
    );
    match arrival {
        Arrival::New => {}
        Arrival::OutOfOrder => text.push_str("  (after a later message of the same alert!)"),
        Arrival::Redelivered => text.push_str("  (delivered again)"),
        Arrival::Conflicting => text.push_str("  (same number, other content!)"),
    }
    text.push_str("\n          ");
    text.push_str(&details(message));
    text
}

fn details(message: &AlertMessage) -> String {
    let mut parts = Vec::new();
    if let Some(dwell) = message.detection.as_ref().and_then(|seen| seen.dwell_s) {
        parts.push(format!("stands {dwell:.1} s"));
    }
    if let Some(confidence) = message.confidence {
        parts.push(format!("confidence {confidence:.2}"));
    }
    if let Some(place) = &message.geo
        && let [longitude, latitude, ..] = place.point.as_slice()
    {
        let radius = place.accuracy_m.map(|metres| format!(" ±{metres:.0} m"));
        parts.push(format!("at {longitude:.6},{latitude:.6}{}", radius.unwrap_or_default()));
    }
    parts.extend(message.evidence.iter().filter_map(|picture| picture.uri.clone()));
    parts.join("  ")
}

const HEADINGS: [&str; 10] = [
    "camera",
    "zone",
    "event",
    "truth",
    "received",
    "missed",
    "false",
    "doubled",
    "late s",
    "latency ms",
];
/// Columns of words are aligned left, columns of numbers right.
const WORD_COLUMNS: usize = 3;

/// The table of truth and alerts, with every difference named below it.
///
/// `late` is the time from the moment the alert was due to the picture that fulfilled the rule,
/// `latency` the time from that picture to the arrival of the message. Of several alerts, the worst
/// is shown.
#[must_use]
pub fn table(score: &Score) -> String {
    let mut lines: Vec<Vec<String>> = vec![HEADINGS.map(str::to_owned).to_vec()];
    lines.extend(score.rows.iter().map(cells));
    let mut text = aligned(&lines, WORD_COLUMNS);
    text.push_str(&remarks(score));
    text
}

/// Lines of cells in columns. The first `words` columns are aligned left, the others right.
pub(super) fn aligned(lines: &[Vec<String>], words: usize) -> String {
    let mut widths = vec![0; lines.iter().map(Vec::len).max().unwrap_or_default()];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column < words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cells(row: &Row) -> Vec<String> {
    let worst = |lengths: &[SignedDuration], show: fn(SignedDuration) -> String| {
        lengths.iter().max_by_key(|length| length.abs()).map_or("-".to_owned(), |at| show(*at))
    };
    let key = &row.key;
    vec![
        key.camera.clone(),
        key.zone.clone(),
        if key.event.is_empty() { "-".to_owned() } else { key.event.clone() },
        row.truth.to_string(),
        row.received.to_string(),
        row.missed.to_string(),
        row.false_alerts.len().to_string(),
        row.duplicates.len().to_string(),
        worst(&row.lateness, |late| format!("{:+.1}", late.as_secs_f64())),
        worst(&row.latency, |latency| latency.as_millis().to_string()),
    ]
}

fn remarks(score: &Score) -> String {
    let mut text = String::new();
    for row in &score.rows {
        for raise in &row.false_alerts {
            remark(&mut text, "false", raise);
        }
        for raise in &row.duplicates {
            remark(&mut text, "doubled", raise);
        }
        if row.dropped > 0 {
            let _infallible = writeln!(
                text,
                "cleared while it still stands: {} in {}",
                row.dropped, row.key.zone
            );
        }
    }
    for (camera, cause) in &score.impaired {
        let _infallible = writeln!(text, "proves nothing: {camera} was {cause}");
    }
    for (alert_id, seq) in &score.gaps {
        let _infallible = writeln!(text, "never came: alert {alert_id} message {seq}");
    }
    let counts = [
        ("out of order", score.out_of_order),
        ("same number, other content", score.conflicting),
        ("unreadable", score.unreadable),
        ("delivered again (harmless)", score.redelivered),
    ];
    for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let _infallible = writeln!(text, "messages {what}: {count}");
    }
    if score.wrong_answers > 0 {
        let _infallible =
            writeln!(text, "wrong answers to the case centre: {}", score.wrong_answers);
    }
    text.push_str(if score.agrees() {
        "Truth and alerts agree.\n"
    } else {
        "Truth and alerts DIFFER.\n"
    });
    text
}

fn remark(text: &mut String, what: &str, raise: &Raise) {
    let message = &raise.receipt.message;
    let _infallible = writeln!(
        text,
        "{what}: {} in {} opened at {}, alert {}",
        message.kind.code,
        message.zone(),
        raise.opened_at,
        message.alert_id,
    );
}
