//! What a camera's rules see that is told to others: who crosses a line, whether a guard is there, and
//! whether an e-bike stands.

use rule::{Slug, Subject, Verdict};
use scene::BoundingBox;

use super::watch::Watch;
use crate::lifecycle::beside::{is_ebike, is_wire};

/// Two boxes that overlap by this much (IoU) may be one person, found twice.
const SAME_PERSON: f32 = 0.6;

/// What the rules saw in the latest picture that others are told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Who crossed which line.
    pub crossed: Vec<Crossed>,
    /// By the rule on a guard: whether one is there, as far as the picture tells.
    pub guards: Vec<(Slug, bool)>,
    /// Whether an e-bike stands where none may; none if no rule looks for one.
    pub ebike: Option<EbikeSeen>,
}

/// People who crossed a line in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossed {
    /// The rule of the line.
    pub rule: Slug,
    /// Where they are now.
    pub people: Vec<BoundingBox>,
    /// How many of them may be others of them, found twice.
    pub unsure: u32,
}

/// An e-bike, as rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EbikeSeen {
    /// One stands where none may.
    pub stands: bool,
    /// A charging wire hangs at it.
    pub has_wire: bool,
}

impl Seen {
    /// What these rules saw in the picture that they were shown last.
    pub(super) fn of(watches: &[Watch]) -> Self {
        let mut seen = Self::default();
        for watch in watches {
            let origin = &watch.lifecycle.origin;
            if is_ebike(&origin.incident) {
                let ebike = seen.ebike.get_or_insert_default();
                ebike.stands |= watch.is_met;
                ebike.has_wire |= watch.is_met && is_wire(&origin.incident);
            }
            if watch.tells.is_none() || watch.resting {
                continue;
            }
            let people = watch.rule.passed();
            if !people.is_empty() {
                seen.crossed.push(Crossed::of(&origin.rule, people));
            }
            match &watch.latest {
                _ if origin.sought.as_ref().is_none_or(|(sought, _)| !sought.missing) => {}
                Some(Verdict::Met(_)) => seen.guards.push((origin.rule.clone(), false)),
                Some(Verdict::Clear | Verdict::Candidate) => {
                    seen.guards.push((origin.rule.clone(), true));
                }
                Some(Verdict::Unknown) | None => {}
            }
        }
        seen
    }
}

impl Crossed {
    fn of(rule: &Slug, passed: &[Subject]) -> Self {
        let people: Vec<BoundingBox> = passed.iter().map(|subject| subject.bbox).collect();
        let mut unsure = 0_u32;
        for (index, one) in people.iter().enumerate() {
            let earlier = people.iter().take(index);
            let is_found_twice = earlier.into_iter().any(|other| other.iou(one) >= SAME_PERSON);
            unsure = unsure.saturating_add(is_found_twice.into());
        }
        Self { rule: rule.clone(), people, unsure }
    }

    /// How many surely crossed.
    #[must_use]
    pub fn sure(&self) -> u32 {
        u32::try_from(self.people.len()).unwrap_or(u32::MAX).saturating_sub(self.unsure)
    }
}
