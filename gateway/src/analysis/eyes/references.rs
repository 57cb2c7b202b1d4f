//! How the zones of a camera look when nothing new stands in them, for the camera's next eye.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eye::{Reference, StandingZone};

/// How often a camera's references go to disk. They follow the light; after a restart one of a quarter
/// of an hour ago does, and each is some hundred kilobytes.
const WRITE_EVERY: Duration = Duration::from_mins(15);

/// One reference for each zone that is watched.
#[derive(Debug, Default)]
pub(super) struct References {
    by_zone: BTreeMap<String, Reference>,
    written_at: Option<Instant>,
}

impl References {
    /// Those of an earlier run.
    pub(super) fn of_earlier_run(references: Vec<Reference>) -> Self {
        let by_zone = references.into_iter().map(|it| (it.zone.id.clone(), it)).collect();
        Self { by_zone, written_at: None }
    }

    /// Keeps what an eye says of one of the zones that it is to watch, and forgets those that it is not.
    pub(super) fn keep(&mut self, reference: Reference, watched: &[StandingZone]) {
        if watched.contains(&reference.zone) && reference.is_of_possible_length() {
            self.by_zone.insert(reference.zone.id.clone(), reference);
        }
        self.by_zone.retain(|_, kept| watched.contains(&kept.zone));
    }

    /// Those of zones that are watched as they were.
    pub(super) fn of<'a>(
        &'a self,
        watched: &'a [StandingZone],
    ) -> impl Iterator<Item = &'a Reference> {
        self.by_zone.values().filter(|kept| watched.contains(&kept.zone))
    }

    /// All of them, if they are to be written now.
    pub(super) fn due(&mut self, now: Instant) -> Option<Vec<Reference>> {
        let is_early = |at: Instant| now.saturating_duration_since(at) < WRITE_EVERY;
        if self.by_zone.is_empty() || self.written_at.is_some_and(is_early) {
            return None;
        }
        self.written_at = Some(now);
        Some(self.by_zone.values().cloned().collect())
    }

    /// All of them, whenever they were written; none if there is none.
    pub(super) fn last(&self) -> Option<Vec<Reference>> {
        let all = || self.by_zone.values().cloned().collect();
        (!self.by_zone.is_empty()).then(all)
    }
}

#[cfg(test)]
mod tests {
    use scene::{Point, Polygon};

    use super::*;

    fn zone(id: &str, right: f32) -> StandingZone {
        let corner = |x, y| Point { x, y };
        let outline = vec![corner(0.0, 0.0), corner(right, 0.0), corner(right, 1.0)];
        StandingZone::new(id, &Polygon::new(outline).unwrap())
    }

    fn reference(zone: &StandingZone, number: u8) -> Reference {
        Reference { zone: zone.clone(), saved: vec![number; 10] }
    }

    #[test]
    fn only_zones_that_are_watched_as_they_were_have_one() {
        let (lane, door, lane_drawn_anew) =
            (zone("lane", 0.5), zone("door", 0.5), zone("lane", 0.6));
        let watched = [lane.clone(), door.clone()];
        let mut kept = References::of_earlier_run(vec![reference(&lane, 1)]);
        kept.keep(reference(&door, 2), &watched);
        kept.keep(reference(&zone("window", 0.5), 3), &watched);
        let too_long = Reference { saved: vec![0; 1 << 20], ..reference(&lane, 4) };
        kept.keep(too_long, &watched);
        let of = |kept: &References, watched: &[StandingZone]| -> Vec<u8> {
            kept.of(watched).map(|it| it.saved[0]).collect()
        };
        assert_eq!(of(&kept, &watched), [2, 1]);
        assert_eq!(of(&kept, &[lane_drawn_anew.clone(), door.clone()]), [2]);
        kept.keep(reference(&door, 5), &[lane_drawn_anew, door.clone()]);
        assert_eq!(kept.last(), Some(vec![reference(&door, 5)]));
    }

    #[test]
    fn they_go_to_disk_at_first_and_then_now_and_then() {
        let (lane, now) = (zone("lane", 0.5), Instant::now());
        let mut kept = References::default();
        assert_eq!((kept.due(now), kept.last()), (None, None));
        kept.keep(reference(&lane, 1), std::slice::from_ref(&lane));
        assert!(kept.due(now).is_some());
        assert!(kept.due(now + WRITE_EVERY / 2).is_none() && kept.last().is_some());
        assert!(kept.due(now + WRITE_EVERY).is_some());
    }
}
