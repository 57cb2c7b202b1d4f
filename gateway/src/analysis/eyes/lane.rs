//! The gateway's side of a lane: judges what the eye has seen, one picture after the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use eye::{EyeProcess, Sight};
use scene::Class;
use tracing::{error, error_span};

use super::held_picture::{HeldPicture, LaneReport};
use crate::analysis::alert_recorder::{AlertRecorder, RecordError};
use crate::analysis::camera_slots::{CameraSlots, NamedPipeline};

/// What every lane judges with.
pub(crate) struct Judging {
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
    pub(super) fn follow(&self, lane: u16, reports: &Receiver<LaneReport>) {
        while let Ok(report) = reports.recv() {
            // The answer to a question that is no longer asked.
            let LaneReport::Observed(eye, sight) = report else { continue };
            let held = HeldPicture::new(Arc::clone(&eye), lane, reports);
            if let Err(failure) = self.judge(&eye, *sight, held) {
                (self.fail)(failure);
                return;
            }
        }
    }

    fn judge(
        &self,
        eye: &EyeProcess,
        sight: Sight,
        mut held: HeldPicture<'_>,
    ) -> Result<(), RecordError> {
        let (camera, detect_time, gate) = (sight.camera, sight.detect_time, sight.gate);
        let observation = match sight.observation(&self.classes) {
            Ok(observation) => observation,
            Err(error) => {
                error!(%error, "an eye is not believed and is replaced");
                eye.kill(&error.to_string(), &[camera]);
                return Ok(());
            }
        };
        self.slots
            .with(camera, |NamedPipeline { name, pipeline }| {
                let _entered = error_span!("camera", id = %name).entered();
                pipeline.take_sight(&observation, (detect_time, gate), &mut held, &self.recorder)
            })
            .unwrap_or(Ok(()))
    }
}
