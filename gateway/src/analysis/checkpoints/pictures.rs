//! The latest pictures of people who crossed, in memory until an alert needs them.
//!
//! Most crossings are nobody's business: their pictures are forgotten within a minute and never lie on
//! the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use incident::IncidentEvent;
use incident::alert::{Action, Alert, Evidence, EvidenceRole};
use rule::Slug;
use scene::CaptureTime;
use tracing::warn;

use crate::analysis::snapshot_maker::{SnapshotMaker, TakenPicture};

/// Pictures of all checkpoints together: some 20 MB.
const MOST: usize = 64;
/// Pictures of one alert.
const MOST_OF_ALERT: usize = 4;
/// Older pictures belong to no alert to come.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// A picture belongs to a group if it is this near to it.
const NEAR: Duration = Duration::from_secs(2);

/// The latest pictures of people who crossed. Cheap to clone: all clones are one.
#[derive(Clone, Default)]
pub(crate) struct CrossingPictures(Arc<Mutex<VecDeque<Crossing>>>);

struct Crossing {
    checkpoint: Arc<str>,
    /// As the checkpoint was told.
    crossed_at: CaptureTime,
    taken: Arc<TakenPicture>,
}

impl CrossingPictures {
    /// Holds a picture for a checkpoint.
    pub(super) fn hold(
        &self,
        checkpoint: &Arc<str>,
        crossed_at: CaptureTime,
        taken: &Arc<TakenPicture>,
    ) {
        let mut held = self.lock();
        let oldest = crossed_at.before(KEPT_FOR);
        held.retain(|it| it.crossed_at >= oldest);
        while held.len() >= MOST {
            held.pop_front();
        }
        let (checkpoint, taken) = (Arc::clone(checkpoint), Arc::clone(taken));
        held.push_back(Crossing { checkpoint, crossed_at, taken });
    }

    /// Attaches to each alert of `checkpoint` that people crossed the pictures of them, and keeps those.
    /// The camera's clock is ahead of the door's, by which the alert is dated, by `skew_us`.
    pub(crate) fn attach(
        &self,
        checkpoint: &str,
        events: &mut [IncidentEvent],
        (skew_us, snapshots): (i64, &SnapshotMaker),
    ) {
        for IncidentEvent { alert, .. } in events.iter_mut().filter(|it| is_told(&it.alert)) {
            let finding = &alert.detection.finding;
            let from = finding.since_at.moved(skew_us);
            let (from, to) = (from.before(NEAR), from.after(finding.dwell).after(NEAR));
            let pictures = self.between(checkpoint, from, to);
            if pictures.is_empty() {
                alert.description.push_str("；未取得越线画面");
            }
            for (index, taken) in pictures.iter().enumerate() {
                match snapshots.keep(taken) {
                    Ok(evidence) => alert.attach(of_alert(evidence, alert, index)),
                    Err(error) => {
                        warn!(error, alert = %alert.alert_id, "a picture of the crossing is not kept");
                    }
                }
            }
        }
    }

    fn between(
        &self,
        checkpoint: &str,
        from: CaptureTime,
        to: CaptureTime,
    ) -> Vec<Arc<TakenPicture>> {
        let is_of =
            |it: &&Crossing| *it.checkpoint == *checkpoint && (from..=to).contains(&it.crossed_at);
        let held = self.lock();
        held.iter().filter(is_of).take(MOST_OF_ALERT).map(|it| Arc::clone(&it.taken)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Crossing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a message tells of people who crossed.
fn is_told(alert: &Alert) -> bool {
    let is_crossing = alert
        .measurement
        .as_ref()
        .is_some_and(|it| it.measurement.kind == scene::SignalKind::Crossing);
    is_crossing && matches!(alert.action, Action::Open | Action::Update)
}

/// The picture under the name that it has in the alert.
fn of_alert(evidence: Evidence, alert: &Alert, index: usize) -> Evidence {
    let (word, role) = match alert.action {
        Action::Open => ("report", EvidenceRole::Report),
        _ => ("update", EvidenceRole::Update),
    };
    let name = match index {
        0 => format!("{word}-{}", alert.seq),
        _ => format!("{word}-{}-{}", alert.seq, index.saturating_add(1)),
    };
    let id = Slug::new(&name).unwrap_or_else(|_| evidence.id.clone());
    Evidence { id, role, ..evidence }
}
