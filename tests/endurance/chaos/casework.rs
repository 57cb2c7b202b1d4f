//! The gateway's casework in a life that will be killed: the real inbox and the real worker. What the
//! worker orders of the cameras is reported instead.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use incident::casefile::StageNames;
use ledger::Ledger;
use rule::Slug;

use super::orders::report;
use gridwhistle::camera_order::{CameraOrder, CameraOrders};
use gridwhistle::casework::{CaseContext, CaseInbox, DESK_BYTES, LabelStore};
use gridwhistle::evidence::{EvidenceStore, Limits};

/// Opens for what the case system sends.
pub(super) fn inbox(ledger: &Ledger) -> CaseInbox {
    let area = Area::new("110117001003").unwrap();
    let topics = Topics::new(DEFAULT_ROOT, &area, &Slug::new("gw-chaos").unwrap()).unwrap();
    let stage_names = Arc::new(StageNames::new());
    CaseInbox::open(CaseContext {
        ledger: ledger.clone(),
        topics,
        stage_names,
        desk_max_bytes: DESK_BYTES,
    })
}

/// Opens the worker's folders, once the disk has room for them.
pub(super) fn open_labels(folder: &Path) -> LabelStore {
    loop {
        match labels(folder) {
            Some(labels) => return labels,
            None => std::thread::sleep(Duration::from_millis(50)), // as the service file does
        }
    }
}

fn labels(folder: &Path) -> Option<LabelStore> {
    let limits =
        Limits { max_bytes: 1 << 20, min_free_bytes: 0, keep_for: Duration::from_hours(24) };
    let evidence = Arc::new(EvidenceStore::open(&folder.join("evidence"), limits).ok()?);
    let labels = folder.join("labels");
    LabelStore::open(labels, 1 << 20, evidence, folder.join("observations")).ok()
}

/// Reports which cases the cameras are to follow.
pub(super) struct ReportedCameras;

impl CameraOrders for ReportedCameras {
    fn order(&self, _: Option<&str>, order: &CameraOrder<'_>) -> bool {
        match order {
            CameraOrder::FollowCase { alert_id, file, .. } => {
                report(&format!("case {alert_id} {} {:?}", file.feedback_seq, file.stage));
                true
            }
            CameraOrder::CheckNow { .. } | CameraOrder::PassTime => true,
            CameraOrder::Mute { .. } | CameraOrder::Snapshot(_) => false,
        }
    }
}
