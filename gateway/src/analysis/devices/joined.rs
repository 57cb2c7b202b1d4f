//! The camera that sees a door or sensor: asked for a picture when an alert opens, and told of in an update.
//!
//! The alert waits for nobody: it says that the camera was asked, or that it shows nothing, and why.

use std::sync::Arc;
use std::time::{Duration, Instant};

use incident::alert::{Action, CameraWitness, Evidence, EvidenceRole, Sight};
use incident::{Assessor, IncidentEvent};
use rule::Slug;
use runtime::utc_now;
use scene::CaptureTime;
use tracing::warn;
use uuid::Uuid;

use super::plate::Plate;
use crate::analysis::camera_list::CameraList;
use crate::analysis::clips::ClipMaker;
use crate::camera_order::{CameraOrder, CameraOrders};

/// An alert is told without a picture if none has come within this time.
const LONGEST: Duration = Duration::from_millis(1_800);
/// A picture that comes later than that is told of after all, up to this time.
const LATEST: Duration = Duration::from_mins(1);
/// What happened longer ago than this is not what a camera shows now: a device told what it had stored.
const PRESENT: Duration = Duration::from_secs(10);
/// Clips that one device waits for, and late pictures.
const MOST_CLIPS: usize = 64;

/// The cameras that doors and sensors name.
#[derive(Clone)]
pub(crate) struct Witnesses {
    cameras: Arc<dyn CameraOrders + Sync>,
    list: CameraList,
}

/// What a device's pipeline waits for of the camera that sees it.
#[derive(Default)]
pub(super) struct Joined {
    asked: Vec<Asked>,
    /// Those whose alerts were told without a picture, because it did not come in time.
    late: Vec<Asked>,
    /// The alerts whose clip is being cut, and how long that is waited for.
    clips: Vec<(Uuid, Instant)>,
}

/// A camera that was asked, and for which alerts.
struct Asked {
    alerts: Vec<Uuid>,
    camera: Slug,
    /// None if an earlier run had asked: there is no clip of that moment any more.
    happened_at: Option<CaptureTime>,
    plate: Plate,
    since: Instant,
}

impl Witnesses {
    /// These cameras, which are as `list` shows them.
    pub(crate) fn new(cameras: Arc<dyn CameraOrders + Sync>, list: CameraList) -> Self {
        Self { cameras, list }
    }

    /// Asks `camera` for a picture of this moment; never waits. Tells at once if it can show none.
    fn ask(&self, camera: &Slug) -> (Sight, Plate) {
        let plate = Plate::default();
        let Some(view) = self.list.get(camera.as_str()) else { return (Sight::Unknown, plate) };
        if !view.is_online() {
            return (Sight::Offline, plate);
        }
        let shown = plate.clone();
        let order = CameraOrder::Snapshot(Arc::new(move |outcome| shown.put(outcome)));
        let is_asked = self.cameras.order(Some(camera.as_str()), &order);
        match (view.is_judged(Instant::now()), is_asked) {
            (false, _) => (Sight::Blind, plate),
            (true, false) => (Sight::Late, plate),
            (true, true) => (Sight::Asked, plate),
        }
    }
}

impl Joined {
    /// What an earlier run has asked, and never heard.
    pub(super) fn resumed(assessor: &mut Assessor) -> Self {
        let asked = assessor.unanswered().into_iter().map(|(alert, camera)| Asked {
            alerts: vec![alert],
            camera,
            happened_at: None,
            plate: Plate::default().with(Err("the gateway was restarted meanwhile".to_owned())),
            since: Instant::now(),
        });
        Self { asked: asked.collect(), ..Self::default() }
    }

    /// Asks the camera if `events` open alerts, which then say so.
    pub(super) fn begin(
        &mut self,
        events: &mut [IncidentEvent],
        (witnesses, camera): (&Witnesses, &Slug),
        assessor: &mut Assessor,
        clips: Option<&ClipMaker>,
    ) {
        // Pictures of who crossed a checkpoint are there already.
        let opened: Vec<&IncidentEvent> = events
            .iter()
            .filter(|event| event.alert.action == Action::Open && event.alert.evidence.is_empty())
            .collect();
        let Some(happened_at) = opened.iter().map(|event| event.observed_at).max() else { return };
        let alerts: Vec<Uuid> = opened.iter().map(|event| event.alert.alert_id).collect();
        let is_past = utc_now().since(happened_at) > PRESENT;
        let (sight, plate) =
            if is_past { (Sight::Past, Plate::default()) } else { witnesses.ask(camera) };
        let witness = CameraWitness { camera: camera.clone(), sight };
        for event in events.iter_mut().filter(|event| alerts.contains(&event.alert.alert_id)) {
            event.alert.witness = Some(witness.clone());
        }
        alerts.iter().for_each(|alert| assessor.note_witness(*alert, &witness));
        match sight {
            Sight::Asked => {
                let (camera, since) = (camera.clone(), Instant::now());
                let happened_at = Some(happened_at);
                self.asked.push(Asked { alerts, camera, happened_at, plate, since });
            }
            // What it sends cannot be looked at, but be kept.
            Sight::Blind | Sight::Late => {
                self.order_clips((alerts.as_slice(), camera), Some(happened_at), clips)
            }
            _ => {}
        }
    }

