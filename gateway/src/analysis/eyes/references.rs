//! How the zones of a camera look when nothing new stands in them, for the camera's next eye.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eye::{Reference, StandingZone};
use scene::MOST_STANDING_ZONES;

/// An eye may have fallen before it is found out. What it told in this time before its death is not
/// believed, and none of it is on disk. Also the pace: an eye tells more rarely of a zone.
const PROBATION: Duration = Duration::from_mins(9);

/// An operator has called a zone free: for this long, what its eye tells of it counts at once.
const FREED_FOR: Duration = Duration::from_mins(1);

/// How often a camera's references go to disk. They follow the light; after a restart one of a quarter
/// of an hour ago does, and each is some hundred kilobytes.
const WRITE_EVERY: Duration = Duration::from_mins(15);

/// The references of a camera's zones, two of each at most.
#[derive(Debug, Default)]
pub(super) struct References {
    by_zone: BTreeMap<String, Kept>,
    written_at: Option<Instant>,
}

/// What is kept of one zone.
#[derive(Debug, Default)]
struct Kept {
    believed: Option<Reference>,
    /// Told since, and when.
    fresh: Option<(Reference, Instant)>,
    /// When an operator called the zone free.
    freed_at: Option<Instant>,
    /// When the eye was last told to go on with what is kept, having learned the zone without it.
    given_back_at: Option<Instant>,
}

/// What becomes of what an eye told.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// It is kept.
    Kept,
    /// It is none of a zone that is watched, or comes too soon.
    PassedOver,
    /// The eye has learned the zone anew, maybe with something in it. It must try this one first.
    GoOnWith(Box<Reference>),
}

impl Kept {
    fn latest(&self) -> Option<&Reference> {
        self.fresh.as_ref().map(|(fresh, _)| fresh).or(self.believed.as_ref())
    }

    fn is_of(&self, watched: &[StandingZone]) -> bool {
        self.latest().is_some_and(|kept| watched.contains(&kept.zone))
    }

    /// Believes what was told so long ago that an eye that had fallen would be gone.
    fn settle(&mut self, now: Instant) {
        let is_old = |told: Instant| now.saturating_duration_since(told) >= PROBATION;
        if let Some((fresh, _)) = self.fresh.take_if(|(_, told)| is_old(*told)) {
            self.believed = Some(fresh);
        }
    }

    fn take(&mut self, reference: Reference, now: Instant) -> Answer {
        let within = |at: Option<Instant>, span| {
            at.is_some_and(|at| now.saturating_duration_since(at) < span)
        };
        if !within(self.freed_at, FREED_FOR) {
            let tried = within(self.given_back_at, PROBATION);
            if let Some(known) = self.latest().filter(|_| reference.is_anew && !tried) {
                let known = Box::new(known.clone());
                self.given_back_at = Some(now);
                return Answer::GoOnWith(known);
            }
            if self.fresh.is_some() {
                return Answer::PassedOver;
            }
        }
        self.fresh = Some((reference, now));
        Answer::Kept
    }
}

impl References {
    /// Those of an earlier run.
    pub(super) fn of_earlier_run(references: Vec<Reference>) -> Self {
        let kept = references.into_iter().map(|reference| {
            let zone = reference.zone.id.clone();
            (zone, Kept { believed: Some(reference), ..Kept::default() })
        });
        Self { by_zone: kept.collect(), written_at: None }
    }

    /// Takes in what an eye tells of one of the zones that it is to watch. One of a zone that was drawn
    /// anew is forgotten; one of a zone that is not watched stays, because the zone may return.
    pub(super) fn keep(
        &mut self,
        reference: Reference,
        watched: &[StandingZone],
        now: Instant,
    ) -> Answer {
        if !watched.contains(&reference.zone) {
            return Answer::PassedOver;
        }
        self.by_zone
            .retain(|id, kept| kept.is_of(watched) || !watched.iter().any(|zone| zone.id == *id));
        let kept = self.by_zone.entry(reference.zone.id.clone()).or_default();
        kept.settle(now);
        let answer = kept.take(reference, now);
        while self.by_zone.len() > MOST_STANDING_ZONES {
            let Some(id) = self.unwatched(watched) else { break };
            self.by_zone.remove(&id);
        }
        answer
    }

    fn unwatched(&self, watched: &[StandingZone]) -> Option<String> {
        self.by_zone.iter().find(|(_, kept)| !kept.is_of(watched)).map(|(id, _)| id.clone())
    }

    /// An operator has called a zone free.
    pub(super) fn free(&mut self, zone: &str, now: Instant) {
        if let Some(kept) = self.by_zone.get_mut(zone) {
            kept.freed_at = Some(now);
        }
    }

    /// The eye that told the latest ones is not believed any more.
    pub(super) fn distrust(&mut self, now: Instant) {
        for kept in self.by_zone.values_mut() {
            kept.settle(now);
            kept.fresh = None;
        }
        self.by_zone.retain(|_, kept| kept.believed.is_some());
    }

    /// Those of zones that are watched as they were.
    pub(super) fn of<'a>(
        &'a self,
        watched: &'a [StandingZone],
    ) -> impl Iterator<Item = &'a Reference> {
        self.by_zone.values().filter(|kept| kept.is_of(watched)).filter_map(Kept::latest)
    }

    /// All that are believed, if they are to be written now.
    pub(super) fn due(&mut self, now: Instant) -> Option<Vec<Reference>> {
        let is_early = |at: Instant| now.saturating_duration_since(at) < WRITE_EVERY;
        if self.written_at.is_some_and(is_early) {
            return None;
        }
        let believed: Vec<Reference> =
            self.by_zone.values().filter_map(|kept| kept.believed.clone()).collect();
        if believed.is_empty() {
            return None;
        }
        self.written_at = Some(now);
        Some(believed)
    }

    /// All of them, when no eye can do harm any more: it has ended as it was told to. None if there is
    /// none.
    pub(super) fn last(&self) -> Option<Vec<Reference>> {
        let all: Vec<Reference> = self.by_zone.values().filter_map(Kept::latest).cloned().collect();
        (!all.is_empty()).then_some(all)
    }
}

#[cfg(test)]
mod tests;
