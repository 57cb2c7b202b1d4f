//! Which camera is with which eye, and who is to blame when an eye dies. Pure: time is handed in.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eye::CameraNumber;

/// A place for an eye. An eye that dies is followed by another in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u32);

impl Place {
    /// Where the spare eye waits. No camera ever sits there.
    pub(super) const SPARE: Self = Self(u32::MAX);
}

/// A camera that had this many eyes die on it gets an eye of its own.
const STRIKES: usize = 2;

/// Deaths that lie further back are forgiven.
const MEMORY: Duration = Duration::from_secs(30 * 60);

/// A camera in quarantine that did no harm for this long goes back to the others.
const PROBATION: Duration = Duration::from_secs(10 * 60);

/// Eyes for single cameras at a time: each costs memory. More cameras than that share them.
const MOST_QUARANTINED: usize = 8;

/// An eye that lived for this long after its start has looked at its cameras. One that has not is in a
/// loop of crashes, and must not take the processor from the others.
const GOOD_LIFE: Duration = Duration::from_secs(1);

/// How long a place waits for its next eye, by how many in a row died young. The first two wait for
/// nothing: their cameras must see again within two seconds.
const PAUSES_SECS: [u64; 6] = [0, 0, 1, 2, 5, 15];

/// The same for an eye whose only camera is known to kill it.
const QUARANTINE_PAUSES_SECS: [u64; 5] = [15, 30, 60, 120, 300];

/// Cameras that one eye takes before there is another eye.
pub(super) const CAMERAS_PER_EYE: usize = 64;

/// Who is where.
#[derive(Debug)]
pub(super) struct Roster {
    places: BTreeMap<Place, PlaceState>,
    seats: BTreeMap<CameraNumber, Place>,
    strikes: BTreeMap<CameraNumber, Vec<Instant>>,
    next: u32,
}

#[derive(Debug, Clone, Default)]
struct PlaceState {
    is_quarantine: bool,
    /// None: an eye is there, or starts.
    starts_at: Option<Instant>,
    born_at: Option<Instant>,
    young_deaths: usize,
}

/// What a death changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Consequence {
    /// Cameras that go to an eye of their own.
    pub(super) quarantined: Vec<CameraNumber>,
    /// How long the place stays empty.
    pub(super) pause: Duration,
}

impl Roster {
    /// With this many places for all cameras.
    pub(super) fn new(places: u32) -> Self {
        let ordinary = (0..places).map(|place| (Place(place), PlaceState::default()));
        Self {
            places: ordinary.collect(),
            seats: BTreeMap::new(),
            strikes: BTreeMap::new(),
            next: places,
        }
    }

    /// How many eyes there should be for this many cameras on this many threads.
    pub(super) fn places_for(cameras: usize, threads: usize) -> u32 {
        let by_cameras = cameras.div_ceil(CAMERAS_PER_EYE);
        let places = threads.min(cameras).max(by_cameras).max(1);
        u32::try_from(places).unwrap_or(u32::MAX)
    }

    /// The places for all cameras.
    pub(super) fn ordinary_places(&self) -> Vec<Place> {
        let ordinary = self.places.iter().filter(|(_, state)| !state.is_quarantine);
        ordinary.map(|(place, _)| *place).collect()
    }

    /// Gives a camera a seat in the ordinary place with the fewest. If all are full there will be one
    /// more.
    pub(super) fn take_in(&mut self, camera: CameraNumber, now: Instant) -> Place {
        let taken = |place: Place| self.seats.values().filter(|seat| **seat == place).count();
        let place = self.ordinary_places().into_iter().min_by_key(|place| taken(*place));
        let place = place.filter(|place| taken(*place) < CAMERAS_PER_EYE);
        let place = place.unwrap_or_else(|| self.add_place(false, now));
        self.seats.insert(camera, place);
        place
    }

    /// Forgets a camera. Answers the place that nobody needs any more.
    pub(super) fn take_out(&mut self, camera: CameraNumber) -> Option<Place> {
        self.strikes.remove(&camera);
        let place = self.seats.remove(&camera)?;
        let is_over = self.is_quarantine(place) && self.cameras_of(place).is_empty();
        is_over.then(|| self.give_up(place)).flatten()
    }

    /// Where a camera is.
    pub(super) fn place_of(&self, camera: CameraNumber) -> Option<Place> {
        self.seats.get(&camera).copied()
    }

    /// Whether there is such a place, still.
    pub(super) fn knows(&self, place: Place) -> bool {
        self.places.contains_key(&place)
    }

    /// Who is in a place.
    pub(super) fn cameras_of(&self, place: Place) -> Vec<CameraNumber> {
        let seats = self.seats.iter().filter(|(_, seat)| **seat == place);
        seats.map(|(camera, _)| *camera).collect()
    }

    /// Whether this place is for a single camera.
    pub(super) fn is_quarantine(&self, place: Place) -> bool {
        self.places.get(&place).is_some_and(|state| state.is_quarantine)
    }

