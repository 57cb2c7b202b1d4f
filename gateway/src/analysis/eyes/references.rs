//! How the zones of a camera look when nothing new stands in them, for the camera's next eye.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eye::{Reference, StandingZone};
use scene::MOST_STANDING_ZONES;

/// An eye may have fallen before it is found out. What it told in this time before its death is not
/// believed, and none of it is on disk. Also the pace: an eye tells more rarely of a zone.
const PROBATION: Duration = Duration::from_mins(9);

/// An operator has called a zone free: for this long, what its eye tells of it is believed at once.
const FREED_FOR: Duration = Duration::from_mins(1);

/// How often a camera's references go to disk. They follow the light; after a restart one of a quarter
/// of an hour ago does, and each is some hundred kilobytes.
const WRITE_EVERY: Duration = Duration::from_mins(15);

/// The references of a camera's zones, two of each at most.
#[derive(Debug, Default)]
pub(super) struct References {
    by_zone: BTreeMap<String, Kept>,
    /// Zones that an operator has called free, and when.
    freed: BTreeMap<String, Instant>,
    written_at: Option<Instant>,
}

/// What is kept of one zone.
#[derive(Debug, Default)]
struct Kept {
    believed: Option<Reference>,
    /// Told since, and when.
    fresh: Option<(Reference, Instant)>,
}

/// What becomes of what an eye told.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// It is kept.
    Kept,
    /// It is none of a zone that is watched, or comes too soon.
    PassedOver,
    /// The eye has learned the zone without any other, maybe with something in it. It must try this one first.
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
        if let Some(known) = self.latest().filter(|_| reference.is_anew) {
            return Answer::GoOnWith(Box::new(known.clone()));
        }
        if self.fresh.is_some() {
            return Answer::PassedOver;
        }
        self.fresh = Some((reference, now));
        Answer::Kept
    }

    /// Takes what a person stands for.
    fn take_freed(&mut self, reference: Reference) -> Answer {
        (self.believed, self.fresh) = (Some(reference), None);
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
        Self { by_zone: kept.collect(), ..Self::default() }
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
        let is_freed = self.freed(watched, now).any(|zone| zone == reference.zone.id);
        let kept = self.by_zone.entry(reference.zone.id.clone()).or_default();
        kept.settle(now);
        let answer = if is_freed { kept.take_freed(reference) } else { kept.take(reference, now) };
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
        self.freed.retain(|_, at| now.saturating_duration_since(*at) < FREED_FOR);
        self.freed.insert(zone.to_owned(), now);
    }

    /// Zones of these that an operator has called free a moment ago. The eye that was told of it may have
    /// died since.
    pub(super) fn freed<'a>(
        &'a self,
        watched: &'a [StandingZone],
        now: Instant,
    ) -> impl Iterator<Item = &'a str> {
        let lately = move |at: Instant| now.saturating_duration_since(at) < FREED_FOR;
        let freed = self.freed.iter().filter(move |(_, at)| lately(**at));
        let freed = freed.map(|(zone, _)| zone.as_str());
        freed.filter(|id| watched.iter().any(|zone| zone.id == *id))
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

    /// Those that the camera begins with again: what is believed, and what was told since where nothing is.
    /// None if there is none.
    pub(super) fn at_hand_over(&self) -> Option<Vec<Reference>> {
        let kept = self.by_zone.values();
        let best = kept.filter_map(|it| it.believed.as_ref().or_else(|| it.latest()));
        let best: Vec<Reference> = best.cloned().collect();
        (!best.is_empty()).then_some(best)
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
