//! Fair turns of cameras through decoding, detection, tracking and assessment.

mod camera_list;
mod camera_shot;
mod camera_status;
mod clips;
mod darkroom;
mod inference;
mod line;
mod memory;
mod observation_log;
mod pool;
mod progress;
mod registrar;
mod rota;

pub(crate) use camera_list::{CameraList, CameraView};
pub(crate) use camera_status::StatusJudge;
pub(crate) use clips::{ClipDesk, ClipSettings, ClipWorker};
pub(crate) use darkroom::{Darkroom, PrivateViews};
pub(crate) use inference::{Inference, InferenceSettings, detect_settings, mask_search};
pub(crate) use line::{Line, LineSettings};
pub(crate) use memory::{Departed, recall};
pub(crate) use observation_log::ObservationLog;
pub(crate) use pool::Pool;
pub(crate) use registrar::{Failure, Registrar};
