//! What doors and cameras tell checkpoints, as signals of the checkpoint: so its rules, its archive and
//! `retune` hear both in one order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use incident::{Crossed, EbikeSeen, Seen};
use intake::{DeviceHealth, Mailbox};
use rule::Slug;
use runtime::utc_now;
use scene::{
    BoundingBox, CaptureTime, Clock, ClockSource, DEVICE_POINT, Reading, Signal, SignalKind,
    SignalSource, SignalValue,
};
use tracing::debug;
use uuid::Uuid;

use super::health::CheckpointHealth;
use super::pictures::CrossingPictures;
use super::presence::Told;
use super::routes::CheckpointRoutes;
use crate::analysis::snapshot_maker::TakenPicture;

/// A device, and the camera that tells it.
type ByCamera = (Arc<str>, String);

/// What doors and cameras tell checkpoints. Cheap to clone: all clones are one.
#[derive(Clone)]
pub(crate) struct CheckpointFeed(Arc<Inner>);

struct Inner {
    mailbox: Arc<Mailbox>,
    routes: RwLock<Arc<CheckpointRoutes>>,
    pictures: CrossingPictures,
    /// By device: its open incident that an e-bike is part of.
    hazards: Mutex<BTreeMap<String, Uuid>>,
    /// How checkpoints are.
    health: Mutex<CheckpointHealth>,
    /// What was told of devices and by cameras.
    presence: Mutex<Told<(Arc<str>, String), bool>>,
    guards: Mutex<Told<(Arc<str>, Slug), bool>>,
    ebikes: Mutex<Told<ByCamera, (bool, bool)>>,
}

impl CheckpointFeed {
    /// Nobody is told of anything yet. Signals go to `mailbox`.
    pub(crate) fn new(mailbox: Arc<Mailbox>) -> Self {
        Self(Arc::new(Inner {
            mailbox,
            routes: RwLock::default(),
            pictures: CrossingPictures::default(),
            hazards: Mutex::default(),
            health: Mutex::default(),
            presence: Mutex::default(),
            guards: Mutex::default(),
            ebikes: Mutex::default(),
        }))
    }

    /// By these routes from now on. What lasts is told again.
    pub(crate) fn follow(&self, routes: CheckpointRoutes) {
        *self.0.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        lock(&self.0.presence).forget();
        lock(&self.0.guards).forget();
        lock(&self.0.ebikes).forget();
    }

    /// A checkpoint's health is written here from now on; without `health` no more.
    pub(crate) fn keep_health(&self, checkpoint: &str, health: Option<DeviceHealth>) {
        match health {
            Some(health) => lock(&self.0.health).put(checkpoint, health),
            None => lock(&self.0.health).remove(checkpoint),
        }
    }

    /// The pictures of people who crossed.
    pub(crate) fn pictures(&self) -> CrossingPictures {
        self.0.pictures.clone()
    }

