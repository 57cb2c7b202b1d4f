//! The folder of labels: each alert that taught something has a folder of its own, with its pictures
//! and what the rules saw, so that later training needs nothing else. Bounded; the oldest go first.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use archive::{Entry, Replay};
use incident::casefile::CaseFile;
use ledger::{ALERT_STEP, Ledger, LedgerError};
use runtime::rfc3339;
use scene::CaptureTime;
use serde_json::{Value, json};
use tracing::{error, info, warn};

use super::case_label::{CaseLabel, LabelVerdict};
use crate::evidence::{EvidenceStore, FileKind};

/// Observations this long before and after the alert belong to its label.
const MARGIN: Duration = Duration::from_secs(60);
/// After this time the archive has written what it was given; it does so each minute.
const ARCHIVED_AFTER: Duration = Duration::from_secs(75);
/// A label's observations take at most this much room.
const MAX_OBSERVATION_BYTES: u64 = 32 * 1024 * 1024;
/// At most this many messages of an alert are read.
const MAX_MESSAGES: usize = 2_000;

const LABEL: &str = "label.json";
const OBSERVATIONS: &str = "observations.jsonl";

/// The labels of one gateway.
pub struct LabelStore {
    folder: PathBuf,
    max_bytes: u64,
    evidence: Arc<EvidenceStore>,
    /// Where the archive keeps observations.
    observations: PathBuf,
    /// Labels without their observations, and since when this run knows that they are closed. Not by
    /// the wall clock: that may step over the wait.
    unfinished: BTreeMap<String, Instant>,
}

impl LabelStore {
    /// How much room labels may take by default.
    pub const MAX_BYTES: u64 = 1024 * 1024 * 1024;

    /// Opens `folder`, making it if need be.
    ///
    /// # Errors
    /// If it cannot be made or read.
    pub fn open(
        folder: PathBuf,
        max_bytes: u64,
        evidence: Arc<EvidenceStore>,
        observations: PathBuf,
    ) -> io::Result<Self> {
        filing::make_folder(&folder)?;
        let mut unfinished = BTreeMap::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if !entry.path().join(OBSERVATIONS).exists()
                && let Ok(name) = entry.file_name().into_string()
            {
                unfinished.insert(name, Instant::now());
            }
        }
        Ok(Self { folder, max_bytes, evidence, observations, unfinished })
    }

    /// Keeps what an alert's case teaches, if it teaches anything. A fault only goes to the log: a
    /// label is worth less than the case.
    pub(super) fn keep(&mut self, ledger: &Ledger, alert_id: &str, file: &CaseFile) {
        let known = self.read(alert_id);
        let verdict = match (LabelVerdict::of(file), &known) {
            (Some(verdict), _) => verdict,
            (None, Some(_)) => LabelVerdict::Withdrawn,
            (None, None) => return,
        };
        if known.is_some_and(|label| label.feedback_seq == file.feedback_seq) {
            return;
        }
        let label = match messages(ledger, alert_id) {
            Ok(messages) => CaseLabel::of(file, verdict, &messages),
            Err(error) => return error!(%error, alert = alert_id, "a label is lost"),
        };
        let Some(label) = label else { return };
        match self.write(&label) {
            Ok(()) => {
                info!(alert = alert_id, verdict = ?label.verdict, "label kept");
                self.unfinished.insert(alert_id.to_owned(), Instant::now());
            }
            Err(error) => error!(%error, alert = alert_id, "a label is lost"),
        }
        self.make_room();
    }

    /// Adds observations to the labels for which the archive now holds them.
    pub(super) fn complete(&mut self, ledger: &Ledger, now: Instant) {
        for (alert_id, mut since) in std::mem::take(&mut self.unfinished) {
            let Some(mut label) = self.read(&alert_id) else { continue };
            if !label.closed && is_closed(ledger, &alert_id) {
                // Written before its alert was closed: now the last message is known.
                if let Ok(messages) = messages(ledger, &alert_id)
                    && let Some(last) = messages.last()
                    && let Some(sent) = last.pointer("/times/sent").and_then(Value::as_str)
                {
                    (label.closed, label.last_told) = (true, sent.to_owned());
                    since = now;
                    if let Err(error) = self.write(&label) {
                        error!(%error, alert = alert_id, "a label does not say that its alert is closed");
                    }
                }
            }
            let Some((from, to)) = label.span() else { continue };
            if now.saturating_duration_since(since) < MARGIN + ARCHIVED_AFTER {
                self.unfinished.insert(alert_id, since);
                continue;
            }
            let span = from.before(MARGIN)..to.after(MARGIN);
            if let Err(error) = self.add_observations(&label, span) {
                error!(%error, alert = alert_id, "a label is kept without its observations");
            }
            self.make_room();
        }
    }

    fn read(&self, alert_id: &str) -> Option<CaseLabel> {
        let text = fs::read(self.folder.join(alert_id).join(LABEL)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    fn write(&self, label: &CaseLabel) -> io::Result<()> {
        let folder = self.folder.join(&label.alert_id);
        filing::make_folder(&folder)?;
        for picture in &label.pictures {
            let target = folder.join(format!("{}.jpg", picture.sha256));
            if let Some(source) = self.evidence.find(FileKind::Picture, &picture.sha256)
                && !target.exists()
            {
                filing::replace(&target, |copy| {
                    io::copy(&mut File::open(source)?, copy).map(drop)
                })?;
            }
        }
        let text = serde_json::to_vec_pretty(label)?;
        filing::replace(&folder.join(LABEL), |file| file.write_all(&text))?;
        // Room is made by the age of the folders. Never before those that were written earlier: a
        // clock that was set back would make this one the oldest.
        let written_at =
            |folder: &fs::DirEntry| folder.metadata().and_then(|it| it.modified()).ok();
        let others = self.folder.read_dir()?.flatten().filter(|other| other.path() != folder);
        let latest = others.filter_map(|other| written_at(&other)).max();
        let stamp = latest.map_or_else(SystemTime::now, |at| {
            SystemTime::now().max(at + Duration::from_micros(1))
        });
        File::open(&folder)?.set_modified(stamp)
    }

    /// One line for each picture: its time, and the objects that it showed.
    fn add_observations(
        &self,
        label: &CaseLabel,
        span: std::ops::Range<CaptureTime>,
    ) -> io::Result<()> {
        let folder = self.folder.join(&label.alert_id);
        let text = serde_json::to_vec_pretty(label)?;
        filing::replace(&folder.join(LABEL), |file| file.write_all(&text))?;
        let mut replay =
            Replay::open(&self.observations, &label.camera, span).map_err(io::Error::other)?;
        filing::replace(&folder.join(OBSERVATIONS), |file| {
            let mut written = 0;
            while let Some(entry) = replay.next_entry().map_err(io::Error::other)? {
                let line = line(&entry).to_string();
                written += line.len() as u64 + 1;
                if written > MAX_OBSERVATION_BYTES {
                    warn!(alert = label.alert_id, "too many observations for one label: cut");
                    break;
                }
                writeln!(file, "{line}")?;
            }
            Ok(())
        })
    }

    /// Removes the oldest labels while there is too much.
    fn make_room(&self) {
        let mut labels: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in self.folder.read_dir().into_iter().flatten().flatten() {
            let modified_at = entry.metadata().and_then(|it| it.modified());
            let path = entry.path();
            labels.push((modified_at.unwrap_or(SystemTime::UNIX_EPOCH), size(&path), path));
        }
        labels.sort();
        let mut bytes: u64 = labels.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, freed, path) in labels {
            if bytes <= self.max_bytes {
                return;
            }
            bytes -= freed;
            match fs::remove_dir_all(&path) {
                Ok(()) => info!(path = %path.display(), "label quota reached, oldest removed"),
                Err(error) => warn!(%error, path = %path.display(), "cannot remove an old label"),
            }
        }
    }
}

