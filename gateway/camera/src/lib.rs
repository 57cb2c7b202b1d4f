//! One camera: RTSP session, media clock, the gate before the decoder, decoder.

mod access_unit;
mod codec;
mod connect;
mod decoder;
mod gop_gate;
mod health;
mod media_clock;
mod random_access;
mod ring;
mod scaler;
mod session;
mod settings;
mod shared_gate;
mod trust;

pub use access_unit::AccessUnit;
pub use codec::Codec;
pub use connect::{Connected, SessionError, connect};
pub use decoder::{DecodeError, Decoded, Decoder, Picture, init_libav};
pub use gop_gate::Run;
pub use health::{Health, SharedHealth};
pub use media_clock::MediaClock;
pub use ring::{CodedPicture, Footage, RingBounds, SharedRing};
pub use scaler::{Rgb, ScaleError, Scaler};
pub use session::{SessionOutputs, sender_report, stay_connected};
pub use settings::{Client, Credentials, Settings, Transport, Trust};
pub use shared_gate::SharedGate;
pub use trust::{TlsError, check_trust};
