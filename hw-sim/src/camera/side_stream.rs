//! A stream beside the video: sound, or what the camera knows about the scene.

/// RTP ticks and samples a second of PCMA (RFC 3551 §4.5.14).
pub(crate) const SAMPLES_PER_SEC: u32 = 8000;

/// Samples in a packet of sound: 40 ms.
pub(crate) const SAMPLES_PER_PACKET: u32 = 320;

/// PCMA's code for silence.
pub(crate) const SILENCE: u8 = 0xD5;

/// Payload type of PCMA (RFC 3551 §6).
pub(crate) const SOUND_PAYLOAD_TYPE: u8 = 8;

/// A stream that the description offers besides the video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SideStream {
    /// The last part of its URL.
    pub(crate) name: &'static str,
    /// Its part of the session description.
    pub(crate) lines: &'static [&'static str],
    /// Whether it is described before the video.
    pub(crate) is_first: bool,
    /// Whether it sends silence in PCMA; otherwise it sends nothing.
    pub(crate) has_sound: bool,
}
