//! The gateway's side of a lane: judges what the eye has seen, one picture after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use eye::{EyeProcess, Sight};
use runtime::{LONGEST_STEP, loops, utc_now};
use scene::Class;
use tracing::{error, error_span};

use super::desk::EyeDesk;
use super::held_picture::{HeldPicture, LaneReport};
use super::post::Post;
use super::roster::Place;
use crate::analysis::alert_recorder::{AlertRecorder, RecordError};
use crate::analysis::camera_slots::{CameraSlots, NamedPipeline};

/// A picture is dated by its camera or by its arrival, a few seconds ago at most. What is dated much
/// otherwise would lead the rules astray.
const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// A picture that opens alerts of many rules is shown for each, and each may take seconds.
const LONGEST_PICTURE: Duration = LONGEST_STEP.saturating_mul(10);

/// What every lane judges with.
pub(crate) struct Judging {
    /// Who is with which eye.
    pub(crate) desk: EyeDesk,
    /// The cameras' pipelines.
    pub(crate) slots: CameraSlots,
    /// Where incidents become alerts.
    pub(crate) recorder: Arc<AlertRecorder>,
    /// The model's classes by name.
    pub(crate) classes: BTreeMap<String, Class>,
    /// Called when the ledger can no longer be trusted.
    pub(crate) fail: Arc<dyn Fn(RecordError) + Send + Sync>,
}

impl Judging {
    /// Judges what `lane` reports until its eye is gone.
    pub(super) fn follow(&self, (post, lane): (&Post, u16), reports: &Receiver<LaneReport>) {
        let beats = loops().watch(format!("judge {}.{lane}", post.number), LONGEST_PICTURE);
        while let Ok(report) = reports.recv() {
            beats.beat();
            // The answer to a question that is no longer asked.
            let (LaneReport::Observed(eye, sight), Some(place)) = (report, post.place()) else {
                continue;
            };
            let held = HeldPicture::new(Arc::clone(&eye), lane, reports);
            if let Err(failure) = self.judge((&eye, place), *sight, held) {
                (self.fail)(failure);
                return;
            }
            beats.rest();
        }
    }

    fn judge(
        &self,
        (eye, place): (&EyeProcess, Place),
        sight: Sight,
        mut held: HeldPicture<'_>,
    ) -> Result<(), RecordError> {
        let (camera, size) = (sight.camera, sight.size);
        let (detect_time, gate) = (sight.detect_time, sight.gate);
        if !self.desk.analysed((place, camera)) {
            return Ok(());
        }
        let mut observation = match sight.observation(&self.classes) {
            Ok(observation) => observation,
            Err(error) => {
                error!(%error, "an eye is not believed and is replaced");
                eye.kill(&error.to_string(), &[camera]);
                return Ok(());
            }
        };
        self.desk.sift(camera, &mut observation.standing);
        let (at, now) = (observation.captured_at, utc_now());
        if at.since(now).max(now.since(at)) > LONGEST_DELAY {
            // The clock was set while the picture was on its way.
            return Ok(());
        }
        self.slots
            .with(camera, |NamedPipeline { name, pipeline }| {
                let _entered = error_span!("camera", id = %name).entered();
                pipeline.saw_size(size);
                pipeline.take_sight(&observation, (detect_time, gate), &mut held, &self.recorder)
            })
            .unwrap_or(Ok(()))
    }
}
