//! What a rule of tailgating remembers: credentials, crossings, and when nobody listened.

use std::collections::BTreeSet;
use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use super::group::{Crossing, Grant, Passed, Window};
use super::skew::Skew;
use crate::signal::hearing::Micros;

/// The most credentials and crossings that are remembered.
const MOST: usize = 1_000;
/// Two times in which nobody listened that are no farther apart than this are one. No group waits longer.
const SOON: Duration = Duration::from_mins(5);

/// What it remembers, the earliest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) grants: Vec<Grant>,
    /// Not judged yet.
    pub(super) crossings: Vec<Crossing>,
    pub(super) skew: Skew,
    /// Controllers that are gone.
    gone: BTreeSet<String>,
    /// A controller was heard once.
    #[serde(default)]
    has_heard: bool,
    /// Since when one of them is gone.
    #[serde(default)]
    gone_since_us: Option<Micros>,
    /// The latest time in which credentials may have been accepted of which nobody heard.
    #[serde(default)]
    unheard: Option<Unheard>,
    /// Nobody is counted up to then.
    pub(super) free_until_at_us: Option<Micros>,
    /// The latest group that was too large.
    pub(super) latest: Option<Passed>,
}

/// A time in which the gateway or a controller was away.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Unheard {
    from_at_us: Micros,
    to_at_us: Micros,
}

impl State {
    pub(super) fn add_grant(&mut self, at: CaptureTime, door: &str) {
        let place = self.grants.partition_point(|it| it.granted_at_us <= at.into());
        self.grants.insert(place, Grant { granted_at_us: at.into(), door: door.to_owned() });
        self.grants.drain(..self.grants.len().saturating_sub(MOST));
        self.skew.grant(at);
    }

    pub(super) fn add_crossing(&mut self, crossing: Crossing) {
        let place = self.crossings.partition_point(|it| it.crossed_at_us <= crossing.crossed_at_us);
        self.crossings.insert(place, crossing);
        self.crossings.drain(..self.crossings.len().saturating_sub(MOST));
        self.skew.crossing(crossing.crossed_at_us.into(), crossing.people);
    }

    /// Credentials of longer ago than `kept` let nobody in any more.
    pub(super) fn forget_before(&mut self, now: CaptureTime, kept: Duration) {
        let oldest = Micros::from(now.before(kept));
        self.grants.retain(|grant| grant.granted_at_us >= oldest);
    }

    /// From then to then credentials may have been accepted of which nobody heard. What was heard before
    /// stays: a credential lets in who crosses after that time, and who had crossed long enough before it
    /// is judged.
    pub(super) fn miss(&mut self, from: CaptureTime, to: CaptureTime) {
        let near = |it: &Unheard| from.since(CaptureTime::from(it.to_at_us)) <= SOON;
        let from_at_us = match self.unheard.filter(near) {
            Some(before) => before.from_at_us.min(from.into()),
            None => from.into(),
        };
        self.unheard = Some(Unheard { from_at_us, to_at_us: to.into() });
        self.skew.forget_unpaired();
    }

    /// A controller is gone.
    pub(super) fn lose(&mut self, controller: &str, at: CaptureTime) {
        self.gone.insert(controller.to_owned());
        if self.has_heard {
            self.gone_since_us.get_or_insert(at.into());
        }
    }

    /// A controller is there.
    pub(super) fn find(&mut self, controller: &str, at: CaptureTime) {
        self.has_heard = true;
        if !self.gone.remove(controller) {
            return;
        }
        if let Some(since) = self.gone_since_us {
            self.miss(since.into(), at);
        } else {
            // It was never heard before: here the counting begins.
            self.grants.clear();
            self.crossings.clear();
            self.skew.forget_unpaired();
        }
        if self.gone.is_empty() {
            self.gone_since_us = None;
        }
    }

    /// Since when all is heard again after the latest time in which that was not so.
    pub(super) fn heard_again_at(&self) -> Option<CaptureTime> {
        self.unheard.map(|it| it.to_at_us.into())
    }

    /// Whether all controllers are there.
    pub(super) fn are_there(&self) -> bool {
        self.gone.is_empty()
    }

    /// Whether a credential that nobody heard of may have let in some of this group.
    pub(super) fn may_lack(&self, passed: &Passed, window: Window) -> bool {
        let Some(Unheard { from_at_us, to_at_us }) = self.unheard else { return false };
        let (Some(first), Some(last)) = (passed.first_at_us, passed.last_at_us) else {
            return false;
        };
        let first = CaptureTime::from(first).before(window.follow);
        let last = CaptureTime::from(last).after(window.ahead);
        Micros::from(first) < to_at_us && Micros::from(last) > from_at_us
    }

    /// Nothing lies after `at`.
    pub(super) fn step_back(&mut self, at: CaptureTime) {
        let latest = Micros::from(at);
        for grant in &mut self.grants {
            grant.granted_at_us = grant.granted_at_us.min(latest);
        }
        for crossing in &mut self.crossings {
            crossing.crossed_at_us = crossing.crossed_at_us.min(latest);
        }
        self.gone_since_us = self.gone_since_us.map(|since| since.min(latest));
        if let Some(unheard) = &mut self.unheard {
            unheard.from_at_us = unheard.from_at_us.min(latest);
            unheard.to_at_us = unheard.to_at_us.min(latest);
        }
        self.skew.step_back(at);
    }
}
