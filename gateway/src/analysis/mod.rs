//! Fair turns of cameras through decoding, detection, tracking and assessment.

mod alert_recorder;
mod clips;
mod fair_queue;
mod mask_search;
mod observation_log;
mod pipeline;
mod pool;
mod privacy_zones;
mod progress;
mod snapshot_maker;
mod worker_context;

pub(crate) use alert_recorder::{AlertRecorder, RecordError};
pub(crate) use clips::{ClipMaker, ClipSettings, ClipWorker};
pub(crate) use mask_search::MaskSearch;
pub(crate) use observation_log::ObservationLog;
pub(crate) use pipeline::{CameraPipeline, PipelineSettings};
pub(crate) use pool::Pool;
pub(crate) use privacy_zones::PrivacyZones;
pub(crate) use progress::Progress;
pub(crate) use snapshot_maker::SnapshotMaker;
