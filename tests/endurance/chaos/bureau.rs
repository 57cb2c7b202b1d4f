//! The gateway's casework in a life that will be killed: the real desk and the real clerk, who
//! tells a diary what he would tell the cameras.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use incident::casefile::{CaseFile, StageNames};
use ledger::{Ledger, LedgerError};
use rule::Slug;
use uuid::Uuid;

use delivery::{Inbox, Incoming};
use gridwhistle::{
    casework::Desk, casework::LabelRoom, casework::Lines, casework::Office, casework::SnapshotOrder,
};
use gridwhistle::{evidence::EvidenceStore, evidence::Limits};

use super::orders::report;

/// Opens for what the case system sends.
pub(super) fn desk(ledger: &Ledger) -> Desk {
    let area = Area::new("110117001003").unwrap();
    let topics = Topics::new(DEFAULT_ROOT, &area, &Slug::new("gw-chaos").unwrap()).unwrap();
    let stage_names = Arc::new(StageNames::new());
    Desk::open(Office { ledger: ledger.clone(), topics, stage_names })
}

/// The desk as delivery knows it.
pub(super) struct FrontDesk(pub(super) Desk);

impl Inbox for FrontDesk {
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError> {
        self.0.take(message.topic, message.payload)
    }
}

/// Opens the clerk's folders, once the disk has room for them.
pub(super) fn open_label_room(folder: &Path) -> LabelRoom {
    loop {
        match label_room(folder) {
            Some(labels) => return labels,
            None => std::thread::sleep(Duration::from_millis(50)), // as the service file does
        }
    }
}

fn label_room(folder: &Path) -> Option<LabelRoom> {
    let limits =
        Limits { max_bytes: 1 << 20, min_free_bytes: 0, keep_for: Duration::from_hours(24) };
    let evidence = Arc::new(EvidenceStore::open(&folder.join("evidence"), limits).ok()?);
    let labels = folder.join("labels");
    LabelRoom::open(labels, 1 << 20, evidence, folder.join("observations")).ok()
}

/// Reports what cameras would be told.
pub(super) struct Diary;

impl Lines for Diary {
    fn follow_case(&self, _: &str, (alert_id, _): (Uuid, &str), file: &CaseFile) -> bool {
        report(&format!("case {alert_id} {} {:?}", file.feedback_seq, file.stage));
        true
    }

    fn check_now(&self, _: &str, _: Uuid, _: Uuid) -> bool {
        true
    }

    fn mute(&self, _: Option<&str>, _: &dyn Fn(&str, &str, &str) -> bool, _: Duration) -> usize {
        0
    }

    fn order_snapshot(&self, _: &str, _: SnapshotOrder) -> bool {
        false
    }

    fn pass_time(&self) {}
}
