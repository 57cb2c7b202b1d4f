//! Follows the objects of one camera from picture to picture.
//!
//! After ByteTrack (Zhang et al. 2022): strong detections choose first, weak ones then prolong what
//! is left and never begin a track. Two things differ, because here a standing object is the
//! target: time is capture time, pictures come as they come; and a track is looked for where it
//! should be *and* where it was, so that no wild estimate of its speed can lose a parked car.

use std::time::Duration;

use super::assignment::{Pair, assign};
use super::motion::Motion;
use super::place::Place;
use super::{Track, TrackId, TrackState, TrackerSettings};
use crate::detection::{Class, Observation, ObservationGap};
use crate::geometry::BoundingBox;
use crate::time::CaptureTime;

/// Boxes of different classes that overlap this well are one object that the detector cannot name.
const SAME_OBJECT: f32 = 0.8;

/// A class with this share of a track's summed scores is no mismatch for it.
const KNOWN_CLASS: f64 = 0.2;

/// An object seen in one place for this long waits there while it is unseen.
const WAITS_AFTER: Duration = Duration::from_secs(2);

/// A track outlives fewer misses in a row than this, however far apart the pictures are.
const MISSES_TO_FORGET: u32 = 3;

/// The same for a track that is not believed yet, and how long it may be unseen.
const TENTATIVE_MISSES: u32 = 2;
const TENTATIVE_FOR: Duration = Duration::from_secs(1);

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
        let sightings = sightings(observation, self.settings.weak_score);
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
            if owner.is_none() && sighting.score >= self.settings.strong_score {
                let id = TrackId(self.next_id);
                self.next_id += 1;
                self.followed.push(Followed::new(id, sighting, at, watched, &self.settings));
            }
        }
        self.tracks = self.followed.iter().map(|f| f.track.clone()).collect();
        &self.tracks
    }

    /// The camera showed nothing for a while: tell it before the first picture afterwards. Objects
    /// are then as old, as lost and as still as they were before.
    pub fn gap(&mut self, gap: &ObservationGap) {
        // No picture lies between two gaps that are told in a row: they are one.
        let known = self.gap.unwrap_or(*gap);
        self.gap = Some(ObservationGap { from: known.from.min(gap.from), to: known.to.max(gap.to) });
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
        let predicted: Vec<BoundingBox> =
            self.followed.iter().map(|f| f.motion.predict(f.unseen_seconds(at))).collect();
        let mut owners: Vec<Option<usize>> = vec![None; sightings.len()];
        for believed in [true, false] {
            for strong in [true, false] {
                let mut pairs = Vec::new();
                for (track, (followed, predicted)) in
                    self.followed.iter().zip(&predicted).enumerate()
                {
                    if followed.is_believed() != believed || owners.contains(&Some(track)) {
                        continue;
                    }
                    for (detection, (sighting, owner)) in sightings.iter().zip(&owners).enumerate()
                    {
                        let is_strong = sighting.score >= self.settings.strong_score;
                        if owner.is_some() || is_strong != strong {
                            continue;
                        }
                        let overlap = followed.overlap(predicted, &sighting.bbox);
                        if overlap >= self.needed_overlap(followed, sighting, strong) {
                            pairs.push(Pair { track, detection, overlap });
                        }
                    }
                }
                for pair in assign(pairs) {
                    if let Some(owner) = owners.get_mut(pair.detection) {
                        *owner = Some(pair.track);
                    }
                }
            }
        }
        owners
    }

    fn needed_overlap(&self, followed: &Followed, sighting: &Sighting, strong: bool) -> f32 {
        let settings = &self.settings;
        let needed = if strong { settings.strong_overlap } else { settings.weak_overlap };
        if followed.knows_class_of(sighting) {
            needed
        } else {
            needed.max(settings.mismatch_overlap)
        }
    }
}

/// One object in one picture, under all the names the detector gave it.
#[derive(Debug)]
struct Sighting {
    bbox: BoundingBox,
    /// The best score and the class it was given for.
    score: f32,
    class: Class,
    /// All classes it was given, with their scores.
    votes: Vec<(Class, f32)>,
}

/// The objects of a picture, the strongest first. A van that is reported as a car and as a truck
/// is one object.
fn sightings(observation: &Observation, weak_score: f32) -> Vec<Sighting> {
    let mut detections: Vec<_> = observation
        .detections
        .iter()
        .filter(|d| d.score >= weak_score && d.score.is_finite())
        .filter(|d| d.bbox.area().is_normal())
        .collect();
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));

    let mut sightings: Vec<Sighting> = Vec::with_capacity(detections.len());
    for detection in detections {
        let vote = (detection.class.clone(), detection.score);
        match sightings.iter_mut().find(|s| s.bbox.iou(&detection.bbox) >= SAME_OBJECT) {
            Some(known) => known.votes.push(vote),
            None => sightings.push(Sighting {
                bbox: detection.bbox,
                score: detection.score,
                class: detection.class.clone(),
                votes: vec![vote],
            }),
        }
    }
    sightings
}

