//! What the desk of the eyes knows: who is where, and what each is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use eye::{CameraNumber, ClipOrder, EyeProcess, Order, Seat};

use super::memory_limit::memory_limit;
use super::recovery::{Recovery, Stage};
use super::roster::{Place, Roster};
use super::seat_kept::SeatKept;
use super::zone_files::ZoneFiles;

/// What the desk of the eyes knows.
pub(super) struct State {
    pub(super) roster: Roster,
    pub(super) seats: BTreeMap<CameraNumber, SeatKept>,
    pub(super) eyes: BTreeMap<Place, Arc<EyeProcess>>,
    /// Not answered yet, and who has them.
    pub(super) clips: BTreeMap<u64, (Place, ClipOrder)>,
    pub(super) recovery: Recovery,
    pub(super) stopping: bool,
    /// Of each eye.
    pub(super) lanes: u16,
    /// There is a model that looks at crops, in each lane.
    pub(super) looks_twice: bool,
    /// They have a net that finds new cables.
    pub(super) finds_cables: bool,
    /// Whether the kernel limits what eyes hold; as the latest of them was told.
    pub(super) limits_memory: bool,
    /// Where it is kept how zones look; none if nowhere.
    pub(super) zone_files: Option<ZoneFiles>,
}

impl State {
    /// The camera, if it is with the eye in that place: an eye says nothing of cameras of others.
    pub(super) fn kept_at(&self, (place, camera): (Place, CameraNumber)) -> Option<&SeatKept> {
        let is_there = self.roster.place_of(camera) == Some(place);
        self.seats.get(&camera).filter(|_| is_there)
    }

    /// An eye that is gone or deaf dies, and the next one in its place is told everything.
    pub(super) fn tell(&self, place: Place, order: &Order) {
        if let Some(eye) = self.eyes.get(&place) {
            drop(eye.send(order));
        }
    }

    /// Tells the eye in `place`, if there is one, all that it must know of a camera: its seat, and the
    /// clips that it owes. What they show begins with its session.
    pub(super) fn hand_over(&mut self, camera: CameraNumber, place: Place, now: Instant) {
        let Some(kept) = self.seats.get(&camera).filter(|_| self.eyes.contains_key(&place)) else {
            return;
        };
        let learnt = kept.seat.learnt.aged(now.duration_since(kept.learnt_at));
        let seat = Seat { learnt, ..kept.seat.clone() };
        self.tell(place, &Order::TakeIn(Box::new(seat)));
        for reference in kept.references.of(&kept.seat.watch.standing) {
            let reference = reference.clone();
            self.tell(place, &Order::Refer { camera, reference });
        }
        for zone in kept.references.freed(&kept.seat.watch.standing, now) {
            self.tell(place, &Order::Free { camera, zone: zone.to_owned() });
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

    pub(super) fn tell_eye_of(&self, camera: CameraNumber, order: &Order) {
        if let Some(place) = self.roster.place_of(camera) {
            self.tell(place, order);
        }
    }

    /// The camera is in no eye any more.
    pub(super) fn leave(&mut self, camera: CameraNumber) {
        self.recovery.forget(camera);
        let Some(place) = self.roster.place_of(camera) else { return };
        self.tell(place, &Order::TakeOut(camera));
        if let Some(empty) = self.roster.take_out(camera)
            && let Some(eye) = self.eyes.remove(&empty)
        {
            end(&eye);
        }
    }

    pub(super) fn names_of(&self, place: Place) -> Vec<String> {
        let kept = self.roster.cameras_of(place).into_iter().filter_map(|it| self.seats.get(&it));
        kept.map(|kept| kept.seat.stream.camera.clone()).collect()
    }

    pub(super) fn limit_memory(&mut self, place: Place) {
        let Some(eye) = self.eyes.get(&place) else { return };
        let cameras = self.roster.cameras_of(place);
        let seats = cameras.iter().filter_map(|camera| self.seats.get(camera));
        let bytes = memory_limit(
            (self.lanes, self.looks_twice, self.finds_cables),
            seats.map(|kept| &kept.seat),
        );
        self.limits_memory = eye.limit_memory(bytes);
    }
}

/// Ends an eye whose only camera is gone. Nothing that it has in hand is of use.
pub(super) fn end(eye: &EyeProcess) {
    drop(eye.send(&Order::Stop));
    eye.kill("its camera is gone", &[]);
}
