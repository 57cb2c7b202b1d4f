//! The camera itself, while it cannot be looked at: an alert of its own, which no picture shows.

use std::sync::Arc;
use std::time::Duration;

use rule::{Phase, Sampling, Verdict, View};
use scene::CaptureTime;

use crate::alert::threshold::Threshold;
use crate::incident_type::IncidentType;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::origin::Origin;
use crate::lifecycle::settings::LifecycleSettings;
use crate::memory::rule::RuleV1;
use crate::profile::CameraProfile;

/// A camera that shows pictures for this long is back. One that fails again before is told of once. It is
/// set apart after two failures within half an hour, so one that fails at any pace that counts does so again
/// within the hour.
pub const BACK_AFTER: Duration = Duration::from_hours(1);

/// One that fails again within this time has the same alert again.
const SAME_WITHIN: Duration = Duration::from_mins(10);

/// While the alert is open, pictures are wanted this often, to see whether the camera is back.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The life of the alerts about one camera.
#[derive(Debug)]
pub(super) struct Outage(pub(super) Lifecycle);

impl Outage {
    /// Told of as `incident`. No zone can have the name of the camera alone, so none shares its key.
    pub(super) fn new(camera: &Arc<CameraProfile>, incident: IncidentType) -> Self {
        let settings = LifecycleSettings {
            clear_after: BACK_AFTER,
            reopen_after: SAME_WITHIN,
            ..LifecycleSettings::default()
        };
        let origin = Origin {
            camera: Arc::clone(camera),
            rule: incident.code.clone(),
            zone: camera.camera_id.clone(),
            footprint: None,
            incident,
            threshold: Threshold::none(),
            repeat_window: settings.repeat_window,
            sought: None,
            by_readings: false,
            point: None,
        };
        Self(Lifecycle::new(origin, settings))
    }

    /// It cannot be looked at, for this reason.
    pub(super) fn report(
        &mut self,
        (at, watched): (CaptureTime, Duration),
        reason: &str,
    ) -> Vec<IncidentEvent> {
        self.0.report(at, watched, reason.to_owned())
    }

    /// It showed a picture.
    pub(super) fn take_picture(&mut self, view: &View<'_>) -> Vec<IncidentEvent> {
        self.0.step(view, &Verdict::Clear, |_| String::new())
    }

    /// How often a picture is wanted to end it.
    pub(super) fn sampling(&self) -> Option<Sampling> {
        let is_open = self.0.phase(None) == Phase::Open;
        is_open.then_some(Sampling { interval: LOOK_EVERY })
    }

    /// What must survive a restart; none if nothing was ever told.
    pub(super) fn memory(&self) -> Option<RuleV1> {
        let Lifecycle { origin, history, .. } = &self.0;
        (*history != Default::default()).then(|| RuleV1::of(origin, None, history))
    }
}
