//! What the eyes are told: every camera's seat, kept so that the next eye in a place can be told again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use camera::{GateCounts, Health, Learnt, SharedHealth};
use eye::{
    CameraNumber, ClipOrder, Death, EyeProcess, InferenceSettings, Order, Reference, Seat, Watch,
};

use runtime::plain_text;

use super::aftermath::{Aftermath, reason};
use super::memory_limit::memory_limit;
use super::recovery::{Recovery, Stage};
use super::roster::{Place, Roster};
use super::seat_kept::SeatKept;
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

struct State {
    roster: Roster,
    seats: BTreeMap<CameraNumber, SeatKept>,
    eyes: BTreeMap<Place, Arc<EyeProcess>>,
    /// Not answered yet, and who has them.
    clips: BTreeMap<u64, (Place, ClipOrder)>,
    recovery: Recovery,
    stopping: bool,
    /// Of each eye.
    lanes: u16,
    /// Whether the kernel limits what eyes hold; as the latest of them was told.
    limits_memory: bool,
}

impl EyeDesk {
    /// For `cameras` cameras, looked at as `inference` says.
    pub(crate) fn new(cameras: usize, inference: &InferenceSettings) -> Self {
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
            limits_memory: false,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Gives a camera to an eye, which tells its `health` and what keeps it from its `progress`.
    pub(crate) fn take_in(&self, seat: Seat, health: SharedHealth, progress: Arc<Progress>) {
        let mut state = self.lock();
        let (camera, learnt_at) = (seat.camera, Instant::now());
        let place = state.roster.take_in(camera, learnt_at);
        state.seats.insert(camera, SeatKept::new(seat, learnt_at, (health, progress)));
        state.hand_over(camera, place, learnt_at);
        state.limit_memory(place);
    }

    /// Takes a camera from its eye. Clips under way are still cut from what the eye has.
    pub(crate) fn take_out(&self, camera: CameraNumber) {
        let mut state = self.lock();
        state.seats.remove(&camera);
        state.recovery.forget(camera);
        let Some(place) = state.roster.place_of(camera) else { return };
        state.tell(place, &Order::TakeOut(camera));
        if let Some(empty) = state.roster.take_out(camera)
            && let Some(eye) = state.eyes.remove(&empty)
        {
            end(&eye);
        }
    }

    /// Has a camera looked at in another way.
    pub(crate) fn watch(&self, camera: CameraNumber, watch: Watch) {
        let mut state = self.lock();
        let Some(kept) = state.seats.get_mut(&camera) else { return };
        let before = std::mem::replace(&mut kept.seat.watch, watch.clone());
        if before.standing != watch.standing
            && let Some(place) = state.roster.place_of(camera)
        {
            state.limit_memory(place);
        }
        state.tell_eye_of(camera, &Order::Watch { camera, watch });
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

    /// A camera's eye tells how a zone looks when nothing new stands in it. The next eye is told so.
    pub(super) fn refers(&self, at: (Place, CameraNumber), reference: Reference) {
        let mut state = self.lock();
        if state.kept_at(at).is_some()
            && let Some(kept) = state.seats.get_mut(&at.1)
        {
            kept.references.keep(reference, &kept.seat.watch);
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The camera, if it is with the eye in that place: an eye says nothing of cameras of others.
    fn kept_at(&self, (place, camera): (Place, CameraNumber)) -> Option<&SeatKept> {
        let is_there = self.roster.place_of(camera) == Some(place);
        self.seats.get(&camera).filter(|_| is_there)
    }

    /// An eye that is gone or deaf dies, and the next one in its place is told everything.
    fn tell(&self, place: Place, order: &Order) {
        if let Some(eye) = self.eyes.get(&place) {
            drop(eye.send(order));
        }
    }

    /// Tells the eye in `place`, if there is one, all that it must know of a camera: its seat, and the
    /// clips that it owes. What they show begins with its session.
    fn hand_over(&mut self, camera: CameraNumber, place: Place, now: Instant) {
        let Some(kept) = self.seats.get(&camera).filter(|_| self.eyes.contains_key(&place)) else {
            return;
        };
        let learnt = kept.seat.learnt.aged(now.duration_since(kept.learnt_at));
        let seat = Seat { learnt, ..kept.seat.clone() };
        self.tell(place, &Order::TakeIn(Box::new(seat)));
        for reference in kept.references.of(&kept.seat.watch) {
            let reference = reference.clone();
            self.tell(place, &Order::Refer { camera, reference });
        }
        self.recovery.has_come_to(Stage::Asked, camera, now);
        let orders = self.clips.values_mut().filter(|(_, order)| order.camera == camera);
        let owed: Vec<ClipOrder> = orders
            .map(|(with, order)| {
                *with = place;
                order.clone()
            })
            .collect();
        for order in owed {
            self.tell(place, &Order::CutClip(order));
        }
    }

    fn tell_eye_of(&self, camera: CameraNumber, order: &Order) {
        if let Some(place) = self.roster.place_of(camera) {
            self.tell(place, order);
        }
    }

    fn names_of(&self, place: Place) -> Vec<String> {
        let kept = self.roster.cameras_of(place).into_iter().filter_map(|it| self.seats.get(&it));
        kept.map(|kept| kept.seat.stream.camera.clone()).collect()
    }

    fn limit_memory(&mut self, place: Place) {
        let Some(eye) = self.eyes.get(&place) else { return };
        let cameras = self.roster.cameras_of(place);
        let seats = cameras.iter().filter_map(|camera| self.seats.get(camera));
        let bytes = memory_limit(self.lanes, seats.map(|kept| &kept.seat));
        self.limits_memory = eye.limit_memory(bytes);
    }
}

/// Ends an eye whose only camera is gone. Nothing that it has in hand is of use.
fn end(eye: &EyeProcess) {
    drop(eye.send(&Order::Stop));
    eye.kill("its camera is gone", &[]);
}