/// A track and what it takes to continue it.
#[derive(Debug)]
struct Followed {
    track: Track,
    /// The latest detected box, also while the track is lost.
    seen_box: BoundingBox,
    motion: Motion,
    place: Place,
    /// Summed scores by class, in the order in which the classes appeared.
    votes: Vec<(Class, f64)>,
    /// The tracker's watched time at the latest sighting.
    seen_watched: Duration,
    misses: u32,
}

impl Followed {
    fn new(
        id: TrackId,
        sighting: &Sighting,
        at: CaptureTime,
        watched: Duration,
        settings: &TrackerSettings,
    ) -> Self {
        let confirmed = settings.confirm_hits <= 1;
        let mut followed = Self {
            track: Track {
                id,
                class: sighting.class.clone(),
                bbox: sighting.bbox,
                score: sighting.score,
                state: if confirmed { TrackState::Confirmed } else { TrackState::Tentative },
                first_seen_at: at,
                last_seen_at: at,
                still_since: at,
                hits: 1,
            },
            seen_box: sighting.bbox,
            motion: Motion::new(&sighting.bbox),
            place: Place::new(sighting.bbox, at),
            votes: Vec::new(),
            seen_watched: watched,
            misses: 0,
        };
        followed.count_votes(sighting);
        followed
    }

    fn see(
        &mut self,
        sighting: &Sighting,
        at: CaptureTime,
        watched: Duration,
        settings: &TrackerSettings,
    ) {
        self.motion.correct(&sighting.bbox, self.unseen_seconds(at));
        self.place.see(sighting.bbox, at, settings);
        self.count_votes(sighting);
        self.seen_box = sighting.bbox;
        self.seen_watched = watched;
        self.misses = 0;

        let track = &mut self.track;
        track.bbox = sighting.bbox;
        track.score = sighting.score;
        track.last_seen_at = at;
        track.still_since = self.place.since();
        track.hits = track.hits.saturating_add(1);
        if track.state == TrackState::Lost || track.hits >= settings.confirm_hits {
            track.state = TrackState::Confirmed;
        }
    }

    fn miss(&mut self, at: CaptureTime) {
        self.misses = self.misses.saturating_add(1);
        if self.is_believed() {
            self.track.state = TrackState::Lost;
        }
        self.track.bbox = if self.waits() {
            self.place.anchor()
        } else {
            self.motion.predict(self.unseen_seconds(at))
        };
    }

    fn is_believed(&self) -> bool {
        self.track.state != TrackState::Tentative
    }

    fn is_remembered(&self, watched: Duration, lost_for: Duration) -> bool {
        let unseen_for = watched.saturating_sub(self.seen_watched);
        if self.is_believed() {
            self.misses < MISSES_TO_FORGET || unseen_for <= lost_for
        } else {
            self.misses < TENTATIVE_MISSES || unseen_for <= TENTATIVE_FOR
        }
    }

    fn waits(&self) -> bool {
        self.place.held_for() >= WAITS_AFTER
    }

    fn unseen_seconds(&self, at: CaptureTime) -> f32 {
        at.since(self.track.last_seen_at).as_secs_f32()
    }

    /// How well a box fits where the object should be, where it was seen last, or where it stands.
    fn overlap(&self, predicted: &BoundingBox, bbox: &BoundingBox) -> f32 {
        let best = predicted.iou(bbox).max(self.seen_box.iou(bbox));
        if self.waits() { best.max(self.place.anchor().iou(bbox)) } else { best }
    }

    fn knows_class_of(&self, sighting: &Sighting) -> bool {
        let all: f64 = self.votes.iter().map(|(_, sum)| sum).sum();
        let is_known =
            |class: &Class| self.votes.iter().any(|(c, sum)| c == class && *sum >= KNOWN_CLASS * all);
        sighting.votes.iter().any(|(class, _)| is_known(class))
    }

    fn count_votes(&mut self, sighting: &Sighting) {
        for (class, score) in &sighting.votes {
            match self.votes.iter_mut().find(|(known, _)| known == class) {
                Some((_, sum)) => *sum += f64::from(*score),
                None => self.votes.push((class.clone(), f64::from(*score))),
            }
        }
        let mut best: Option<&(Class, f64)> = None;
        for vote in &self.votes {
            if best.is_none_or(|b| vote.1 > b.1) {
                best = Some(vote);
            }
        }
        if let Some((class, _)) = best {
            self.track.class = class.clone();
        }
    }
}

