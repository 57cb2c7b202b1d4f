//! One camera: RTSP session, media clock, the gate before the decoder, decoder.

mod access_unit;
mod bit_reader;
mod codec;
mod coded;
#[cfg(test)]
mod coded_sample;
mod compatible;
mod deadline;
mod decoder;
mod decoder_limits;
mod fault;
mod first_picture;
#[doc(hidden)]
pub mod fuzz;
mod gop_gate;
mod hand_over;
mod health;
mod learnt;
mod libav_fault;
mod line;
mod media_clock;
mod nal_units;
mod native;
mod opening;
mod pace;
mod picture_format;
mod picture_pace;
mod ring;
mod scaler;
mod session;
mod settings;
mod share;
mod shared_gate;
mod tunnel_fault;
mod video;
mod wording;

pub use access_unit::AccessUnit;
pub use codec::Codec;
pub use decoder::{DecodeError, Decoded, Decoder, Picture, init_libav};
pub use decoder_limits::{DecoderLimits, LimitError};
pub use fault::SessionError;
pub use first_picture::{Playing, play};
pub use gop_gate::{GateCounts, Run};
pub use hand_over::{HandOver, ReaderStep, ReaderWatch};
pub use health::{Health, SharedHealth};
pub use learnt::{Learnt, SharedLearnt};
pub use libav_fault::LibavFault;
pub use picture_format::PictureFormat;
pub use ring::{CodedPicture, Footage, RingBounds, SharedRing};
pub use scaler::{Rgb, ScaleError, Scaler};
pub use session::{SessionOutputs, stay_connected};
pub use settings::{Client, Settings, Transport};
pub use shared_gate::SharedGate;
pub use trust::{Credentials, TlsError, Trust, check_trust};
pub use tunnel_fault::TunnelError;
pub use video::{Described, Video};
