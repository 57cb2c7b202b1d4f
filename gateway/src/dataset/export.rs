//! The way from the history to a folder with a training set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use ledger::{HistoryReader, Recorded};
use runtime::{rfc3339, utc_now};
use scene::CaptureTime;
use serde_json::json;
use uuid::Uuid;

use super::error::DatasetError;
use super::label::Label;
use super::out_folder::OutFolder;
use super::picture_source::PictureSource;
use super::readme::Readme;
use super::sample::{JudgedAlert, Sample, judges};
use super::set_writer::SetWriter;
use super::split::Split;
use super::tally::{LeftOut, Tally};

/// Entries of the history read at once.
const PAGE: usize = 64;
/// Of one alert. A case has 1,000 messages at most, and an alert hardly more.
const MAX_ENTRIES: usize = 4_000;

/// Which judged alerts to export.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// Of this incident type only.
    pub(crate) incident_type: Option<String>,
    /// Opened then or later.
    pub(crate) from: Option<CaptureTime>,
    /// Opened before then.
    pub(crate) to: Option<CaptureTime>,
    /// Pictures with one of these labels; with any, if none is named.
    pub(crate) labels: Vec<Label>,
}

/// What to export, from where to where.
pub(crate) struct ExportRequest {
    /// An empty folder, or none yet.
    pub(crate) out: PathBuf,
    pub(crate) selection: Selection,
    pub(crate) ledger: PathBuf,
    pub(crate) state_dir: PathBuf,
    pub(crate) pictures: PictureSource,
    /// Camera and rule of all that report what is missing: their boxes are what is not.
    pub(crate) absences: BTreeSet<(String, String)>,
    /// What must stay free on the disk for alerts.
    pub(crate) min_free_bytes: u64,
    /// How long the gateway keeps evidence.
    pub(crate) keep_for: Duration,
}

/// Writes the training set. A gateway may go on meanwhile; each alert is as it was when it was read.
///
/// # Errors
/// See [`DatasetError`]; then what is in the folder is not whole.
pub(crate) fn export(request: &ExportRequest) -> Result<Tally, DatasetError> {
    // Before anything is made: there may be no ledger.
    drop(HistoryReader::open(&request.ledger)?);
    let out = OutFolder::take(&request.out, &request.state_dir, request.min_free_bytes)?;
    let mut set = SetWriter::begin(out)?;
    let mut tally = Tally::default();
    let mut after = 0;
    while let Some((last, alerts)) = next_alerts(&request.ledger, after, &mut tally)? {
        after = last;
        for alert in alerts {
            tally.judge(&alert.incident_type);
            if request.selects(&alert) {
                request.add(&alert, &mut set, &mut tally)?;
            }
        }
    }
    if tally.images() == 0 {
        set.abandon()?;
        return Err(DatasetError::Nothing { why: tally.nothing() });
    }
    let now = utc_now();
    let (made_at, delete_after) = (rfc3339(now), rfc3339(now.after(request.keep_for)));
    let (date, selection) = (made_at.get(..10), request.selection.told());
    let info = json!({
        "description": "pictures of alerts that people or re-checks have judged",
        "version": "1",
        "year": made_at.get(..4).and_then(|year| year.parse::<u32>().ok()),
        "contributor": "",
        "url": "",
        "date_created": date,
        "gateway_version": env!("CARGO_PKG_VERSION"),
        "selection": selection,
        "exhaustive": false,
        "delete_after": delete_after,
    });
    let with_originals = request.pictures.originals.is_some();
    let readme = Readme {
        tally: &tally,
        selection: &selection,
        made_at: &made_at,
        delete_after: &delete_after,
        with_originals,
    };
    set.finish(&info, &readme.text())?;
    Ok(tally)
}

