//! Fair turns of cameras through decoding, detection, tracking and assessment.

mod alert_recorder;
mod camera_list;
mod camera_status;
mod clips;
mod fair_queue;
mod inference;
mod mask_search;
mod memory;
mod observation_log;
mod pipeline;
mod pool;
mod privacy_zones;
mod progress;
mod snapshot_maker;
mod worker_context;

pub(crate) use alert_recorder::{AlertRecorder, RecordError};
pub(crate) use camera_list::{CameraList, CameraView, Readiness};
pub(crate) use camera_status::StatusJudge;
pub(crate) use clips::{ClipMaker, ClipSettings, ClipWorker};
pub(crate) use inference::{Inference, InferenceSettings, detect_settings, mask_search};
pub(crate) use memory::{Departed, recall};
pub(crate) use observation_log::ObservationLog;
pub(crate) use pipeline::{CameraPipeline, PipelineSettings};
pub(crate) use pool::Pool;
pub(crate) use privacy_zones::PrivacyZones;
pub(crate) use snapshot_maker::SnapshotMaker;
