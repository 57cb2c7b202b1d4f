//! What the devices told, and what the centre heard of it: two accounts that must agree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use hw_sim::judge::Journal;

/// Device, point and incident type. Each happens once.
pub(super) type Event = (String, String, &'static str);

/// What was told and reached the gateway, or will. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Arc<Mutex<BTreeSet<Event>>>);

impl Told {
    pub(super) fn add(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(event);
    }

    pub(super) fn all(&self) -> BTreeSet<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The account, made up.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) told: usize,
    pub(super) raised: usize,
    pub(super) lost: Vec<Event>,
    /// Raised more than once, and how often.
    pub(super) doubled: Vec<(String, String, String, usize)>,
    /// Raised, and never told.
    pub(super) invented: Vec<(String, String, String)>,
}

impl Sum {
    pub(super) fn of(told: &BTreeSet<Event>, journal: &Journal) -> Self {
        let mut raised: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for raise in journal.raises() {
            let message = &raise.receipt.message;
            let key = (
                message.source.device_id.clone(),
                message.zone().to_owned(),
                message.kind.code.clone(),
            );
            *raised.entry(key).or_default() += 1;
        }
        let key =
            |(device, point, code): &Event| (device.clone(), point.clone(), (*code).to_owned());
        let known: BTreeSet<_> = told.iter().map(key).collect();
        Self {
            told: told.len(),
            raised: raised.len(),
            lost: told.iter().filter(|event| !raised.contains_key(&key(event))).cloned().collect(),
            doubled: raised
                .iter()
                .filter(|(_, times)| **times > 1)
                .map(|((device, point, code), times)| {
                    (device.clone(), point.clone(), code.clone(), *times)
                })
                .collect(),
            invented: raised.into_keys().filter(|key| !known.contains(key)).collect(),
        }
    }
}
