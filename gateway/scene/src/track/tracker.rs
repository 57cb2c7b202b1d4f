//! Follows the objects of one camera from picture to picture.
//!
//! After ByteTrack (Zhang et al. 2022): strong detections choose first, weak ones then prolong what
//! is left and never begin a track. Two things differ, because here a standing object is the
//! target: time is capture time, pictures come as they come; and a track is looked for where it
//! should be *and* where it was, so that no wild estimate of its speed can lose a parked car.

use std::time::Duration;

use super::assignment::{Match, ROUNDS, Seeker, assign};
use super::followed::Followed;
use super::object::{Track, TrackId};
use super::settings::TrackerSettings;
use super::sighting::{Sighting, sightings};
use crate::detection::{Observation, ObservationGap};
use crate::time::CaptureTime;

/// Follows the objects of one camera. Deterministic: equal observations give equal tracks.
#[derive(Debug)]
pub struct Tracker {
    settings: TrackerSettings,
    followed: Vec<Followed>,
    /// What `followed` looks like from outside, in the same order.
    tracks: Vec<Track>,
    next_id: u64,
    latest_at: Option<CaptureTime>,
    /// Capture time that passed between pictures, gaps not counted.
    watched: Duration,
    /// A gap between the latest picture and the next one.
    gap: Option<ObservationGap>,
}

impl Tracker {
    /// A tracker that has seen nothing.
    #[must_use]
    pub fn new(settings: TrackerSettings) -> Self {
        Self {
            settings,
            followed: Vec::new(),
            tracks: Vec::new(),
            next_id: 1,
            latest_at: None,
            watched: Duration::ZERO,
            gap: None,
        }
    }

    /// Forgets every track, and follows by other settings from now on. What is seen next is new, under
    /// numbers that were never used.
    pub fn begin_anew(&mut self, settings: TrackerSettings) {
        self.settings = settings;
        self.followed.clear();
        self.tracks.clear();
    }

    /// All live tracks after the latest picture, the oldest first.
    #[must_use]
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Takes the next picture's detections; returns all live tracks, the oldest first.
    ///
    /// A picture that is not later than the latest one changes nothing. Detections without a
    /// finite, non-empty box or a finite score are ignored.
    pub fn update(&mut self, observation: &Observation) -> &[Track] {
        let at = observation.captured_at;
        if self.latest_at.is_some_and(|latest| at <= latest) {
            return &self.tracks;
        }
        self.advance_to(at);
        let sightings = sightings(observation, &self.settings);
        let owners = self.associate(&sightings, at);

        for (index, followed) in self.followed.iter_mut().enumerate() {
            match owners.iter().position(|owner| *owner == Some(index)) {
                Some(found) => {
                    if let Some(sighting) = sightings.get(found) {
                        followed.see(sighting, at, self.watched, &self.settings);
                    }
                }
                None => followed.miss(at),
            }
        }
        let (watched, lost_for) = (self.watched, self.settings.lost_for);
        self.followed.retain(|f| f.is_remembered(watched, lost_for));

        for (sighting, owner) in sightings.iter().zip(owners) {
            if owner.is_none() && sighting.is_strong {
                let id = TrackId(self.next_id);
                self.next_id += 1;
                self.followed.push(Followed::new(id, sighting, at, watched, &self.settings));
            }
        }
        self.tracks = self.followed.iter().map(|f| f.track.clone()).collect();
        &self.tracks
    }

    /// The camera showed nothing for a while. Call this before the first picture after the gap. A gap
    /// changes neither how long an object has been lost nor how long it has stood still.
    pub fn gap(&mut self, gap: &ObservationGap) {
        // No picture lies between two gaps in a row: they are one.
        let known = self.gap.unwrap_or(*gap);
        self.gap =
            Some(ObservationGap { from: known.from.min(gap.from), to: known.to.max(gap.to) });
    }

    fn advance_to(&mut self, at: CaptureTime) {
        if let Some(latest) = self.latest_at {
            let unwatched = match self.gap {
                Some(gap) => gap.to.min(at).since(gap.from.max(latest)),
                None => Duration::ZERO,
            };
            self.watched += at.since(latest).saturating_sub(unwatched);
        }
        self.gap = None;
        self.latest_at = Some(at);
    }

    /// For each sighting the index of the track that it continues.
    fn associate(&self, sightings: &[Sighting], at: CaptureTime) -> Vec<Option<usize>> {
        let seekers: Vec<Seeker<'_>> = self.followed.iter().map(|f| Seeker::new(f, at)).collect();
        let mut owners: Vec<Option<usize>> = vec![None; sightings.len()];
        for round in ROUNDS {
            let mut pairs = Vec::new();
            for (track, seeker) in seekers.iter().enumerate() {
                if seeker.followed.is_believed() != round.believed || owners.contains(&Some(track))
                {
                    continue;
                }
                for (detection, (sighting, owner)) in sightings.iter().zip(&owners).enumerate() {
                    if owner.is_some() || sighting.is_strong != round.strong {
                        continue;
                    }
                    if let Some(overlap) = seeker.overlap(sighting, round, &self.settings) {
                        pairs.push(Match { track, detection, overlap });
                    }
                }
            }
            for pair in assign(pairs) {
                if let Some(owner) = owners.get_mut(pair.detection) {
                    *owner = Some(pair.track);
                }
            }
        }
        owners
    }
}

#[cfg(test)]
mod tests;
