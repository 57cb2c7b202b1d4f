//! Looks for new cables round two-wheelers that stand somewhere: asked for one after the other, and what they
//! told.
//!
//! An answer belongs to a two-wheeler by its place, also when other rules are tried on what was kept. A look that
//! cannot tell, for want of a reference or because somebody stands before the place, counts for nothing and
//! against nothing.

use std::collections::VecDeque;
use std::time::Duration;

use scene::{BoundingBox, Cable, CableSight};
use serde::{Deserialize, Serialize};

use crate::view::View;

/// So many of the latest looks decide.
const REMEMBERED: usize = 5;
/// And so many of them must show a cable.
const NEEDED: usize = 3;
/// A two-wheeler is looked round this often until that is decided, and whenever looks differ.
const EVERY: Duration = Duration::from_secs(10);
/// And this often while all looks agree: each costs some 200 ms of a processor.
const AGREED_EVERY: Duration = Duration::from_secs(60);
/// After a look that could not tell.
const BLIND_EVERY: Duration = Duration::from_secs(30);
/// Two-wheelers of one zone that are looked round; more are not.
const MOST_KNOWN: usize = 8;
/// Overlap (`IoU`) from which on a place is that of one that is known.
const SAME_PLACE: f32 = 0.5;
/// Two looks show the same cable if their boxes, so much wider to each side, have something in common.
const SAME_CABLE: f32 = 0.02;

/// A cable that charges, as one look showed it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    score: f32,
    length_px: u32,
    bounds: [f32; 4],
}

impl Shown {
    fn of(cable: &Cable) -> Self {
        let BoundingBox { left, top, right, bottom } = cable.bounds();
        Self { score: cable.score, length_px: cable.length_px, bounds: [left, top, right, bottom] }
    }

    /// The smallest box around it.
    pub(crate) const fn bounds(&self) -> BoundingBox {
        let [left, top, right, bottom] = self.bounds;
        BoundingBox { left, top, right, bottom }
    }

    fn is_same(&self, other: &Self) -> bool {
        let [one, other] = [self.bounds(), other.bounds()];
        one.left - SAME_CABLE <= other.right + SAME_CABLE
            && other.left - SAME_CABLE <= one.right + SAME_CABLE
            && one.top - SAME_CABLE <= other.bottom + SAME_CABLE
            && other.top - SAME_CABLE <= one.bottom + SAME_CABLE
    }
}

/// What the latest looks round a two-wheeler say together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    /// As the latest of them showed it.
    pub(crate) latest: Shown,
    /// Looks that showed it, of how many.
    pub(crate) seen: u32,
    pub(crate) looks: u32,
    /// Mean score of those, 0..=1.
    pub(crate) score: f32,
    /// The longest that one of them showed, in pixels.
    pub(crate) length_px: u32,
}

impl Judged {
    /// How sure the net is of it in the latest look that showed it, 0..=1.
    pub(crate) const fn latest_score(&self) -> f32 {
        self.latest.score
    }
}

/// What is known of one two-wheeler.
#[derive(Debug)]
struct Known {
    bike: BoundingBox,
    /// What the latest looks that could tell told, the oldest first.
    told: VecDeque<Option<Shown>>,
    /// Watched time of the latest answer, and whether it told something.
    answered: Option<(Duration, bool)>,
    is_asked: bool,
    /// The latest picture shows it.
    is_seen: bool,
}

/// Looks round the two-wheelers of a zone.
#[derive(Debug, Default)]
pub(crate) struct CableLooks {
    known: Vec<Known>,
}

impl CableLooks {
    /// Takes in what the picture tells of these two-wheelers, which it shows. `charges` says whether a cable may
    /// charge the one in this box. `is_there` says of others whether they still stand, unseen.
    pub(crate) fn follow(
        &mut self,
        view: &View<'_>,
        bikes: &[BoundingBox],
        charges: impl Fn(&Cable, &BoundingBox) -> bool,
        is_there: impl Fn(&BoundingBox) -> bool,
    ) {
        self.known.iter_mut().for_each(|known| known.is_seen = false);
        bikes.iter().for_each(|bike| self.see(bike));
        self.known.retain(|known| known.is_seen || is_there(&known.bike));
        for look in &view.observation.cables {
            let about = |known: &&mut Known| known.bike.iou(&look.place) >= SAME_PLACE;
            let Some(known) = self.known.iter_mut().find(about) else { continue };
            known.hear(&look.sight, view.watched, &charges);
        }
        self.ask(view.watched);
    }