    /// What each checkpoint hears of what a door said, as signals of the checkpoint, in the same order. What
    /// a checkpoint was told goes no further.
    pub(crate) fn heard<'a>(
        &self,
        said: impl Iterator<Item = &'a Signal>,
    ) -> BTreeMap<Arc<str>, Vec<Signal>> {
        let routes = self.routes();
        let mut heard: BTreeMap<Arc<str>, Vec<Signal>> = BTreeMap::new();
        for signal in said {
            let source = signal.source();
            for checkpoint in routes.hearing(source, signal.kind()) {
                let point = format!("{}/{}", source.device, source.point);
                let (reading, at) = (signal.reading(), signal.captured_at());
                let own = own((&checkpoint, &point), signal.kind(), reading, at);
                heard.entry(checkpoint).or_default().extend(own);
            }
        }
        heard
    }

    /// A device answers, or does not.
    pub(crate) fn tell_presence(&self, device: &str, is_there: bool) {
        let routes = self.routes();
        for checkpoint in routes.hearing_device(device) {
            lock(&self.0.health).note(&checkpoint, device, is_there);
            let key = (Arc::clone(&checkpoint), device.to_owned());
            if lock(&self.0.presence).is_news(key, is_there) {
                let point = format!("{device}/{DEVICE_POINT}");
                let reading = Reading::Good(SignalValue::Flag(is_there));
                self.post((&checkpoint, &point), SignalKind::Heartbeat, reading, utc_now());
            }
        }
    }

    /// What the rules of `camera` saw in the picture of `at`. `take` takes that picture, if it is needed.
    pub(crate) fn see(
        &self,
        (camera, at): (&str, CaptureTime),
        seen: &Seen,
        take: impl FnOnce(&[BoundingBox]) -> Result<TakenPicture, String>,
    ) {
        // A crossing cannot lie ahead of the moment in which it is heard.
        let moment = (camera, at.min(utc_now()));
        if !seen.crossed.is_empty() {
            self.tell_crossings(moment, &seen.crossed, take);
        }
        for (rule, is_there) in &seen.guards {
            self.tell_guard(moment, rule, *is_there);
        }
        if let Some(ebike) = seen.ebike {
            self.tell_ebike(moment, ebike);
        }
    }

    fn tell_crossings(
        &self,
        (camera, at): (&str, CaptureTime),
        crossed: &[Crossed],
        take: impl FnOnce(&[BoundingBox]) -> Result<TakenPicture, String>,
    ) {
        let routes = self.routes();
        let mut told = Vec::new();
        for crossed in crossed {
            let all = routes.told(camera, &crossed.rule).iter().filter(|route| !route.of_guard);
            told.extend(all.map(|route| (&route.checkpoint, crossed)));
        }
        let Some((_, first)) = told.first() else { return };
        let taken = take(&first.people);
        let taken = taken.inspect_err(|error| debug!(camera, error, "no picture of a crossing"));
        let taken = taken.ok().map(Arc::new);
        for (checkpoint, crossed) in told {
            if let Some(taken) = &taken {
                self.0.pictures.hold(checkpoint, at, taken);
            }
            let (sure, unsure) = (crossed.sure(), crossed.unsure);
            let people = |number: u32| SignalValue::Number(number.into());
            let readings =
                [(sure, Reading::Good(people(sure))), (unsure, Reading::Uncertain(people(unsure)))];
            for (_, reading) in readings.into_iter().filter(|(number, _)| *number > 0) {
                self.post((checkpoint, camera), SignalKind::Crossing, reading, at);
            }
        }
    }

    fn tell_guard(&self, (camera, at): (&str, CaptureTime), rule: &Slug, is_there: bool) {
        let routes = self.routes();
        for route in routes.told(camera, rule).iter().filter(|route| route.of_guard) {
            let key = (Arc::clone(&route.checkpoint), rule.clone());
            if lock(&self.0.guards).is_due(key, is_there) {
                let reading = Reading::Good(SignalValue::Flag(is_there));
                self.post((&route.checkpoint, camera), SignalKind::Guard, reading, at);
            }
        }
    }

    fn tell_ebike(&self, (camera, at): (&str, CaptureTime), ebike: EbikeSeen) {
        let routes = self.routes();
        let state = (ebike.stands, ebike.has_wire);
        for device in routes.beside.get(camera).into_iter().flatten() {
            if !lock(&self.0.ebikes).is_due((Arc::clone(device), camera.to_owned()), state) {
                continue;
            }
            // The wire first: the e-bike makes the incident, which then names it.
            let told =
                [(SignalKind::ChargingWire, ebike.has_wire), (SignalKind::Ebike, ebike.stands)];
            for (kind, is_so) in told {
                let reading = Reading::Good(SignalValue::Flag(is_so));
                self.post((device, camera), kind, reading, at);
            }
        }
    }

    /// Notes the incident of a device that an e-bike is part of, or that there is none.
    pub(crate) fn note_hazard(&self, device: &str, incident: Option<Uuid>) {
        let mut hazards = lock(&self.0.hazards);
        match incident {
            Some(incident) => drop(hazards.insert(device.to_owned(), incident)),
            None => drop(hazards.remove(device)),
        }
    }

    /// The open incident beside `camera` that its e-bikes are part of.
    pub(crate) fn hazard_at(&self, camera: &str) -> Option<Uuid> {
        let routes = self.routes();
        let devices = routes.beside.get(camera)?;
        let hazards = lock(&self.0.hazards);
        devices.iter().find_map(|device| hazards.get(&**device).copied())
    }

    fn routes(&self) -> Arc<CheckpointRoutes> {
        Arc::clone(&self.0.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The receipt is nobody's: who told it first was answered, or is a camera.
    fn post(
        &self,
        (device, point): (&Arc<str>, &str),
        kind: SignalKind,
        reading: Reading,
        at: CaptureTime,
    ) {
        if let Some(signal) = own((device, point), kind, reading, at) {
            drop(self.0.mailbox.post(signal));
        }
    }
}

/// The signal of a checkpoint, or of a device that a camera sees.
fn own(
    (device, point): (&Arc<str>, &str),
    kind: SignalKind,
    reading: Reading,
    at: CaptureTime,
) -> Option<Signal> {
    let source = SignalSource { device: Arc::clone(device), point: point.into() };
    // Two devices tell it, each in its time, so a step back is no set clock.
    let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
    let signal = Signal::new(source, kind, reading, at, clock);
    signal.inspect_err(|error| debug!(%error, "a signal for a checkpoint is none")).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