    /// An eye in `place` died.
    pub(super) fn died(
        &mut self,
        place: Place,
        (suspects, perhaps): (&[CameraNumber], Option<CameraNumber>),
        now: Instant,
    ) -> Consequence {
        let Some(state) = self.places.get_mut(&place) else { return Consequence::default() };
        let lived = state.born_at.take().map(|born_at| now.duration_since(born_at));
        // A camera that is known to kill does so when it has connected, not at once.
        let is_bad = state.is_quarantine || lived.is_none_or(|lived| lived < GOOD_LIFE);
        state.young_deaths = if is_bad { state.young_deaths + 1 } else { 0 };
        let pauses: &[u64] =
            if state.is_quarantine { &QUARANTINE_PAUSES_SECS } else { &PAUSES_SECS };
        let at = state.young_deaths.saturating_sub(usize::from(state.is_quarantine));
        let secs = pauses.get(at.min(pauses.len() - 1)).copied().unwrap_or(0);
        let pause = Duration::from_secs(secs);
        state.starts_at = Some(now + pause);
        let is_quarantine = state.is_quarantine;
        let mut quarantined = Vec::new();
        // An eye can be killed by nobody's cameras but its own.
        let its_own = |suspect: &CameraNumber| self.seats.get(suspect) == Some(&place);
        let suspects: Vec<CameraNumber> = suspects.iter().copied().filter(its_own).collect();
        let perhaps = perhaps.filter(its_own);
        for suspect in suspects.into_iter().filter(|_| !is_quarantine) {
            if self.strike(suspect, now) {
                self.quarantine(suspect, now);
                quarantined.push(suspect);
            }
        }
        if let Some(camera) = perhaps.filter(|_| !is_quarantine) {
            let has_enough = self.strike(camera, now);
            if !quarantined.is_empty() {
                // It was another one.
                self.strikes.remove(&camera);
            } else if has_enough {
                self.quarantine(camera, now);
                quarantined.push(camera);
            }
        }
        Consequence { quarantined, pause }
    }

    /// Counts a death against a camera; answers whether it has had enough of them.
    fn strike(&mut self, camera: CameraNumber, now: Instant) -> bool {
        let strikes = self.strikes.entry(camera).or_default();
        strikes.retain(|at| now.duration_since(*at) < MEMORY);
        strikes.push(now);
        strikes.len() >= STRIKES
    }

    fn quarantine(&mut self, camera: CameraNumber, now: Instant) {
        let quarantines = self.places.iter().filter(|(_, state)| state.is_quarantine);
        let quarantines: Vec<Place> = quarantines.map(|(place, _)| *place).collect();
        // Beyond that they must share: better with each other than with cameras that do no harm.
        let shared = quarantines.iter().min_by_key(|place| self.cameras_of(**place).len());
        let place = match shared {
            Some(shared) if quarantines.len() >= MOST_QUARANTINED => *shared,
            _ => self.add_place(true, now),
        };
        self.seats.insert(camera, place);
    }

    fn add_place(&mut self, is_quarantine: bool, now: Instant) -> Place {
        let place = Place(self.next);
        self.next += 1;
        let state = PlaceState { is_quarantine, starts_at: Some(now), ..PlaceState::default() };
        self.places.insert(place, state);
        place
    }

    /// The places whose next eye is to be started now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Place> {
        let due = |state: &PlaceState| state.starts_at.is_some_and(|at| at <= now);
        let due = self.places.iter_mut().filter(|(_, state)| due(state));
        due.map(|(place, state)| {
            state.starts_at = None;
            *place
        })
        .collect()
    }

    /// An eye in `place` is ready.
    pub(super) fn born(&mut self, place: Place, now: Instant) {
        if let Some(state) = self.places.get_mut(&place) {
            state.born_at = Some(now);
        }
    }

    /// Cameras that have been in quarantine for long enough without harm, and their places, which are
    /// given up: the cameras go back to the others.
    pub(super) fn pardon(&mut self, now: Instant) -> Vec<(CameraNumber, Place)> {
        let served = |state: &PlaceState| {
            let born_at = state.born_at.filter(|_| state.is_quarantine);
            born_at.is_some_and(|born_at| now.duration_since(born_at) >= PROBATION)
        };
        let served: Vec<Place> =
            self.places.iter().filter(|(_, it)| served(it)).map(|(place, _)| *place).collect();
        let mut pardoned = Vec::new();
        for place in served {
            for camera in self.cameras_of(place) {
                self.strikes.remove(&camera);
                self.take_in(camera, now);
                pardoned.push((camera, place));
            }
            self.give_up(place);
        }
        pardoned
    }

    fn give_up(&mut self, place: Place) -> Option<Place> {
        self.places.remove(&place).map(|_| place)
    }
}

#[cfg(test)]
mod tests;
