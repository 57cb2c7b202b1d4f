//! How the zones of a camera look when nothing new stands in them, for the camera's next eye.

use std::collections::BTreeMap;

use eye::{Reference, Watch};

/// One reference for each zone that is watched.
#[derive(Debug, Default)]
pub(super) struct References(BTreeMap<String, Reference>);

impl References {
    /// Keeps what an eye says of one of the zones that it is to watch, and forgets those that it is not.
    pub(super) fn keep(&mut self, reference: Reference, watch: &Watch) {
        if watch.standing.contains(&reference.zone) && reference.is_of_possible_length() {
            self.0.insert(reference.zone.id.clone(), reference);
        }
        self.0.retain(|_, kept| watch.standing.contains(&kept.zone));
    }

    /// Those of zones that are watched as they were.
    pub(super) fn of<'a>(&'a self, watch: &'a Watch) -> impl Iterator<Item = &'a Reference> {
        self.0.values().filter(|kept| watch.standing.contains(&kept.zone))
    }
}
