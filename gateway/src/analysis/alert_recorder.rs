//! From incident events to the ledger: picture first, then alert and message in one transaction.

use std::sync::Arc;
use std::time::{Duration, Instant};

use incident::IncidentEvent;
use incident::alert::topic::Topics;
use incident::alert::{Action, Alert, State};
use ledger::{AlertRow, AssessorState, Entry, Ledger, LedgerError, OutgoingMessage, Remedy};
use output::{AlertNews, Turn};
use scene::CaptureTime;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::clips::ClipMaker;
use super::eyes::{EyeGone, HeldPicture};
use super::progress::Progress;
use super::snapshot_maker::SnapshotMaker;
use runtime::{Recurring, is_believable, loops, metrics, utc_now};
use signature::SigningKey;

/// How long a worker waits before it offers a refused commit to the ledger again.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// The ledger can no longer be trusted: the gateway must stop, a restart recovers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The ledger says so.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Shutdown was asked for while the disk refused commits. Nothing of them was published; the
    /// rules' last saved state raises these alerts again after the restart.
    #[error("stopped while the ledger refused commits: {0}")]
    Interrupted(LedgerError),
    /// An alert or a rule's state cannot be written as JSON: a fault of the gateway itself.
    #[error("cannot write an alert as JSON: {0}; report it")]
    Unwritable(serde_json::Error),
}

/// What is kept of one camera beside its alerts.
pub(crate) struct CameraMemory {
    /// What the camera's rules must remember.
    pub(crate) state: AssessorState,
    /// Where the ledger's refusal is shown.
    pub(crate) progress: Arc<Progress>,
}

/// Where incident events become alerts.
pub(crate) struct AlertRecorder {
    /// Alerts and their outgoing messages.
    pub(crate) ledger: Ledger,
    /// Signs every message.
    pub(crate) signing: Arc<SigningKey>,
    /// Makes clips of what a camera sent; `None`: no clips.
    pub(crate) clips: Option<ClipMaker>,
    /// Makes snapshots of what a camera shows.
    pub(crate) snapshots: SnapshotMaker,
    /// Where alerts are published.
    pub(crate) topics: Topics,
    /// Called after each commit, to wake the publisher. Must not block.
    pub(crate) committed: Arc<dyn Fn() + Send + Sync>,
    /// What alerts may move.
    pub(crate) outputs: output::Desk,
    /// Ends the waiting for a full disk.
    pub(crate) shutdown: CancellationToken,
}

impl AlertRecorder {
    /// Keeps the picture that is held, if it shows what `event` tells. Without one the event goes on.
    ///
    /// # Errors
    /// The eye that held the picture is gone; the next one may show another.
    pub(crate) fn attach_picture(
        &self,
        event: &mut IncidentEvent,
        captured_at: CaptureTime,
        held: &mut HeldPicture<'_>,
    ) -> Result<(), EyeGone> {
        if let Some(evidence) = self.snapshots.evidence_of(&event.alert, captured_at, held)? {
            event.alert.attach(evidence);
        }
        Ok(())
    }

    /// Commits `events`, and the state of the rules that raised them.
    ///
    /// What several devices have heard of one message goes into one transaction with it: after a kill either
    /// all of them know it, or none.
    ///
    /// Waits as long as the disk is full: an alert is never dropped.
    ///
    /// # Errors
    /// [`RecordError`].
    pub(crate) fn commit(
        &self,
        events: &[IncidentEvent],
        memories: &[CameraMemory],
    ) -> Result<(), RecordError> {
        let entries = self.entries(events)?;
        self.until_kept(memories, || {
            self.ledger.record(&entries, memories.iter().map(|it| &it.state)).map(drop)
        })?;
        self.announce(events);
        Ok(())
    }

    /// As [`AlertRecorder::commit`], but asks the ledger only once: the start waits for no disk.
    ///
    /// # Errors
    /// [`RecordError::Ledger`] also if a later start may succeed.
    pub(crate) fn commit_once(
        &self,
        events: &[IncidentEvent],
        state: &AssessorState,
    ) -> Result<(), RecordError> {
        self.ledger.record(&self.entries(events)?, Some(state))?;
        self.announce(events);
        Ok(())
    }

