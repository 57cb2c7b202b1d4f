//! Second looks at groups that stand somewhere: asked for one after the other, and what they told.
//!
//! A rule cannot cut anything out of a picture: it names a place, the eye looks at it in the next picture,
//! and the answer comes with that. So an answer belongs to a group by its place, also when other rules are
//! tried on what was kept.

use std::collections::VecDeque;
use std::time::Duration;

use scene::BoundingBox;

use crate::likelihood::Likelihood;
use crate::view::View;

/// Looks wanted in a dwell.
const LOOKS_PER_DWELL: u32 = 8;
/// More often than this a group is not looked at, and no more seldom.
const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// So many of the latest looks decide: one at somebody who walks past decides nothing.
const REMEMBERED: usize = 5;
/// Who is asked for this long and tells nothing cannot tell: an eye may have no model for it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Groups of one zone that are looked at; more are not.
const MOST_GROUPS: usize = 8;
/// Overlap (`IoU`) of its goods from which on a group is one that is known.
const SAME_GOODS: f32 = 0.3;
/// Overlap (`IoU`) from which on an answer is about a group.
const SAME_PLACE: f32 = 0.5;

/// Somebody with goods, in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Group {
    /// What stands there for longest, by which the group is known.
    pub(crate) goods: BoundingBox,
    /// The box around all of it.
    pub(crate) place: BoundingBox,
}

/// What is known of one group.
#[derive(Debug)]
struct Known {
    group: Group,
    /// What the latest looks told, the oldest first.
    told: VecDeque<Option<f32>>,
    /// Watched time of the latest answer.
    told_at: Option<Duration>,
    /// What is asked about, and since when no answer has come.
    asked: Option<(BoundingBox, Duration)>,
    /// The latest picture shows it.
    is_seen: bool,
}

/// Second looks at the groups of a zone.
#[derive(Debug)]
pub(crate) struct CropLooks {
    every: Duration,
    known: Vec<Known>,
    now: Duration,
}

impl CropLooks {
    /// Of groups that must stay for this long.
    pub(crate) fn new(dwell: Duration) -> Self {
        let every = (dwell / LOOKS_PER_DWELL).clamp(SHORTEST, LONGEST);
        Self { every, known: Vec::new(), now: Duration::ZERO }
    }

    /// Takes in what the picture tells of these groups. Those that it does not show are kept for as long as a
    /// look is good for; a look at where they were shows whoever hides them, and does not count.
    pub(crate) fn follow(&mut self, view: &View<'_>, groups: &[Group]) {
        self.now = view.watched;
        self.known.iter_mut().for_each(|known| known.is_seen = false);
        for group in groups {
            self.see(*group);
        }
        for look in &view.observation.crops {
            let about = |known: &&mut Known| known.is_seen && known.is_answered_by(&look.place);
            if let Some(known) = self.known.iter_mut().find(about) {
                known.hear(look.stall, view.watched);
            }
        }
        let (now, memory) = (self.now, self.every.saturating_mul(2));
        self.known.retain(|known| known.is_seen || !known.is_older_than(memory, now));
        self.ask();
    }

    /// Forgets them all.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// What to look at in the next picture.
    pub(crate) fn wanted(&self) -> Option<BoundingBox> {
        self.known.iter().find_map(|known| known.asked).map(|(place, _)| place)
    }

    /// How likely the likeliest group is what it is taken for; none if no look has told yet.
    pub(crate) fn likelihood(&self) -> Option<Likelihood> {
        let told = self.known.iter().filter_map(Known::likelihood);
        told.reduce(Likelihood::larger)
    }

    /// Whether a group that is seen has been asked about in vain, and so must be judged without an answer.
    pub(crate) fn are_in_vain(&self) -> bool {
        let in_vain = |known: &Known| {
            let asked_at = known.asked.map(|(_, asked_at)| asked_at);
            known.told.is_empty()
                && asked_at.is_some_and(|at| self.now.saturating_sub(at) >= PATIENCE)
        };
        self.known.iter().any(|known| known.is_seen && in_vain(known))
    }

    fn see(&mut self, group: Group) {
        let overlaps = self.known.iter().map(|known| known.group.goods.iou(&group.goods));
        let same = overlaps.enumerate().filter(|(_, overlap)| *overlap >= SAME_GOODS);
        let nearest = same.max_by(|(_, one), (_, other)| one.total_cmp(other));
        if let Some(known) = nearest.and_then(|(place, _)| self.known.get_mut(place)) {
            (known.group, known.is_seen) = (group, true);
        } else if self.known.len() < MOST_GROUPS {
            let (told, told_at, asked) = (VecDeque::new(), None, None);
            self.known.push(Known { group, told, told_at, asked, is_seen: true });
        }
    }

    /// About one group at a time: the one of which nothing has been told for longest.
    fn ask(&mut self) {
        let (now, every) = (self.now, self.every);
        for Known { group, asked, is_seen, .. } in &mut self.known {
            // What is hidden now would not be seen in the next picture.
            asked.take_if(|_| !*is_seen);
            if let Some((place, _)) = asked
                && place.iou(&group.place) < SAME_PLACE
            {
                *place = group.place;
            }
        }
        if self.known.iter().any(|known| known.asked.is_some()) {
            return;
        }
        let is_due = |known: &Known| {
            known.told_at.is_none_or(|told_at| now.saturating_sub(told_at) >= every)
        };
        let due = self.known.iter_mut().filter(|known| known.is_seen && is_due(known));
        if let Some(known) = due.min_by_key(|known| known.told_at) {
            known.asked = Some((known.group.place, now));
        }
    }
}

impl Known {
    fn is_answered_by(&self, place: &BoundingBox) -> bool {
        let asked = self.asked.map(|(place, _)| place);
        asked.is_some_and(|asked| asked.iou(place) >= SAME_PLACE)
            || self.group.place.iou(place) >= SAME_PLACE
    }

    fn hear(&mut self, stall: Option<f32>, now: Duration) {
        self.told.push_back(stall);
        if self.told.len() > REMEMBERED {
            self.told.pop_front();
        }
        (self.told_at, self.asked) = (Some(now), None);
    }

    /// Whether nothing has been told or asked of it for so long.
    fn is_older_than(&self, memory: Duration, now: Duration) -> bool {
        let latest = self.told_at.max(self.asked.map(|(_, at)| at));
        latest.is_none_or(|latest| now.saturating_sub(latest) > memory)
    }

    fn likelihood(&self) -> Option<Likelihood> {
        let mut told: Vec<f32> = self.told.iter().flatten().copied().collect();
        told.sort_by(f32::total_cmp);
        let median = told.get(told.len() / 2).copied().map(Likelihood::Of);
        median.or_else(|| (!self.told.is_empty()).then_some(Likelihood::TooSmall))
    }
}

#[cfg(test)]
mod tests;
