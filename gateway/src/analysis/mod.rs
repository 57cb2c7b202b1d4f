//! From what the eyes see to alerts in the ledger: tracking, assessment, evidence.

mod alert_recorder;
mod camera_list;
mod camera_slots;
mod camera_status;
mod checkpoints;
mod clips;
mod devices;
mod eyes;
mod inference;
mod input_size;
mod memory;
mod observation_log;
mod picture_shape;
mod pipeline;
mod pool;
mod privacy_zones;
mod progress;
mod set_clock;
mod snapshot_maker;
mod snapshot_orders;

pub(crate) use alert_recorder::{AlertRecorder, RecordError};
pub(crate) use camera_list::{CameraList, CameraView, LatestStatus, Readiness};
pub(crate) use camera_status::StatusJudge;
pub(crate) use checkpoints::{CameraRoute, CheckpointFeed, CheckpointRoutes};
pub(crate) use clips::{ClipMaker, ClipSettings, ClipWorker};
pub(crate) use devices::{
    DeviceDesk, DeviceLines, DeviceLink, DeviceList, DevicePipeline, DeviceStatusJudge, DeviceView,
    DeviceWorker, SensorRoutes, Witnesses, count,
};
pub(crate) use eyes::{EyeDesk, ZoneFiles, ZoneState};
pub(crate) use inference::{Search, model_files, model_in_use, search, warn_of_unmasked};
pub(crate) use input_size::InputChoice;
pub(crate) use memory::{Departed, device_memory, recall};
pub(crate) use observation_log::ObservationLog;
pub(crate) use picture_shape::objection as shape_objection;
pub(crate) use pipeline::{CameraPipeline, PipelineSettings, watch};
pub(crate) use pool::Pool;
pub(crate) use privacy_zones::PrivacyZones;
#[cfg(test)]
pub(crate) use progress::Progress;
pub(crate) use snapshot_maker::SnapshotMaker;
