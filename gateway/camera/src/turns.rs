//! When a camera's next picture is due, and when a look may be left out because nothing has happened.
//!
//! The rules want a picture every so often; each time is a turn. Where the sizes of the coded pictures say that
//! nothing has happened since the last look, a turn may pass without one, but only if the next is still within the
//! longest time that the rules bear. So whatever the sizes say, no look is later than that. Where they say that
//! something has begun, the next key frame is looked at, once after each turn at which nothing had happened.

use std::time::Duration;

use scene::CaptureTime;

use crate::activity::Activity;

/// A picture this much early still counts as on time: half the distance of two pictures at 25 fps.
const DUE_SLACK: Duration = Duration::from_millis(20);

/// How often a camera must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookPace {
    /// From look to look.
    pub interval: Duration,
    /// From look to look while nothing happens; none if every look is wanted.
    pub longest: Option<Duration>,
}

/// One picture that may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// When it was taken.
    pub at: CaptureTime,
    /// It can be decoded without any other.
    pub is_key: bool,
    /// The distance of the latest two that can; none if it is not known.
    pub gop: Option<Duration>,
}

/// What becomes of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is not its turn.
    Waits,
    /// It is looked at.
    Due,
    /// It is looked at before its turn: something began.
    Hastened,
    /// It was its turn, but nothing has happened.
    LeftOut,
}

impl Turn {
    /// Whether the picture is looked at.
    #[must_use]
    pub fn is_look(self) -> bool {
        matches!(self, Self::Due | Self::Hastened)
    }
}

/// The turns of one camera. Pure: time comes with the pictures.
#[derive(Debug)]
pub struct Turns {
    pace: LookPace,
    looked_at: Option<CaptureTime>,
    /// The latest turn, whether or not it was a look.
    turn_at: Option<CaptureTime>,
    /// Nothing had happened at the latest turn, and nothing was brought forward since.
    is_calm: bool,
}

impl Turns {
    /// At this pace. The first picture is due.
    #[must_use]
    pub fn new(pace: LookPace) -> Self {
        Self { pace, looked_at: None, turn_at: None, is_calm: false }
    }

    /// Goes on at another pace.
    pub fn set_pace(&mut self, pace: LookPace) {
        self.pace = pace;
    }

    /// The last look was none: the next picture is due.
    pub fn begin_anew(&mut self) {
        *self = Self::new(self.pace);
    }

    /// Judges a picture before which this was the `activity` since the last look. Each turn is asked about once.
    pub fn judge(&mut self, offer: Offer, activity: Activity) -> Turn {
        // A clock that stepped backwards must not starve the rules until it has caught up.
        let Some(looked_at) = self.looked_at.filter(|latest| *latest <= offer.at) else {
            return self.look(offer.at, Turn::Due, false);
        };
        let turn_at = self.turn_at.map_or(looked_at, |turn_at| turn_at.max(looked_at));
        if self.is_turn(offer, turn_at) {
            let is_calm = activity == Activity::Quiet;
            let turn_at = self.time_of(turn_at.after(self.pace.interval), offer.at);
            let next = turn_at.since(looked_at) + self.pace.interval;
            let is_in_time = self.pace.longest.is_some_and(|longest| next <= longest);
            if is_in_time && is_calm {
                (self.turn_at, self.is_calm) = (Some(turn_at), true);
                return Turn::LeftOut;
            }
            return self.look(offer.at, Turn::Due, is_calm);
        }
        let may_hasten = self.pace.longest.is_some() && self.is_calm;
        if may_hasten && offer.is_key && activity == Activity::Began {
            return self.look(offer.at, Turn::Hastened, false);
        }
        Turn::Waits
    }

    fn look(&mut self, at: CaptureTime, turn: Turn, is_calm: bool) -> Turn {
        (self.looked_at, self.turn_at, self.is_calm) = (Some(at), None, is_calm);
        turn
    }

    /// When a turn was that was due at `due_at` and came at `at`. One that comes a little late makes the next ones no
    /// later.
    fn time_of(&self, due_at: CaptureTime, at: CaptureTime) -> CaptureTime {
        let is_little = at.since(due_at) <= self.pace.interval / 8;
        if is_little { due_at.min(at) } else { at }
    }

    fn is_turn(&self, Offer { at, is_key, gop }: Offer, turn_at: CaptureTime) -> bool {
        let elapsed = at.since(turn_at) + DUE_SLACK;
        if elapsed >= self.pace.interval {
            return true;
        }
        // A random access point is by far the cheapest picture of its GOP. Take it early when
        // waiting for the due moment would mean decoding half a GOP for it.
        let next_is_too_late =
            gop.is_some_and(|gop| elapsed + gop > self.pace.interval + DUE_SLACK);
        is_key && next_is_too_late && elapsed >= self.pace.interval / 2
    }
}

#[cfg(test)]
mod tests;
