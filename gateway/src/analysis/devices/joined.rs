//! The picture of a door's alert, which its camera takes: ordered, waited for, attached.
//!
//! The alert waits for it for two seconds. If the camera is blind, away or busy, the alert goes without and
//! says so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use incident::IncidentEvent;
use incident::alert::{Action, Evidence, EvidenceRole};
use intake::Voucher;
use rule::Slug;
use tracing::warn;

use crate::camera_order::{CameraOrder, CameraOrders};

/// An alert waits no longer than this for its picture.
const LONGEST: Duration = Duration::from_secs(2);
/// Cameras that are asked at once. Further alerts go without a picture.
const MOST_ASKED: usize = 8;

/// The cameras that doors and sensors name.
#[derive(Clone)]
pub(crate) struct Witnesses {
    cameras: Arc<dyn CameraOrders + Sync>,
    asked: Arc<AtomicUsize>,
}

/// A picture that may be on its way.
#[derive(Clone, Default)]
struct Plate(Arc<Mutex<Option<Result<Evidence, String>>>>);

/// Events that wait for a picture, in the order in which they were raised.
pub(super) struct Joined {
    camera: Slug,
    pub(super) events: Vec<IncidentEvent>,
    /// Of the signals that raised them.
    pub(super) vouchers: Vec<Voucher>,
    plate: Plate,
    since: Instant,
}

impl Witnesses {
    /// These cameras.
    pub(crate) fn new(cameras: Arc<dyn CameraOrders + Sync>) -> Self {
        Self { cameras, asked: Arc::default() }
    }

    /// Asks `camera` for a picture of this moment, without waiting for its turn.
    fn ask(&self, camera: &Slug) -> Plate {
        let plate = Plate::default();
        if self.asked.fetch_add(1, Ordering::Relaxed) >= MOST_ASKED {
            self.asked.fetch_sub(1, Ordering::Relaxed);
            plate.put(Err("too many cameras are asked at once".to_owned()));
            return plate;
        }
        let (cameras, asked) = (Arc::clone(&self.cameras), Arc::clone(&self.asked));
        let (camera, shown) = (camera.to_string(), plate.clone());
        let thread = std::thread::Builder::new().name("witness".into());
        let started = thread.spawn(move || {
            let answer = shown.clone();
            let order = CameraOrder::Snapshot(Arc::new(move |outcome| answer.put(outcome)));
            if !cameras.order(Some(&camera), &order) {
                shown.put(Err("it is not at work".to_owned()));
            }
            asked.fetch_sub(1, Ordering::Relaxed);
        });
        if let Err(error) = started {
            self.asked.fetch_sub(1, Ordering::Relaxed);
            plate.put(Err(error.to_string()));
        }
        plate
    }
}

impl Plate {
    fn put(&self, outcome: Result<Evidence, String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    fn get(&self) -> Option<Result<Evidence, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Joined {
    /// Waits for what `camera` shows now, if one of `events` opens an alert; else gives the events back.
    pub(super) fn begin(
        events: Vec<IncidentEvent>,
        vouchers: Vec<Voucher>,
        (witnesses, camera): (&Witnesses, &Slug),
    ) -> Self {
        let plate = witnesses.ask(camera);
        Self { camera: camera.clone(), events, vouchers, plate, since: Instant::now() }
    }

    /// Whether the picture is there, or there will be none.
    pub(super) fn is_over(&self) -> bool {
        self.plate.get().is_some() || self.since.elapsed() >= LONGEST
    }

    /// The events, those that open an alert with the picture, or with a word that there is none. Gives the
    /// picture, too.
    pub(super) fn end(self) -> (Vec<IncidentEvent>, Vec<Voucher>) {
        let Self { camera, mut events, vouchers, plate, .. } = self;
        let shown = plate.get().unwrap_or_else(|| Err("no picture came in time".to_owned()));
        let lacks_one = |event: &&mut IncidentEvent| {
            event.alert.action == Action::Open && event.alert.evidence.is_empty()
        };
        for event in events.iter_mut().filter(lacks_one) {
            match &shown {
                Ok(evidence) => event.alert.attach(of_alert(evidence, event.alert.seq)),
                Err(reason) => {
                    warn!(%camera, reason, alert = %event.alert.alert_id, "a door's alert goes without a picture");
                    let words = format!("；关联摄像机{camera}当前无画面，未能取得现场照片");
                    event.alert.description.push_str(&words);
                }
            }
        }
        (events, vouchers)
    }
}

/// Whether an event opens an alert that has no picture yet.
pub(super) fn opens(events: &[IncidentEvent]) -> bool {
    let lacks_one = |it: &IncidentEvent| it.alert.evidence.is_empty();
    events.iter().any(|event| event.alert.action == Action::Open && lacks_one(event))
}

/// The picture under the name that it has in the alert.
fn of_alert(shown: &Evidence, seq: u32) -> Evidence {
    let id = Slug::new(&format!("report-{seq}")).unwrap_or_else(|_| shown.id.clone());
    Evidence { id, role: EvidenceRole::Report, ..shown.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No camera has this one.
    struct Nobody;

    impl CameraOrders for Nobody {
        fn order(&self, _: Option<&str>, _: &CameraOrder<'_>) -> bool {
            false
        }
    }

    #[test]
    fn a_camera_that_is_not_at_work_is_not_waited_for() {
        let witnesses = Witnesses::new(Arc::new(Nobody));
        let camera = Slug::new("cam-1").unwrap();
        let joined = Joined::begin(Vec::new(), Vec::new(), (&witnesses, &camera));
        let begun = Instant::now();
        while !joined.is_over() {
            std::thread::yield_now();
        }
        assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
        assert_eq!(joined.plate.get(), Some(Err("it is not at work".to_owned())));
        assert_eq!(witnesses.asked.load(Ordering::Relaxed), 0, "none is asked any more");
    }
}
