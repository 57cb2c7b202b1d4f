//! One camera: RTSP session, media clock, the gate before the decoder, decoder.

mod access_unit;
mod bit_reader;
mod codec;
#[cfg(test)]
mod coded_sample;
mod connect;
mod decoder;
mod decoder_limits;
mod gop_gate;
mod health;
mod media_clock;
mod nal_units;
mod pace;
mod picture_format;
mod random_access;
mod ring;
mod scaler;
mod session;
mod settings;
mod shared_gate;

pub use access_unit::AccessUnit;
pub use codec::Codec;
pub use connect::{Connected, SessionError, connect};
pub use decoder::{DecodeError, Decoded, Decoder, Picture, init_libav};
pub use decoder_limits::{DecoderLimits, LimitError};
pub use gop_gate::Run;
pub use health::{Health, SharedHealth};
pub use media_clock::MediaClock;
pub use picture_format::PictureFormat;
pub use ring::{CodedPicture, Footage, RingBounds, SharedRing};
pub use scaler::{Rgb, ScaleError, Scaler};
pub use session::{SessionOutputs, sender_report, stay_connected};
pub use settings::{Credentials, Settings, Transport};
pub use shared_gate::SharedGate;
