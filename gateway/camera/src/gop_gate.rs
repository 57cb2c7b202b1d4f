//! The gate before the decoder: coded pictures wait here until a rule wants one of them seen.
//!
//! Decoding costs as much as inference, and most coded pictures are never looked at. The gate
//! keeps the group of pictures (GOP) that began at the latest random access point, undecoded.
//! When a picture falls due, the units from there to the due one leave together as a [`Run`].
//! When the next random access point comes first, they are forgotten without having cost
//! anything. So a rule that needs a picture every few seconds makes the decoder see key frames
//! only, and nobody has to choose a mode. What the sizes of the units tell ([`UnitSizes`]) leaves out looks at which
//! nothing would be new, and brings others forward ([`Turns`]).
//!
//! Coded pictures depend on earlier ones, so nothing is ever dropped from the middle: after a
//! loss or an overflow the gate stays shut until the next random access point.
//!
//! What is held has two bounds, bytes and units. A unit comes in once and leaves once, and nothing
//! looks through what is held: so a unit costs a fixed number of steps on average, whatever a camera
//! sends.

use std::collections::VecDeque;
use std::time::Duration;

use scene::CaptureTime;

use crate::access_unit::AccessUnit;
use crate::activity::{UnitSize, UnitSizes};
use crate::turns::{LookPace, Offer, Turn, Turns};

/// The most units held: the longest group of pictures that cameras are known to send has 1,000.
const MOST_UNITS: usize = 4 * 1024;

/// The most units that leave in one turn: a second of the fastest camera. The rest follows in the
/// next turn, so that one camera's long group of pictures does not keep a worker from the others.
const MOST_UNITS_A_TURN: usize = 128;

/// What a worker decodes in one turn.
#[derive(Debug)]
pub struct Run {
    /// Consecutive access units; the first is a random access point unless `continues`.
    pub units: Vec<AccessUnit>,
    /// The first unit follows the last one of the run before it.
    pub continues: bool,
    /// The last unit is due for analysis; false if the run only relieves the gate, or if more of the
    /// group must be decoded first.
    pub is_due: bool,
}

/// What happened to access units at the gate, as running totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GateCounts {
    /// Offered by the session.
    pub offered: u64,
    /// Handed to a worker for decoding.
    pub decoded: u64,
    /// Never needed: no rule wanted a picture of that moment. This is the saving.
    pub skipped: u64,
    /// Undecodable after a loss, or the buffer was full.
    pub dropped: u64,
    /// Due pictures that a fresher one replaced, or a loss took, before a worker came: the box is overloaded.
    pub superseded: u64,
    /// Looks that were left out, because nothing had happened since the one before.
    pub left_out: u64,
    /// Looks that were brought forward, because something began.
    pub hastened: u64,
}

