//! The cameras' pipelines and the eyes that look for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use camera::SharedHealth;
use detector::ModelFiles;
use eye::{CameraNumber, InferenceSettings, Ready, Seat};
use scene::{Class, E_BIKE, PEDAL_BICYCLE};
use tracing::error;

use super::alert_recorder::{AlertRecorder, RecordError};
use super::camera_list::CameraList;
use super::camera_slots::{CameraSlots, NamedPipeline};
use super::checkpoints::CheckpointFeed;
use super::clips::ClipMaker;
use super::devices::{DeviceDesk, Witnesses};
use super::eyes::{EyeDesk, EyeError, Judging, Supervisor};
use super::pipeline::CameraPipeline;
use crate::camera_order::{CameraOrder, CameraOrders};

/// All cameras at work: each with its pipeline here and its session in an eye.
pub(crate) struct Pool {
    slots: CameraSlots,
    desk: EyeDesk,
    supervisor: Supervisor,
    recorder: Arc<AlertRecorder>,
    /// Called when the ledger can no longer be trusted.
    fail: Arc<dyn Fn(RecordError) + Send + Sync>,
}

impl Pool {
    /// Starts the eyes of `desk`. `fail` is called when the ledger fails for good.
    ///
    /// # Errors
    /// If an eye cannot look at pictures.
    pub(crate) fn start(
        (desk, inference, model): (EyeDesk, &InferenceSettings, ModelFiles),
        recorder: AlertRecorder,
        fail: impl Fn(RecordError) + Send + Sync + 'static,
    ) -> Result<Self, EyeError> {
        let (slots, recorder) = (CameraSlots::default(), Arc::new(recorder));
        let fail: Arc<dyn Fn(RecordError) + Send + Sync> = Arc::new(fail);
        let of_second_look = model.second_look.iter().flat_map(|_| [E_BIKE, PEDAL_BICYCLE]);
        let of_second_look: Vec<Class> = of_second_look.map(Class::new).collect();
        let classes = model.manifest.classes.iter().chain(&of_second_look);
        let named = classes.map(|class| (class.as_str().to_owned(), class.clone()));
        let judging = Judging {
            desk: desk.clone(),
            slots: slots.clone(),
            recorder: Arc::clone(&recorder),
            classes: named.collect::<BTreeMap<_, _>>(),
            fail: Arc::clone(&fail),
        };
        let clips = recorder.clips.as_ref().map(ClipMaker::answers);
        let supervisor = Supervisor::start(desk.clone(), (inference, model), judging, clips)?;
        Ok(Self { slots, desk, supervisor, recorder, fail })
    }

    /// What the eyes say of themselves.
    pub(crate) fn ready(&self) -> &Ready {
        &self.supervisor.ready
    }

    /// Where incidents become alerts.
    pub(crate) fn recorder(&self) -> &AlertRecorder {
        &self.recorder
    }

    /// Where doors and sensors are judged, whose alerts go to the same ledger.
    pub(crate) fn device_desk(
        self: &Arc<Self>,
        list: &CameraList,
        feed: CheckpointFeed,
    ) -> DeviceDesk {
        let witnesses = Witnesses::new(Arc::new(Arc::clone(self)), list.clone());
        DeviceDesk::new(witnesses, (Arc::clone(&self.recorder), feed), Arc::clone(&self.fail))
    }

    /// Where the eyes are told what to do.
    pub(crate) fn desk(&self) -> &EyeDesk {
        &self.desk
    }

    /// A number that no other camera ever gets.
    pub(crate) fn next_number(&self) -> CameraNumber {
        self.slots.next_number()
    }

    /// Takes a camera in: `pipeline` judges what an eye sees in its `seat` from now on.
    pub(crate) fn admit(&self, pipeline: CameraPipeline, seat: Seat, health: SharedHealth) {
        let (number, name) = (seat.camera, seat.stream.camera.clone());
        let progress = pipeline.progress();
        self.slots.put(number, NamedPipeline { name, pipeline });
        self.desk.take_in(seat, health, progress);
    }

    /// Changes a camera's pipeline between two of its pictures; waits for the one under way. Answers
    /// `None` if the camera was dismissed.
    pub(crate) fn change<T>(
        &self,
        camera: CameraNumber,
        change: impl FnOnce(&mut CameraPipeline, &AlertRecorder) -> T,
    ) -> Option<T> {
        self.slots.with(camera, |named| change(&mut named.pipeline, &self.recorder))
    }

    fn carry_out(
        &self,
        camera: Option<&str>,
        order: &CameraOrder<'_>,
    ) -> Result<bool, RecordError> {
        let mut is_done = false;
        for number in self.slots.numbers_of(camera) {
            let carry_out =
                |named: &mut NamedPipeline| named.pipeline.carry_out(order, &self.recorder);
            if let CameraOrder::Snapshot(order) = order {
                is_done |= self.slots.order_snapshot(number, order);
            }
            let done = if order.is_done_by_a_picture() {
                self.slots.with_idle(number, carry_out)
            } else {
                self.slots.with(number, carry_out)
            };
            let of_snapshot = matches!(order, CameraOrder::Snapshot(_));
            is_done |= done.transpose()?.unwrap_or(false) && !of_snapshot;
        }
        Ok(is_done)
    }

    /// Takes a camera out, after the picture under way.
    pub(crate) fn dismiss(&self, camera: CameraNumber) {
        self.desk.take_out(camera);
        self.slots.dismiss(camera);
    }

    /// Ends the eyes, then saves every camera's state.
    pub(crate) fn stop(&self) {
        self.supervisor.stop();
        for number in self.slots.numbers_of(None) {
            let saved = self.slots.with(number, |NamedPipeline { name, pipeline }| {
                pipeline.flush_observations();
                pipeline.settle(&self.recorder).inspect_err(|error| {
                    error!(camera = name, %error, "the state of the rules is not saved; the last saved one counts");
                })
            });
            if matches!(saved, Some(Err(_))) {
                return;
            }
        }
    }
}

impl CameraOrders for Arc<Pool> {
    fn order(&self, camera: Option<&str>, order: &CameraOrder<'_>) -> bool {
        self.carry_out(camera, order).unwrap_or_else(|error| {
            (self.fail)(error);
            false
        })
    }
}