/// The alerts that were judged for the first time in the next page of the history, and where that
/// ends; none after the last page. The ledger is read at once and let go before any picture is
/// written: while somebody reads, the gateway's log of changes grows.
fn next_alerts(
    ledger: &Path,
    after: u64,
    tally: &mut Tally,
) -> Result<Option<(u64, Vec<JudgedAlert>)>, DatasetError> {
    let reader = HistoryReader::open(ledger)?;
    let page = reader.entries(None, after, PAGE)?;
    let Some(last) = page.last().map(|recorded| recorded.number) else { return Ok(None) };
    let mut alerts = Vec::new();
    for recorded in page.iter().filter(|recorded| judges(recorded)) {
        let subject = &recorded.entry.subject;
        let Ok(id) = Uuid::try_parse(subject) else { continue };
        let entries = reader.entries(Some(subject), 0, MAX_ENTRIES)?;
        if !is_first(recorded, &entries) {
            continue;
        }
        match JudgedAlert::of(id, &entries) {
            Ok(alert) => alerts.extend(alert),
            Err(why) => tally.leave_out(why),
        }
    }
    Ok(Some((last, alerts)))
}

/// Whether it is the first entry that judges its alert: each alert is taken once.
fn is_first(recorded: &Recorded, entries: &[Recorded]) -> bool {
    entries.iter().find(|entry| judges(entry)).is_some_and(|first| first.number == recorded.number)
}

impl Selection {
    /// In words.
    fn told(&self) -> String {
        let mut parts = vec![match &self.incident_type {
            Some(code) => format!("alerts of type {code}"),
            None => "alerts of every type".to_owned(),
        }];
        parts.extend(self.from.map(|at| format!("opened from {}", rfc3339(at))));
        parts.extend(self.to.map(|at| format!("opened before {}", rfc3339(at))));
        parts.push(match self.labels.as_slice() {
            [] => "with every label".to_owned(),
            labels => {
                let labels: Vec<&str> = labels.iter().map(|label| label.as_str()).collect();
                format!("labelled {}", labels.join(" or "))
            }
        });
        parts.join(", ")
    }

    fn holds_label(&self, label: Label) -> bool {
        self.labels.is_empty() || self.labels.contains(&label)
    }
}

impl ExportRequest {
    fn selects(&self, alert: &JudgedAlert) -> bool {
        let Selection { incident_type, from, to, .. } = &self.selection;
        let opened_at = alert.opened_at.parse::<Timestamp>().ok();
        let opened_at = opened_at.map(|at| CaptureTime::from_unix_micros(at.as_microsecond()));
        let is_in_time = match opened_at {
            Some(at) => from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to),
            None => from.is_none() && to.is_none(),
        };
        is_in_time && incident_type.as_ref().is_none_or(|code| *code == alert.incident_type)
    }

    fn add(
        &self,
        alert: &JudgedAlert,
        set: &mut SetWriter,
        tally: &mut Tally,
    ) -> Result<(), DatasetError> {
        alert.left_out.iter().for_each(|why| tally.leave_out(*why));
        let is_absence = self.absences.contains(&(alert.camera.clone(), alert.rule.clone()));
        let wanted = |sample: &&Sample| self.selection.holds_label(sample.judgement.label);
        let mut has_any = false;
        for sample in alert.samples.iter().filter(wanted) {
            if is_absence {
                tally.leave_out(LeftOut::NoBox);
                continue;
            }
            if set.has(alert, sample) {
                // The history was pruned meanwhile, and the alert came up again.
                continue;
            }
            let picture = match self.pictures.find(alert.id, sample) {
                Ok(picture) => picture,
                Err(why) => {
                    tally.leave_out(why);
                    continue;
                }
            };
            let split = Split::of(&alert.camera, sample.day);
            set.add((alert, sample), split, &picture)?;
            has_any = true;
            tally.originals += u64::from(picture.is_original);
            let is_lacking = self.pictures.originals.is_some() && !picture.is_original;
            tally.masked_instead += u64::from(is_lacking);
            let classes = sample.objects.iter().map(|object| object.label.as_str());
            tally.add((sample.judgement.label, split), classes);
        }
        tally.alerts += u64::from(has_any);
        Ok(())
    }
}
