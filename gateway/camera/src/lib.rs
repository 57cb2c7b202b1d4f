//! One camera: RTSP session, media clock, the gate before the decoder, decoder.

mod connect;
mod decoder;
mod feed;
mod gop_gate;
mod health;
mod media_clock;
mod random_access;
mod ring;
mod scaler;
mod session;

pub use connect::{Connected, Credentials, SessionError, Settings, Transport, connect};
pub use decoder::{DecodeError, Decoded, Decoder, Picture};
pub use feed::Feed;
pub use gop_gate::Run;
pub use health::{Health, SharedHealth};
pub use media_clock::MediaClock;
pub use ring::{CodedPicture, Footage, RingBounds, SharedRing};
pub use scaler::{Rgb, ScaleError, Scaler};
pub use session::{Outlet, sender_report, stay_connected};

use bytes::Bytes;
use scene::{CaptureTime, Clock};

/// How the camera compresses its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// ITU-T H.264 (AVC).
    H264,
    /// ITU-T H.265 (HEVC).
    H265,
}

impl Codec {
    /// The codec that an RTP encoding name (RFC 6184, RFC 7798) stands for.
    pub fn from_encoding_name(name: &str) -> Option<Self> {
        match name {
            "h264" => Some(Self::H264),
            "h265" => Some(Self::H265),
            _ => None,
        }
    }
}

impl std::fmt::Display for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
        })
    }
}

/// One coded picture as the camera sent it, in Annex B form with its parameter sets.
#[derive(Debug, Clone)]
pub struct AccessUnit {
    /// NAL units with start codes; shared, not copied.
    pub data: Bytes,
    /// When the camera took it.
    pub captured_at: CaptureTime,
    /// Where that time came from.
    pub clock: Clock,
    /// Decodable without any earlier unit.
    pub is_random_access_point: bool,
    /// No other unit needs this one.
    pub is_disposable: bool,
    /// RTP packets lost before or within it.
    pub loss: u16,
}

impl AccessUnit {
    /// From the RTSP client's frame.
    pub fn new(
        codec: Codec,
        frame: retina::codec::VideoFrame,
        captured_at: CaptureTime,
        clock: Clock,
    ) -> Self {
        let (is_disposable, loss) = (frame.is_disposable(), frame.loss());
        let instantaneous = frame.is_random_access_point();
        let data = frame.into_data();
        let is_random_access_point =
            random_access::is_random_access_point(codec, instantaneous, &data);
        let data = Bytes::from(data);
        Self { data, captured_at, clock, is_random_access_point, is_disposable, loss }
    }
}