impl GateCounts {
    /// The totals with the names under which they are published.
    pub fn by_fate(self) -> [(&'static str, u64); 5] {
        [
            ("offered", self.offered),
            ("decoded", self.decoded),
            ("skipped", self.skipped),
            ("dropped", self.dropped),
            ("superseded", self.superseded),
        ]
    }

    /// What activity made of looks, with the names under which that is published.
    pub fn by_activity(self) -> [(&'static str, u64); 2] {
        [("left_out", self.left_out), ("hastened", self.hastened)]
    }
}

/// The gate of one camera. Pure: time comes with the units.
#[derive(Debug)]
pub(crate) struct GopGate {
    capacity_bytes: usize,
    turns: Turns,
    sizes: UnitSizes,
    held: VecDeque<AccessUnit>,
    held_bytes: usize,
    /// How many of the held units, from the first on, may leave: the last of them is due, or they
    /// must go to relieve the gate.
    released: usize,
    release_is_due: bool,
    /// The held units follow what was taken last.
    continues: bool,
    awaiting_rap: bool,
    /// So many pictures are still incomplete: the stream refreshes line by line.
    recovering: u32,
    last_rap_at: Option<CaptureTime>,
    gop: Option<Duration>,
    counts: GateCounts,
}

impl GopGate {
    /// An empty gate that holds at most `capacity_bytes`.
    pub(crate) fn new(capacity_bytes: usize) -> Self {
        Self {
            capacity_bytes,
            turns: Turns::new(LookPace { interval: Duration::from_secs(1), longest: None }),
            sizes: UnitSizes::default(),
            held: VecDeque::new(),
            held_bytes: 0,
            released: 0,
            release_is_due: false,
            continues: false,
            awaiting_rap: true,
            recovering: 0,
            last_rap_at: None,
            gop: None,
            counts: GateCounts::default(),
        }
    }

    /// Forgets the stream so far; the next random access point starts again.
    pub(crate) fn restart(&mut self) {
        self.lose();
        self.awaiting_rap = true;
        self.turns.begin_anew();
        self.sizes.restart();
        self.last_rap_at = None;
        self.gop = None;
    }

    /// Sets how often a picture is wanted.
    pub(crate) fn set_pace(&mut self, pace: LookPace) {
        self.turns.set_pace(pace);
    }

    /// The parameter sets changed: what sizes were usual says nothing now.
    pub(crate) fn forget_sizes(&mut self) {
        self.sizes.restart();
    }

    /// The last look found that something had changed since the one before.
    pub(crate) fn saw_change(&mut self) {
        self.sizes.saw_change();
    }

    /// Shuts the gate until the next random access point.
    pub(crate) fn await_random_access_point(&mut self) {
        self.counts.dropped += self.held.len() as u64;
        self.clear();
        self.awaiting_rap = true;
        self.sizes.lose_look();
    }

    /// Running totals since the gate was made.
    pub(crate) fn counts(&self) -> GateCounts {
        self.counts
    }

    /// Takes one unit in; true if there is something to [`take`](Self::take).
    pub(crate) fn offer(&mut self, unit: AccessUnit) -> bool {
        self.counts.offered += 1;
        self.sizes.read(UnitSize {
            captured_at: unit.captured_at,
            bytes: unit.data.len(),
            is_key: unit.is_random_access_point && unit.recovery == 0,
            is_torn: unit.loss > 0,
        });
        // Where a stream refreshes line by line, it is better gone on with than begun anew.
        if unit.is_random_access_point && (unit.recovery == 0 || self.awaiting_rap) {
            self.begin_gop(unit.captured_at);
            self.recovering = unit.recovery;
        } else if unit.loss > 0 && !self.awaiting_rap {
            self.lose();
            self.awaiting_rap = true;
        }
        if self.awaiting_rap {
            self.counts.dropped += 1;
            return false;
        }
        let is_due = self.recovering == 0 && self.is_due(&unit);
        self.recovering = self.recovering.saturating_sub(1);
        // Only a stream that contradicts itself calls the beginning of a group disposable.
        if unit.is_disposable && !unit.is_random_access_point && !is_due {
            self.counts.skipped += 1;
            return self.released > 0;
        }
        self.held_bytes += unit.held_bytes();
        self.held.push_back(unit);
        if is_due {
            self.release();
        } else if self.released == 0 && self.is_beyond(self.capacity_bytes / 2, MOST_UNITS / 2) {
            // Decoding early loses nothing; waiting until the buffer is full would.
            self.released = self.held.len();
            self.release_is_due = false;
        }
        if self.is_beyond(self.capacity_bytes, MOST_UNITS) {
            self.lose();
            self.awaiting_rap = true;
        }
        self.released > 0
    }

    /// The units to decode now, if a picture is due or the buffer needs relief. After a run of
    /// [`MOST_UNITS_A_TURN`] there may be more to take.
    pub(crate) fn take(&mut self) -> Option<Run> {
        if self.released == 0 {
            return None;
        }
        let leaving = self.released.min(MOST_UNITS_A_TURN);
        let units: Vec<AccessUnit> = self.held.drain(..leaving).collect();
        self.held_bytes -= units.iter().map(AccessUnit::held_bytes).sum::<usize>();
        self.counts.decoded += units.len() as u64;
        self.released -= leaving;
        let is_due = self.release_is_due && self.released == 0;
        self.release_is_due &= !is_due;
        let continues = std::mem::replace(&mut self.continues, true);
        Some(Run { units, continues, is_due })
    }

    fn is_beyond(&self, bytes: usize, units: usize) -> bool {
        self.held_bytes > bytes || self.held.len() > units
    }

    fn begin_gop(&mut self, at: CaptureTime) {
        if self.release_is_due {
            self.counts.superseded += 1;
            // The picture was not seen: let this random access point stand in for it.
            self.turns.begin_anew();
            self.sizes.lose_look();
        }
        self.counts.skipped += self.held.len() as u64;
        self.clear();
        self.continues = false;
        self.awaiting_rap = false;
        if let Some(last) = self.last_rap_at {
            self.gop = Some(at.since(last));
        }
        self.last_rap_at = Some(at);
    }

    /// What is held can no longer be decoded to its end.
    fn lose(&mut self) {
        self.counts.superseded += u64::from(self.release_is_due);
        self.sizes.lose_look();
        self.counts.dropped += self.held.len() as u64;
        self.clear();
    }

    fn clear(&mut self) {
        self.held.clear();
        self.held_bytes = 0;
        self.released = 0;
        self.release_is_due = false;
    }

    fn release(&mut self) {
        if self.release_is_due {
            self.counts.superseded += 1;
        }
        self.released = self.held.len();
        self.release_is_due = true;
    }

    fn is_due(&mut self, unit: &AccessUnit) -> bool {
        let (at, is_key) = (unit.captured_at, unit.is_random_access_point);
        let turn = self.turns.judge(Offer { at, is_key, gop: self.gop }, self.sizes.activity(at));
        self.counts.left_out += u64::from(turn == Turn::LeftOut);
        self.counts.hastened += u64::from(turn == Turn::Hastened);
        if turn.is_look() {
            self.sizes.look(at);
        }
        turn.is_look()
    }
}

#[cfg(test)]
mod tests;