    /// Round which one to look in the next picture.
    pub(crate) fn wanted(&self) -> Option<BoundingBox> {
        self.known.iter().find(|known| known.is_asked).map(|known| known.bike)
    }

    /// What the looks round the two-wheeler in this box say, if enough of them show a cable.
    pub(crate) fn judged(&self, bike: &BoundingBox) -> Option<Judged> {
        self.known.iter().find(|known| known.bike.iou(bike) >= SAME_PLACE)?.judged()
    }

    /// What must survive a restart.
    pub(crate) fn kept(&self) -> Vec<KnownV1> {
        let kept = self.known.iter().filter(|known| !known.told.is_empty());
        kept.map(KnownV1::of).collect()
    }

    /// Takes over what an earlier run kept.
    pub(crate) fn restore(&mut self, kept: Vec<KnownV1>) {
        self.known = kept.into_iter().take(MOST_KNOWN).map(KnownV1::known).collect();
    }

    fn see(&mut self, bike: &BoundingBox) {
        let same = |known: &&mut Known| known.bike.iou(bike) >= SAME_PLACE;
        if let Some(known) = self.known.iter_mut().find(same) {
            (known.bike, known.is_seen) = (*bike, true);
        } else if self.known.len() < MOST_KNOWN {
            let (told, answered) = (VecDeque::new(), None);
            self.known.push(Known { bike: *bike, told, answered, is_asked: false, is_seen: true });
        }
    }

    /// About one at a time: the one of which nothing has been heard for longest.
    fn ask(&mut self, now: Duration) {
        self.known.iter_mut().for_each(|known| known.is_asked &= known.is_seen);
        if self.known.iter().any(|known| known.is_asked) {
            return;
        }
        let due = self.known.iter_mut().filter(|known| known.is_seen && known.is_due(now));
        if let Some(known) = due.min_by_key(|known| known.answered) {
            known.is_asked = true;
        }
    }
}

impl Known {
    fn hear(
        &mut self,
        sight: &CableSight,
        now: Duration,
        charges: impl Fn(&Cable, &BoundingBox) -> bool,
    ) {
        self.is_asked = false;
        let CableSight::Seen(cables) = sight else {
            self.answered = Some((now, false));
            return;
        };
        self.answered = Some((now, true));
        let charging = cables.iter().find(|cable| charges(cable, &self.bike));
        self.told.push_back(charging.map(Shown::of));
        if self.told.len() > REMEMBERED {
            self.told.pop_front();
        }
    }

    fn is_due(&self, now: Duration) -> bool {
        let Some((answered, has_told)) = self.answered else { return true };
        let seen = self.told.iter().flatten().count();
        let is_settled = self.told.len() == REMEMBERED && (seen == 0 || seen == REMEMBERED);
        let every = match (has_told, is_settled) {
            (false, _) => BLIND_EVERY,
            (true, false) => EVERY,
            (true, true) => AGREED_EVERY,
        };
        now.saturating_sub(answered) >= every
    }

    fn judged(&self) -> Option<Judged> {
        let latest = *self.told.iter().rev().flatten().next()?;
        let same: Vec<&Shown> =
            self.told.iter().flatten().filter(|it| it.is_same(&latest)).collect();
        if same.len() < NEEDED {
            return None;
        }
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Some(Judged {
            latest,
            seen: count(same.len()),
            looks: count(self.told.len()),
            score: same.iter().map(|it| it.score).sum::<f32>() / same.len() as f32,
            length_px: same.iter().map(|it| it.length_px).max().unwrap_or_default(),
        })
    }
}

/// What is known of a two-wheeler, as it is remembered over a restart.
#[derive(Serialize, Deserialize)]
pub(crate) struct KnownV1 {
    bike: [f32; 4],
    told: Vec<Option<Shown>>,
}

impl KnownV1 {
    fn of(known: &Known) -> Self {
        let BoundingBox { left, top, right, bottom } = known.bike;
        Self { bike: [left, top, right, bottom], told: known.told.iter().copied().collect() }
    }

    fn known(self) -> Known {
        let [left, top, right, bottom] = self.bike;
        let bike = BoundingBox { left, top, right, bottom };
        let skipped = self.told.len().saturating_sub(REMEMBERED);
        let told = self.told.into_iter().skip(skipped).collect();
        Known { bike, told, answered: None, is_asked: false, is_seen: false }
    }
}
