//! The latest pictures on the page, each with its camera and its time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::Offset;
use ledger::Ledger;
use scene::CaptureTime;
use serde::Deserialize;

use super::html::escape;
use crate::evidence::{Caption, EvidenceStore};

/// Pictures on the page.
const MOST: usize = 12;
/// Alerts that are asked whose a picture is, if it was taken before the start.
const MOST_ALERTS: usize = 100;

/// What an alert's latest message says of its pictures.
#[derive(Deserialize)]
struct Told {
    evidence: Vec<ToldPicture>,
}

#[derive(Deserialize)]
struct ToldPicture {
    sha256: String,
    captured_at: Timestamp,
}

/// Writes the latest pictures; `names` are those of cameras and devices by id, `offset` is local time.
pub(super) fn write_pictures(
    html: &mut String,
    evidence: &EvidenceStore,
    ledger: &Ledger,
    names: &BTreeMap<String, String>,
    offset: Offset,
) -> std::fmt::Result {
    let pictures = evidence.latest(MOST);
    if pictures.is_empty() {
        return Ok(());
    }
    let of_now: Vec<Option<Caption>> =
        pictures.iter().map(|sha256| evidence.caption(sha256)).collect();
    // After a start the ledger knows those of open alerts.
    let is_known = of_now.iter().all(Option::is_some);
    let of_alerts = if is_known { BTreeMap::new() } else { captions_of_alerts(ledger) };
    write!(html, "<h2>Latest pictures</h2>")?;
    for (sha256, caption) in pictures.iter().zip(of_now) {
        let caption = caption.or_else(|| of_alerts.get(sha256).cloned());
        let (whose, at) = match caption {
            Some(Caption { camera, captured_at }) => (named(&camera, names), Some(captured_at)),
            None => ("of before the start".to_owned(), evidence.written_at(sha256)),
        };
        let time = at.map(|at| local_time(at, offset)).unwrap_or_default();
        let (sha256, whose) = (escape(sha256), escape(&whose));
        write!(
            html,
            "<figure><a href=\"/evidence/{sha256}.jpg\"><img src=\"/evidence/{sha256}.jpg\" alt=\"{whose}\"></a>\
             <figcaption>{whose}<br><span class=quiet>{}</span></figcaption></figure>",
            escape(&time)
        )?;
    }
    Ok(())
}

/// Its name, and its id if that is another.
fn named(camera: &str, names: &BTreeMap<String, String>) -> String {
    match names.get(camera).filter(|name| *name != camera) {
        Some(name) => format!("{name} ({camera})"),
        None => camera.to_owned(),
    }
}

fn captions_of_alerts(ledger: &Ledger) -> BTreeMap<String, Caption> {
    let alerts = ledger.open_alerts().unwrap_or_default();
    let pictures = alerts.into_iter().take(MOST_ALERTS).flat_map(|alert| {
        let message = ledger.latest_message(&alert.alert_id).ok().flatten().unwrap_or_default();
        let told =
            serde_json::from_slice::<Told>(&message).map_or_else(|_| Vec::new(), |it| it.evidence);
        told.into_iter().map(move |ToldPicture { sha256, captured_at }| {
            let captured_at = CaptureTime::from_unix_micros(captured_at.as_microsecond());
            (sha256, Caption { camera: alert.device_id.clone(), captured_at })
        })
    });
    pictures.collect()
}

fn local_time(at: CaptureTime, offset: Offset) -> String {
    let at = Timestamp::from_microsecond(at.unix_micros()).unwrap_or(Timestamp::MAX);
    offset.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