    fn entries(&self, events: &[IncidentEvent]) -> Result<Vec<Entry>, RecordError> {
        let entries: Result<_, _> = events.iter().map(|event| self.entry(event)).collect();
        entries.map_err(RecordError::Unwritable)
    }

    fn announce(&self, events: &[IncidentEvent]) {
        (self.committed)();
        for event in events {
            let alert = &event.alert;
            metrics::alert_recorded(alert.action.as_str());
            self.outputs.hear(news(event));
            info!(
                action = alert.action.as_str(),
                incident = %alert.incident.code,
                zone = %alert.detection.zone,
                alert = %alert.alert_id,
                seq = alert.seq,
                "alert recorded"
            );
        }
    }

    /// Commits the state of rules that have nothing to tell.
    ///
    /// # Errors
    /// [`RecordError`].
    pub(crate) fn save(&self, memories: &[CameraMemory]) -> Result<(), RecordError> {
        let states = || memories.iter().map(|it| &it.state);
        self.until_kept(memories, || self.ledger.save_assessor_states(states()))
    }

    fn until_kept(
        &self,
        memories: &[CameraMemory],
        mut commit: impl FnMut() -> Result<(), LedgerError>,
    ) -> Result<(), RecordError> {
        let mut refusals = Recurring::default();
        loop {
            let error = match commit() {
                Ok(()) => {
                    if refusals.has_happened() {
                        info!("the ledger can be written again; analysis goes on");
                    }
                    return Ok(());
                }
                Err(error) if error.remedy() == Remedy::Retry => error,
                Err(error) => return Err(error.into()),
            };
            if let Some(times) = refusals.happens(&error.to_string(), Instant::now()) {
                error!(%error, times, "analysis pauses until the ledger can be written");
            }
            metrics::ledger_refused();
            loops().excuse();
            memories.iter().for_each(|it| it.progress.stumble(error.to_string()));
            if self.shutdown.is_cancelled() {
                return Err(RecordError::Interrupted(error));
            }
            std::thread::sleep(RETRY_EVERY);
        }
    }

    fn entry(&self, event: &IncidentEvent) -> Result<Entry, serde_json::Error> {
        let alert = &event.alert;
        let clips = self.clips.as_ref();
        let message = match clips.and_then(|clips| clips.clip_of(alert, event.observed_at)) {
            Some(clip) => {
                let mut with_clip = alert.clone();
                with_clip.attach(clip);
                json(&with_clip, event.observed_at)?
            }
            None => json(alert, event.observed_at)?,
        };
        let payload = self.signing.sign(&message)?.into_bytes();
        Ok(Entry {
            alert: AlertRow {
                alert_id: alert.alert_id.to_string(),
                dedupe_key: alert.dedupe.key.clone(),
                device_id: alert.camera.camera_id.to_string(),
                seq: alert.seq,
                state: alert.state.as_str().to_owned(),
                updated_at_micros: event.observed_at.unix_micros(),
            },
            message: OutgoingMessage {
                topic: self.topics.event(&alert.incident),
                payload,
                retain: false,
            },
        })
    }
}

/// What the outputs hear of an alert.
fn news(event: &IncidentEvent) -> AlertNews {
    let alert = &event.alert;
    AlertNews {
        alert_id: alert.alert_id.to_string(),
        incident: alert.incident.code.to_string(),
        source: alert.camera.camera_id.to_string(),
        rule: alert.detection.rule.to_string(),
        turn: match (alert.action, alert.state) {
            (Action::Open, _) => Turn::Opened,
            (_, State::Open) => Turn::Goes,
            _ => Turn::Over,
        },
        age: utc_now().since(event.observed_at),
    }
}

fn json(alert: &Alert, observed_at: CaptureTime) -> Result<String, serde_json::Error> {
    match is_believable(observed_at) {
        true => alert.to_json(utc_now()),
        false => alert.to_json_in_doubt(utc_now()),
    }
}
