//! The half of the gateway that touches cameras, as a process of its own.
//!
//! What a camera sends is read by other people's code: RTSP and RTP by retina, pictures by
//! libavcodec. One hostile camera may crash it. So all of that happens in a child process, an
//! *eye*, which can reach neither the ledger nor the keys. The gateway decides; an eye shows.
//!
//! [`EyeProcess`] is the gateway's side, [`serve`] the child's. Between them lies one socket with a
//! small protocol: an [`Order`] goes down, a [`Report`] comes up. Of each analysed picture the
//! observation comes up, and the picture is held until the gateway has said what it must show of it.

#![warn(clippy::indexing_slicing)]

mod child;
mod clip;
mod inference;
mod logbook;
mod picture;
mod process;
mod protocol;
mod system_process;

pub use child::{LookError, Onlooker, ServeError, confine, serve};
#[cfg(test)]
pub(crate) use clip::tests as clip_tests;
pub use clip::{ClipError, write_mp4};
pub use inference::{Inference, InferenceError, InferenceSettings, onnxruntime_library};
pub use logbook::{InHand, Logbook, ReaderSeen};
pub use picture::{Mask, MaskSearch, Searched};
pub use process::{Death, EyeProcess, SpawnError};
pub use protocol::{
    CameraNumber, Clip, ClipOrder, Confinement, Crops, Masked, Masking, Order, PROTOCOL,
    PictureSize, ProtocolError, QuietWatch, Ready, Reference, Report, ReportReader, ReportWriter,
    Sample, SampleValue, Seat, Shot, ShotRequest, Sight, SmallZone, StandingZone, Start, Watch,
    read_order, write_order,
};
pub use system_process::ThreadState;
