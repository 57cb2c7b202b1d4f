//! One coded picture, as a camera sent it.

use bytes::Bytes;
use scene::{CaptureTime, Clock};

use crate::codec::Codec;
use crate::random_access;

/// What it takes to hold a unit beside its bytes: its record in a queue, the block of shared memory
/// with its count of owners, and what the allocator rounds up. A camera that sends tiny units must
/// not get more memory than one that sends large ones.
pub(crate) const HELD_OVERHEAD_BYTES: usize = 192;

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
    /// From what the RTSP client received.
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

    /// The memory that holding it takes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.data.len() + HELD_OVERHEAD_BYTES
    }
}
