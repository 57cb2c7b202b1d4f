//! Sheets that somebody hands in, and answers to a search for devices.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Component, Path};

use ::registry::{Folder, SheetFile, plan, read_journal};
use discovery::Answer;
use fuzz::Executor;

/// A CSV file or a workbook.
pub(super) fn sheet() -> Executor {
    Executor::each(|content| {
        let folder = Folder {
            cameras: BTreeMap::new(),
            devices: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            county: Some("110117".to_owned()),
            grid_map: None,
            is_file: &|_| false,
        };
        match plan(&[SheetFile { name: "sheet", content }], &folder, true) {
            Ok(plan) => {
                // What is written once needs no further import.
                assert!(
                    plan.edits.iter().all(|edit| edit.before.is_none() && edit.after.is_some())
                );
                format!("{} {}", plan.edits.len().min(9), plan.notes.len().min(9))
            }
            Err(faults) => {
                let mut messages: Vec<&str> =
                    faults.all().iter().map(|fault| fault.message.as_str()).collect();
                messages.sort_unstable();
                messages.dedup();
                messages
                    .iter()
                    .map(|message| message.chars().take(24).collect::<String>())
                    .collect()
            }
        }
    })
}

/// A journal that lies in the folder.
pub(super) fn journal() -> Executor {
    Executor::each(|content| {
        let edits = read_journal(&String::from_utf8_lossy(content)).unwrap_or_default();
        let is_inside = |path: &str| {
            let steps: Vec<Component<'_>> = Path::new(path).components().collect();
            matches!(steps.as_slice(), [Component::Normal(_), Component::Normal(_)])
                && path.ends_with(".toml")
        };
        assert!(edits.iter().all(|edit| is_inside(&edit.path)), "{edits:?}");
        format!("{}", edits.len().min(9))
    })
}

/// A datagram of a stranger.
pub(super) fn probe_answer() -> Executor {
    Executor::each(|content| {
        let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
        let answers = Answer::read(content, from, &["urn:uuid:q".to_owned()]);
        let is_there = |service: &str| {
            service.split("://").nth(1).is_some_and(|rest| rest.starts_with("192.0.2.7"))
        };
        assert!(answers.iter().all(|answer| is_there(&answer.service)), "{answers:?}");
        format!("{}", answers.len().min(9))
    })
}