fn is_closed(ledger: &Ledger, alert_id: &str) -> bool {
    let alert = ledger.alert(alert_id).ok().flatten();
    alert.is_none_or(|alert| alert.state == ledger::CLOSED)
}

/// The messages of an alert, the oldest first.
fn messages(ledger: &Ledger, alert_id: &str) -> Result<Vec<Value>, LedgerError> {
    let recorded = ledger.history_of(alert_id, 0, MAX_MESSAGES)?;
    let steps = recorded.into_iter().filter(|it| it.entry.kind == ALERT_STEP);
    Ok(steps.filter_map(|it| serde_json::from_slice(&it.entry.body).ok()).collect())
}

fn line(entry: &Entry<'_>) -> Value {
    match entry {
        Entry::Picture { observation, tracks } => {
            let objects: Vec<Value> = tracks
                .iter()
                .map(|track| {
                    let bbox = track.bbox;
                    json!({
                        "track": track.id.0,
                        "label": track.class.as_str(),
                        "score": track.score,
                        "box": [bbox.left, bbox.top, bbox.width(), bbox.height()],
                    })
                })
                .collect();
            json!({ "at": rfc3339(observation.captured_at), "objects": objects })
        }
        Entry::Signal(signal) => {
            let value = signal.reading().value().map(|value| value.to_string());
            json!({
                "at": rfc3339(signal.captured_at()),
                "point": &*signal.source().point,
                "signal": signal.kind().word(),
                "value": value,
            })
        }
        Entry::Gap(gap) => json!({ "gap": [rfc3339(gap.from), rfc3339(gap.to)] }),
        Entry::Restart => json!({ "restart": true }),
    }
}

fn size(folder: &Path) -> u64 {
    let files = folder.read_dir().into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}
