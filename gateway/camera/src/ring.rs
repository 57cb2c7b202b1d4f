//! The latest coded pictures of a camera, for a clip that shows what came before an alert.
//!
//! The ring holds groups of pictures from their first picture on, up to a loss if there was one, so
//! that all it gives can be decoded. It has three bounds: a span of time, a number of bytes, and a
//! number of pictures. The last two are the harder ones: a camera whose pictures are larger or more
//! than foreseen has shorter clips.
//!
//! A picture is taken in and forgotten once, and the ring remembers where its groups begin. So a
//! picture costs a fixed number of steps on average, whatever a camera sends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use scene::CaptureTime;

use crate::access_unit::{AccessUnit, HELD_OVERHEAD_BYTES};
use crate::codec::Codec;

/// The most pictures held: more than two minutes of 120 a second. No clip is that long.
const MOST_PICTURES: usize = 16 * 1024;

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
    /// Memory, in bytes: coded pictures, and what it takes to hold each.
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
    /// How many pictures were forgotten since the start: the number of the first that is held.
    forgotten: u64,
    /// The random access points that are held, in their order.
    groups: VecDeque<GroupStart>,
    /// Packets were lost since the latest random access point.
    is_torn: bool,
    /// Nothing is held any more: part of the picture is private now.
    is_closed: bool,
    /// Clips wait for pictures from these times on; one entry for each clip.
    pinned: Vec<CaptureTime>,
    /// The earliest of them.
    pinned_from: Option<CaptureTime>,
    /// Pictures and groups touched: what the ring has cost so far.
    #[cfg(test)]
    steps: u64,
}

/// Where a group of pictures begins.
#[derive(Debug, Clone, Copy)]
struct GroupStart {
    /// The number of its first picture, counted from the start of the ring.
    number: u64,
    at: CaptureTime,
}

impl Ring {
    /// An empty ring.
    pub fn new(bounds: RingBounds) -> Self {
        Self {
            bounds,
            codec: Codec::H264,
            held: VecDeque::new(),
            held_bytes: 0,
            forgotten: 0,
            groups: VecDeque::new(),
            is_torn: false,
            is_closed: false,
            pinned: Vec::new(),
            pinned_from: None,
            #[cfg(test)]
            steps: 0,
        }
    }

    /// The session (re)connected: clips do not reach across.
    pub fn restart(&mut self, codec: Codec) {
        self.codec = codec;
        self.clear();
    }

    /// Forgets all that is held, and takes nothing in any more.
    pub fn close(&mut self) {
        self.is_closed = true;
        self.clear();
    }

    /// Takes one picture in.
    pub fn offer(&mut self, unit: &AccessUnit) {
        if self.is_closed {
            return;
        }
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
        if unit.is_random_access_point {
            let number = self.forgotten + self.held.len() as u64;
            self.groups.push_back(GroupStart { number, at: unit.captured_at });
        }
        self.held_bytes += unit.held_bytes();
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
        self.pinned_from = Some(self.pinned_from.map_or(from, |earliest| earliest.min(from)));
    }

    /// Lets go of what [`Ring::pin`] held.
    pub fn unpin(&mut self, from: CaptureTime) {
        if let Some(at) = self.pinned.iter().position(|pinned| *pinned == from) {
            self.pinned.swap_remove(at);
            self.pinned_from = self.pinned.iter().copied().min();
        }
        self.shrink();
    }

    /// The pictures from `from` to `to`. They begin at the latest random access point that is not
    /// after `from`, or at the earliest there is. None if all are from before `from`.
    pub fn cut(&self, from: CaptureTime, to: CaptureTime) -> Option<Footage> {
        let mut groups = self.groups.iter();
        let mut start = groups.next()?;
        for group in groups.take_while(|group| group.at <= from) {
            start = group;
        }
        let start = usize::try_from(start.number - self.forgotten).ok()?;
        let pictures = self.held.range(start..).take_while(|it| it.captured_at <= to);
        let pictures: Vec<CodedPicture> = pictures.cloned().collect();
        let reaches = pictures.last().is_some_and(|latest| latest.captured_at >= from);
        reaches.then_some(Footage { codec: self.codec, pictures })
    }

    /// When the latest picture was taken.
    pub fn latest_at(&self) -> Option<CaptureTime> {
        self.held.back().map(|latest| latest.captured_at)
    }

    /// Memory taken, in bytes: coded pictures, and what it takes to hold each.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    fn shrink(&mut self) {
        while self.held_bytes > self.bounds.bytes || self.held.len() > MOST_PICTURES {
            self.forget_group();
        }
        let Some(latest) = self.latest_at() else { return };
        let remembered = latest.before(self.bounds.span);
        let oldest_wanted = self.pinned_from.map_or(remembered, |pinned| pinned.min(remembered));
        while self.groups.get(1).is_some_and(|second| second.at <= oldest_wanted) {
            self.forget_group();
        }
    }

    /// Forgets the first group of pictures: all before the second, or all.
    fn forget_group(&mut self) {
        self.groups.pop_front();
        let end = self.forgotten + self.held.len() as u64;
        let until = self.groups.front().map_or(end, |second| second.number);
        while self.forgotten < until {
            #[cfg(test)]
            {
                self.steps += 1;
            }
            let Some(gone) = self.held.pop_front() else { break };
            self.held_bytes -= gone.data.len() + HELD_OVERHEAD_BYTES;
            self.forgotten += 1;
        }
    }

    fn clear(&mut self) {
        self.forgotten += self.held.len() as u64;
        self.held.clear();
        self.groups.clear();
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