    /// Whether a picture is waited for that is not late yet, or has come.
    pub(super) fn is_waiting(&self) -> bool {
        !self.asked.is_empty() || self.late.iter().any(|asked| asked.plate.is_filled())
    }

    /// Tells of the alerts whose picture has come, or will not, and of those whose clip is ready.
    pub(super) fn end(
        &mut self,
        assessor: &mut Assessor,
        clips: Option<&ClipMaker>,
    ) -> Vec<IncidentEvent> {
        let is_over = |asked: &Asked| asked.plate.is_filled() || asked.since.elapsed() >= LONGEST;
        let (over, asked): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.asked).into_iter().partition(is_over);
        self.asked = asked;
        let mut events = Vec::new();
        for asked in over {
            let shown = asked.shown();
            self.order_clip(&asked, shown.as_ref().ok(), clips);
            events.extend(tell(&asked, &shown, assessor));
            if !asked.plate.is_filled() && self.late.len() < MOST_CLIPS {
                self.late.push(asked);
            }
        }
        self.late.retain(|asked| {
            let is_filled = asked.plate.is_filled();
            if is_filled && let shown @ Ok(_) = asked.shown() {
                events.extend(tell(asked, &shown, assessor));
            }
            !is_filled && asked.since.elapsed() < LATEST
        });
        let Some(clips) = clips else { return events };
        let now = Instant::now();
        self.clips.retain(|(alert, until)| {
            let is_ready = clips.is_ready(*alert);
            if is_ready {
                // Its clip is named by whoever writes the message.
                events.extend(assessor.tell_again(*alert, utc_now()));
            }
            !is_ready && *until > now
        });
        events
    }

    /// Orders the clip of what happened.
    fn order_clip(&mut self, asked: &Asked, shown: Option<&Evidence>, clips: Option<&ClipMaker>) {
        // The earlier of the two: the picture may come seconds after what happened, and the camera's clock may be
        // behind ours.
        let shown_at = shown.map(|evidence| evidence.captured_at);
        let clip_at = shown_at.into_iter().chain(asked.happened_at).min();
        self.order_clips((asked.alerts.as_slice(), &asked.camera), clip_at, clips);
    }

    fn order_clips(
        &mut self,
        (alerts, camera): (&[Uuid], &Slug),
        at: Option<CaptureTime>,
        clips: Option<&ClipMaker>,
    ) {
        let Some((at, clips)) = at.zip(clips) else { return };
        for alert in alerts {
            if self.clips.len() < MOST_CLIPS
                && let Some(until) = clips.order_of(*alert, camera, at)
            {
                self.clips.push((*alert, until));
            }
        }
    }
}

impl Asked {
    /// The picture, or why there is none.
    fn shown(&self) -> Result<Evidence, String> {
        self.plate.get().unwrap_or_else(|| Err("no picture came in time".to_owned()))
    }
}

/// Tells of the alerts whose picture has come, or has not.
fn tell(
    Asked { alerts, camera, .. }: &Asked,
    shown: &Result<Evidence, String>,
    assessor: &mut Assessor,
) -> Vec<IncidentEvent> {
    let sight = if shown.is_ok() { Sight::Shown } else { Sight::Late };
    let witness = CameraWitness { camera: camera.clone(), sight };
    let mut events = Vec::new();
    for alert in alerts {
        assessor.note_witness(*alert, &witness);
        let Some(mut event) = assessor.tell_again(*alert, utc_now()) else { continue };
        match shown {
            Ok(evidence) => {
                let evidence = of_alert(evidence, event.alert.seq);
                assessor.keep_evidence(*alert, &evidence);
                event.alert.attach(evidence);
            }
            Err(reason) => {
                warn!(%camera, reason, %alert, "a door's alert goes without a picture");
            }
        }
        events.push(event);
    }
    events
}

/// The picture under the name that it has in the alert.
fn of_alert(shown: &Evidence, seq: u32) -> Evidence {
    let id = Slug::new(&format!("report-{seq}")).unwrap_or_else(|_| shown.id.clone());
    Evidence { id, role: EvidenceRole::Report, ..shown.clone() }
}
