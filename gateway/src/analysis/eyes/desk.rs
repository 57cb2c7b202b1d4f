//! What the eyes are told: every camera's seat, kept so that the next eye in a place can be told again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use camera::{GateCounts, Health, Learnt, SharedHealth};
use eye::{CameraNumber, ClipOrder, Death, EyeProcess, InferenceSettings, Order, Seat, Watch};

use runtime::plain_text;

use super::aftermath::{Aftermath, reason};
use super::desk_state::{State, end};
use super::recovery::{Recovery, Stage};
use super::roster::{Place, Roster};
use super::seat_kept::SeatKept;
use super::zone_files::ZoneFiles;
use crate::analysis::progress::Progress;

/// Clips that are waited for: more than the gateway ever orders at a time.
const MOST_CLIPS: usize = 512;

/// The most bytes of what an eye says of a camera.
const MOST_REASON_BYTES: usize = 300;

/// The same of why no pictures arrive, which may say what to do.
const MOST_HEALTH_BYTES: usize = 2_000;

/// Where orders for the eyes are given. Cheap to clone: all clones are one desk.
#[derive(Clone)]
pub(crate) struct EyeDesk(Arc<Mutex<State>>);

impl EyeDesk {
    /// For `cameras` cameras, looked at as `inference` says. How their zones look is kept in `zone_files`.
    pub(crate) fn new(
        cameras: usize,
        inference: &InferenceSettings,
        zone_files: Option<ZoneFiles>,
    ) -> Self {
        let by_rule = || Roster::places_for(cameras, inference.threads.get());
        let chosen = inference.eyes.and_then(|eyes| u32::try_from(eyes.get()).ok());
        let places = chosen.unwrap_or_else(by_rule);
        let roster = Roster::new(places);
        let lanes = inference.threads.get().div_ceil(roster.ordinary_places().len().max(1));
        let state = State {
            roster,
            seats: BTreeMap::new(),
            eyes: BTreeMap::new(),
            clips: BTreeMap::new(),
            recovery: Recovery::default(),
            stopping: false,
            lanes: u16::try_from(lanes).unwrap_or(u16::MAX),
            looks_twice: inference.second_look_dir.is_some(),
            finds_cables: inference.charging_wire_dir.is_some(),
            limits_memory: false,
            zone_files,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Gives a camera to an eye, which tells its `health` and what keeps it from its `progress`.
    pub(crate) fn take_in(&self, seat: Seat, health: SharedHealth, progress: Arc<Progress>) {
        let files = self.lock().zone_files.clone();
        let known = files.map(|files| files.read(&seat.stream.camera)).unwrap_or_default();
        let mut state = self.lock();
        let (camera, learnt_at) = (seat.camera, Instant::now());
        let place = state.roster.take_in(camera, learnt_at);
        state.seats.insert(camera, SeatKept::new(seat, learnt_at, (health, progress), known));
        state.hand_over(camera, place, learnt_at);
        state.limit_memory(place);
    }

    /// Takes a camera from its eye. Clips under way are still cut from what the eye has.
    pub(crate) fn take_out(&self, camera: CameraNumber) {
        let mut state = self.lock();
        let gone = state.seats.remove(&camera);
        state.leave(camera);
        let files = state.zone_files.clone();
        drop(state);
        // It may come back at once, with another stream.
        if let Some((files, gone)) = files.zip(gone)
            && let Some(references) = gone.references.at_hand_over()
        {
            files.write(&gone.seat.stream.camera, &references);
        }
    }

    /// Has a camera looked at in another way.
    pub(crate) fn watch(&self, camera: CameraNumber, watch: Watch) {
        let mut state = self.lock();
        let Some(kept) = state.seats.get_mut(&camera) else { return };
        let before = std::mem::replace(&mut kept.seat.watch, watch.clone());
        // Before the zones return, so that nothing is learned anew.
        let known = kept.references.of(&watch.standing);
        let returning: Vec<_> =
            known.filter(|it| !before.standing.contains(&it.zone)).cloned().collect();
        for reference in returning {
            state.tell_eye_of(camera, &Order::Refer { camera, reference });
        }
        if before.standing != watch.standing
            && let Some(place) = state.roster.place_of(camera)
        {
            state.limit_memory(place);
        }
        state.tell_eye_of(camera, &Order::Watch { camera, watch });
    }

    /// What stands in a zone now belongs there. False if the zone is not watched for it.
    pub(crate) fn mark_free(&self, camera: &str, zone: &str) -> bool {
        let mut state = self.lock();
        let is_it = |kept: &&mut SeatKept| {
            kept.seat.stream.camera == camera
                && kept.seat.watch.standing.iter().any(|it| it.id == zone)
        };
        let Some(kept) = state.seats.values_mut().find(is_it) else { return false };
        kept.references.free(zone, Instant::now());
        let camera = kept.seat.camera;
        state.tell_eye_of(camera, &Order::Free { camera, zone: zone.to_owned() });
        true
    }

    /// Has an eye forget what it keeps of a camera for clips, and keep nothing more.
    pub(crate) fn forget_footage(&self, camera: CameraNumber) {
        let mut state = self.lock();
        if let Some(kept) = state.seats.get_mut(&camera) {
            kept.seat.footage = None;
        }
        state.clips.retain(|_, (_, order)| order.camera != camera);
        state.tell_eye_of(camera, &Order::ForgetFootage(camera));
    }

    /// Has a clip cut.
    pub(crate) fn cut_clip(&self, order: ClipOrder) {
        let mut state = self.lock();
        let Some(place) = state.roster.place_of(order.camera) else { return };
        state.tell(place, &Order::CutClip(order.clone()));
        state.clips.insert(order.job, (place, order));
        // Those of cameras that went may never be answered.
        while state.clips.len() > MOST_CLIPS {
            state.clips.pop_first();
        }
    }

    /// A clip was answered. False if nobody waits for it.
    pub(super) fn clip_answered(&self, job: u64) -> bool {
        self.lock().clips.remove(&job).is_some()
    }

    /// A camera's eye tells how it is.
    pub(super) fn health_told(&self, at: (Place, CameraNumber), health: Health) {
        let mut state = self.lock();
        let Some(kept) = state.kept_at(at) else { return };
        let delivers = matches!(health, Health::Online { .. });
        kept.health.set(match health {
            Health::Offline { reason } => {
                Health::Offline { reason: plain_text(&reason, MOST_HEALTH_BYTES) }
            }
            online @ Health::Online { .. } => online,
        });
        if delivers {
            state.recovery.has_come_to(Stage::Delivers, at.1, Instant::now());
        }
    }

    /// A camera has granted its eye a session.
    pub(super) fn answered(&self, at: (Place, CameraNumber)) {
        let mut state = self.lock();
        if state.kept_at(at).is_some() {
            state.recovery.has_come_to(Stage::Answered, at.1, Instant::now());
        }
    }

    /// A camera's eye tells what its sessions have taught. The next eye is told so.
    pub(super) fn learnt(&self, at: (Place, CameraNumber), learnt: Learnt) {
        let mut state = self.lock();
        if state.kept_at(at).is_some()
            && let Some(kept) = state.seats.get_mut(&at.1)
        {
            (kept.seat.learnt, kept.learnt_at) = (learnt, Instant::now());
        }
    }

    /// A due picture was not analysed, and why.
    pub(super) fn stumbled(&self, at: (Place, CameraNumber), reason: &str) {
        if let Some(kept) = self.lock().kept_at(at) {
            kept.progress.stumble(plain_text(reason, MOST_REASON_BYTES));
        }
    }

    /// The eye in `place` has analysed a picture of this camera. False if it has no such camera.
    pub(super) fn analysed(&self, at: (Place, CameraNumber)) -> bool {
        let mut state = self.lock();
        let has = state.kept_at(at).is_some();
        if has {
            state.recovery.has_come_to(Stage::Analysed, at.1, Instant::now());
        }
        has
    }

    /// What became of the access units of cameras.
    pub(super) fn gates_told(&self, place: Place, counts: Vec<(CameraNumber, GateCounts)>) {
        let state = self.lock();
        for (camera, counts) in counts {
            if let Some(kept) = state.kept_at((place, camera)) {
                kept.progress.pass_gate(counts);
            }
        }
    }

    /// The places for all cameras.
    pub(super) fn ordinary_places(&self) -> Vec<Place> {
        self.lock().roster.ordinary_places()
    }

    /// How many pictures each eye looks at side by side.
    pub(super) fn lanes(&self) -> u16 {
        self.lock().lanes
    }

    /// Whether this place is for a single camera.
    pub(super) fn is_quarantine(&self, place: Place) -> bool {
        self.lock().roster.is_quarantine(place)
    }

    /// Whether the kernel limits the memory of eyes.
    pub(crate) fn limits_memory(&self) -> bool {
        self.lock().limits_memory
    }

    /// Whether [`EyeDesk::stop`] was called.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// The names of the cameras in `place`.
    pub(super) fn names_of(&self, place: Place) -> Vec<String> {
        self.lock().names_of(place)
    }

    /// The next eye of `place` is ready: it is told of all its cameras. False if the gateway stops.
    pub(super) fn install(&self, place: Place, eye: Arc<EyeProcess>, now: Instant) -> bool {
        let mut state = self.lock();
        if state.stopping || !state.roster.knows(place) {
            return false;
        }
        state.roster.born(place, now);
        state.eyes.insert(place, eye);
        state.limit_memory(place);
        for camera in state.roster.cameras_of(place) {
            state.hand_over(camera, place, now);
        }
        true
    }

    /// The eye of `place` died.
    pub(super) fn died(&self, place: Place, death: &Death, now: Instant) -> Aftermath {
        let mut state = self.lock();
        state.eyes.remove(&place);
        let cameras = state.roster.cameras_of(place);
        let is_alone = state.roster.is_quarantine(place);
        if !state.stopping {
            for camera in &cameras {
                if let Some(kept) = state.seats.get_mut(camera) {
                    kept.references.distrust(now);
                }
            }
        }
        let consequence = state.roster.died(place, (&death.suspects, death.perhaps), now);
        // A camera that has itself to thank for it waits for longer.
        let innocent = |it: &&CameraNumber| !is_alone && !consequence.quarantined.contains(it);
        for camera in cameras.iter().filter(innocent) {
            let health = state.seats.get(camera).and_then(|kept| kept.health.get());
            if matches!(health, Some(Health::Online { .. })) {
                let since = now.checked_sub(death.idle_for).unwrap_or(now);
                state.recovery.begins(*camera, since);
            }
        }
        consequence.quarantined.iter().for_each(|camera| state.recovery.forget(*camera));
        // Those beyond the most go to an eye that runs already.
        for camera in &consequence.quarantined {
            if let Some(theirs) = state.roster.place_of(*camera) {
                state.hand_over(*camera, theirs, now);
                state.limit_memory(theirs);
            }
        }
        let by_camera = is_alone && (!death.suspects.is_empty() || death.perhaps.is_some());
        let harmful = consequence.quarantined.iter().chain(cameras.iter().filter(|_| by_camera));
        for kept in harmful.filter_map(|camera| state.seats.get(camera)) {
            kept.progress.shut_out();
        }
        let names = |cameras: &[CameraNumber]| -> Vec<String> {
            let kept = cameras.iter().filter_map(|camera| state.seats.get(camera));
            kept.map(|kept| kept.seat.stream.camera.clone()).collect()
        };
        let pause = consequence.pause;
        if !pause.is_zero() && !state.stopping {
            let reason = reason(&death.cause, is_alone, pause);
            for kept in cameras.iter().filter_map(|camera| state.seats.get(camera)) {
                kept.health.set(Health::Offline { reason: reason.clone() });
            }
        }
        Aftermath { quarantined: names(&consequence.quarantined), cameras: names(&cameras), pause }
    }

    /// The places whose next eye is to be started now.
    pub(super) fn due(&self, now: Instant) -> Vec<Place> {
        let mut state = self.lock();
        if state.stopping { Vec::new() } else { state.roster.due(now) }
    }

    /// Cameras that were in quarantine for long enough go back to the others. Answers their names.
    pub(super) fn pardon(&self, now: Instant) -> Vec<String> {
        let mut state = self.lock();
        let pardoned = state.roster.pardon(now);
        for (camera, left) in &pardoned {
            if let Some(eye) = state.eyes.remove(left) {
                end(&eye);
            }
            if let Some(place) = state.roster.place_of(*camera) {
                state.hand_over(*camera, place, now);
                state.limit_memory(place);
            }
        }
        let names = pardoned.iter().filter_map(|(camera, _)| state.seats.get(camera));
        names.map(|kept| kept.seat.stream.camera.clone()).collect()
    }

    /// All eyes at work.
    pub(super) fn eyes(&self) -> Vec<(Place, Arc<EyeProcess>)> {
        let state = self.lock();
        state.eyes.iter().map(|(place, eye)| (*place, Arc::clone(eye))).collect()
    }

    /// Tells every eye to stop; none follows.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        for eye in state.eyes.values() {
            drop(eye.send(&Order::Stop));
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
