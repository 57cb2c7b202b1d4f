//! Fair turns of cameras through decoding, detection, tracking and assessment.

mod camera_shot;
mod clips;
mod darkroom;
mod line;
mod observation_log;
mod pool;
mod progress;
mod registrar;
mod rota;

pub(crate) use camera_shot::MaskSearch;
pub(crate) use clips::{ClipDesk, ClipSettings, ClipWorker};
pub(crate) use darkroom::{Darkroom, PrivateViews};
pub(crate) use line::{Line, LineSettings};
pub(crate) use observation_log::ObservationLog;
pub(crate) use pool::Pool;
pub(crate) use progress::Progress;
pub(crate) use registrar::{Failure, Registrar};
