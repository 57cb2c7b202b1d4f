//! The latest coded pictures of a camera, for a clip that shows what came before an alert.
//!
//! The ring holds groups of pictures from their first picture on, up to a loss if there was one, so
//! that all it gives can be decoded. It has two bounds, a span of time and a number of bytes. The
//! bytes are the harder one: a camera whose pictures are larger than foreseen has shorter clips.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use scene::CaptureTime;

use crate::access_unit::AccessUnit;
use crate::codec::Codec;

/// A jump of the camera's clock by more than this empties the ring.
const LONGEST_GAP: Duration = Duration::from_secs(30);

/// One coded picture, shared with those that decode it.
#[derive(Debug, Clone)]
pub struct CodedPicture {
    /// NAL units with start codes.
    pub data: Bytes,
    /// When the camera took it.
    pub captured_at: CaptureTime,
    /// Decodable without any earlier picture.
    pub is_random_access_point: bool,
}

/// Coded pictures in decoding order; the first is a random access point.
#[derive(Debug, Clone)]
pub struct Footage {
    /// How they are compressed.
    pub codec: Codec,
    /// None is missing between two of them unless the second is a random access point.
    pub pictures: Vec<CodedPicture>,
}

/// What a ring may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RingBounds {
    /// Coded bytes.
    pub bytes: usize,
    /// Older groups of pictures are forgotten, unless a clip still waits for them.
    pub span: Duration,
}

/// The ring of one camera. Pure: time comes with the pictures.
#[derive(Debug)]
pub struct Ring {
    bounds: RingBounds,
    codec: Codec,
    held: VecDeque<CodedPicture>,
    held_bytes: usize,
    /// Packets were lost since the latest random access point.
    is_torn: bool,
    /// Clips wait for pictures from these times on; one entry for each clip.
    pinned: Vec<CaptureTime>,
}

impl Ring {
    /// An empty ring.
    pub fn new(bounds: RingBounds) -> Self {
        Self {
            bounds,
            codec: Codec::H264,
            held: VecDeque::new(),
            held_bytes: 0,
            is_torn: false,
            pinned: Vec::new(),
        }
    }

    /// The session (re)connected: clips do not reach across.
    pub fn restart(&mut self, codec: Codec) {
        self.codec = codec;
        self.clear();
    }

    /// Takes one picture in.
    pub fn offer(&mut self, unit: &AccessUnit) {
        let jumped = self.held.back().is_some_and(|latest| {
            unit.captured_at.unix_micros().abs_diff(latest.captured_at.unix_micros())
                > LONGEST_GAP.as_micros().try_into().unwrap_or(u64::MAX)
        });
        if jumped {
            self.clear();
        }
        // After a loss nothing can be decoded until the next random access point. The clip has a gap
        // there, and what came before is still worth having.
        self.is_torn =
            !unit.is_random_access_point && (self.is_torn || unit.loss > 0 || self.held.is_empty());
        if self.is_torn {
            return;
        }
        self.held_bytes += unit.data.len();
        self.held.push_back(CodedPicture {
            data: unit.data.clone(),
            captured_at: unit.captured_at,
            is_random_access_point: unit.is_random_access_point,
        });
        self.shrink();
    }

    /// Holds on to what was taken from `from` on, bytes permitting, until [`Ring::unpin`].
    pub fn pin(&mut self, from: CaptureTime) {
        self.pinned.push(from);
    }

    /// Lets go of what [`Ring::pin`] held.
    pub fn unpin(&mut self, from: CaptureTime) {
        if let Some(at) = self.pinned.iter().position(|pinned| *pinned == from) {
            self.pinned.swap_remove(at);
        }
        self.shrink();
    }

    /// The pictures from `from` to `to`. They begin at the latest random access point that is not
    /// after `from`, or at the earliest there is. None if all are from before `from`.
    pub fn cut(&self, from: CaptureTime, to: CaptureTime) -> Option<Footage> {
        let starts = self.held.iter().enumerate().filter(|(_, it)| it.is_random_access_point);
        let before = starts.take_while(|(at, it)| *at == 0 || it.captured_at <= from).last();
        let (start, _) = before?;
        let pictures = self.held.iter().skip(start).take_while(|it| it.captured_at <= to);
        let pictures: Vec<CodedPicture> = pictures.cloned().collect();
        let reaches = pictures.last().is_some_and(|latest| latest.captured_at >= from);
        reaches.then_some(Footage { codec: self.codec, pictures })
    }

    /// When the latest picture was taken.
    pub fn latest_at(&self) -> Option<CaptureTime> {
        self.held.back().map(|latest| latest.captured_at)
    }

    /// Coded bytes held.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    fn shrink(&mut self) {
        while self.held_bytes > self.bounds.bytes {
            self.forget_group();
        }
        let Some(latest) = self.latest_at() else { return };
        let oldest_wanted =
            self.pinned.iter().copied().fold(latest.before(self.bounds.span), CaptureTime::min);
        while self.second_group_at().is_some_and(|at| at <= oldest_wanted) {
            self.forget_group();
        }
    }

    /// When the second group of pictures begins.
    fn second_group_at(&self) -> Option<CaptureTime> {
        let mut starts = self.held.iter().skip(1).filter(|it| it.is_random_access_point);
        starts.next().map(|it| it.captured_at)
    }

    fn forget_group(&mut self) {
        while let Some(gone) = self.held.pop_front() {
            self.held_bytes -= gone.data.len();
            if self.held.front().is_none_or(|next| next.is_random_access_point) {
                return;
            }
        }
    }

    fn clear(&mut self) {
        self.held.clear();
        self.held_bytes = 0;
    }
}

/// A ring that its camera's session fills and a clip is cut from.
#[derive(Debug, Clone)]
pub struct SharedRing(Arc<Mutex<Ring>>);

impl SharedRing {
    /// An empty one.
    pub fn new(bounds: RingBounds) -> Self {
        Self(Arc::new(Mutex::new(Ring::new(bounds))))
    }

    /// For a moment: the session waits.
    pub fn lock(&self) -> MutexGuard<'_, Ring> {
        // Every method finishes its bookkeeping before it returns.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
