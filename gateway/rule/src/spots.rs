//! The places of a zone where something stands, carried from picture to picture.

use std::time::Duration;

use scene::{CaptureTime, track::Track};

use crate::spot::{Spot, Stay};
use crate::view::View;

/// How long what stands must stand, how well it must be seen, and for how long it is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How long it must stand.
    pub(crate) dwell: Duration,
    /// Missed detections for up to this time do not reset the dwell.
    pub(crate) gap_tolerance: Duration,
    /// How long an open incident outlasts its object.
    pub(crate) clear_after: Duration,
    /// Least share of the pictures that must show it.
    pub(crate) min_share: f32,
}

/// The places of a zone where something stands.
#[derive(Debug)]
pub(crate) struct Spots {
    patience: Patience,
    spots: Vec<Spot>,
}

impl Spots {
    /// No places yet.
    pub(crate) const fn new(patience: Patience) -> Self {
        Self { patience, spots: Vec::new() }
    }

    /// All places, also those where something has stopped only now.
    pub(crate) fn all(&self) -> &[Spot] {
        &self.spots
    }

    /// The places where something has stood for the dwell, well enough seen; the longest first.
    pub(crate) fn ripe(&self) -> impl Iterator<Item = &Spot> {
        self.spots.iter().filter(|spot| spot.ripe)
    }

    /// Forgets the places that are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&mut Spot) -> bool) {
        self.spots.retain_mut(keep);
    }

    /// Takes over the places that an earlier run remembered.
    pub(crate) fn restore(&mut self, spots: Vec<Spot>) {
        self.spots = spots;
    }

    /// The clock stepped back to `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        for spot in &mut self.spots {
            spot.step_back(at);
        }
    }

    /// Carries the places into this picture. `visible` are the tracks of the rule's classes, and
    /// `inside` are those of them that are in the zone.
    pub(crate) fn follow(&mut self, visible: &[&Track], inside: &[&Track], view: &View<'_>) {
        let mut spots = std::mem::take(&mut self.spots);
        self.carry(&mut spots, visible, inside, view);
        for track in inside {
            if !spots.iter().any(|spot| spot.is_of(track)) {
                spots.push(Spot::new(track, view));
            }
        }
        self.ripen(&mut spots, view);
        self.spots = spots;
    }

    /// Whether a spot is still remembered out of sight: once its incident is open, until that clears.
    fn is_in_time(&self, spot: &Spot, view: &View<'_>) -> bool {
        let Patience { gap_tolerance, clear_after, .. } = self.patience;
        let unseen = spot.unseen(view);
        let memory = if spot.ripe {
            gap_tolerance.max(clear_after)
        } else {
            unseen.tolerated(gap_tolerance)
        };
        unseen.time <= memory
    }

    fn is_forgotten(&self, spot: &Spot, view: &View<'_>) -> bool {
        spot.missed > 0 && !self.is_in_time(spot, view)
    }

    /// Those left or long out of sight are forgotten, those seen are counted.
    fn carry(&self, spots: &mut Vec<Spot>, visible: &[&Track], inside: &[&Track], view: &View<'_>) {
        spots.retain(|spot| spot.stay(visible) != Stay::Left && !self.is_forgotten(spot, view));
        for spot in spots.iter_mut() {
            spot.begin_picture();
            if !spot.ripe {
                spot.disown_departed(visible);
            }
            if let Some(track) = inside.iter().find(|track| spot.is_of(track)) {
                spot.see(track, view);
            }
        }
        self.hand_over(spots, visible, inside, view);
        for spot in spots.iter_mut().filter(|spot| spot.subject.is_none()) {
            spot.miss(visible, view);
        }
        spots.retain(|spot| !self.is_forgotten(spot, view));
    }

    /// Gives each spot whose own track vanished to the track that best continues it, even if that
    /// has begun a younger spot of its own.
    fn hand_over(
        &self,
        spots: &mut Vec<Spot>,
        visible: &[&Track],
        inside: &[&Track],
        view: &View<'_>,
    ) {
        for place in 0..spots.len() {
            let Some(spot) = spots.get(place) else {
                continue;
            };
            let may_go_on = spot.subject.is_none() && self.is_in_time(spot, view);
            if !may_go_on || spot.stay(visible) != Stay::OutOfSight {
                continue;
            }
            let is_free = |track: &Track| {
                let as_old = |other: &Spot| other.tally.since <= spot.tally.since;
                !spots.iter().any(|other| other.is_of(track) && as_old(other))
            };
            let heir = inside
                .iter()
                .filter(|track| is_free(track))
                .filter_map(|track| spot.claim(track).map(|overlap| (overlap, track)))
                .max_by(|(a, _), (b, _)| a.total_cmp(b))
                .map(|(_, track)| track);
            if let Some((heir, spot)) = heir.zip(spots.get_mut(place)) {
                spot.hand_over(heir, view);
                spot.see(heir, view);
            }
        }
        spots.sort_by_key(|spot| spot.tally.since);
        let mut kept: Vec<Spot> = Vec::with_capacity(spots.len());
        for spot in spots.drain(..) {
            if !kept.iter().any(|older| older.shares_occupant(&spot)) {
                kept.push(spot);
            }
        }
        *spots = kept;
    }

    /// Marks the spots whose object has now stood for the dwell, well enough seen.
    fn ripen(&self, spots: &mut [Spot], view: &View<'_>) {
        let Patience { dwell, min_share, .. } = self.patience;
        for spot in spots.iter_mut().filter(|spot| spot.subject.is_some()) {
            spot.ripe |= spot.tally.proves(dwell, min_share, view);
        }
    }
}
