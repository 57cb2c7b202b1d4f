//! What the pictures of a re-check have shown so far.

use std::time::Duration;

use jiff::civil::DateTime;
use scene::track::TrackId;
use scene::{
    BoundingBox, CaptureTime, Class, Detection, GroundPlane, Observation, StandingLook,
    StandingThing, UNKNOWN_OBJECT, is_of_second_look, seen_as,
};

use crate::alert::verification::VerificationReason;
use rule::Zone;
use rule::schedule::Schedule;
use rule::{Keepsake, Sight, Sought, Subject};

/// The share of the usual threshold that counts in a re-check. It is stricter than at the opening,
/// because a wrong "gone" costs more.
const STRICTER: f32 = 0.8;
/// A thing of no class that overlaps what the detector knows by this much is that.
const SAME_OBJECT: f32 = 0.5;
/// The least overlap with a reported box at which it is the same thing in the same place.
const SAME_PLACE: f32 = 0.3;
/// A view less similar to the reported one is another view.
const SAME_VIEW: f32 = 0.8;
/// If something else hides this share of the reported place, the picture does not show it.
const HIDDEN_FROM: f32 = 0.5;

/// One picture, and what it is compared with.
pub(crate) struct Look<'a> {
    pub(crate) observation: &'a Observation,
    /// When the rule applies and what counts for it: outside its hours no picture counts.
    pub(crate) schedule: &'a Schedule,
    /// The local time at the camera.
    pub(crate) local: DateTime,
    /// The map from picture to ground, if the camera is calibrated.
    pub(crate) ground: Option<&'a GroundPlane>,
    pub(crate) zone: &'a Zone,
    pub(crate) sought: &'a Sought,
    /// Where the incident was reported and last seen.
    pub(crate) reported: &'a [BoundingBox],
    /// If one of them is a thing of no class: since when the incident lasts.
    pub(crate) thing_since: Option<CaptureTime>,
    /// How the place looked when the incident was reported.
    pub(crate) view: &'a Keepsake,
}

impl<'a> Look<'a> {
    /// What newly stands in the zone, if that is looked for.
    fn unknown(&self) -> Option<&'a StandingLook> {
        let looks = self.observation.standing.iter().filter(|_| self.sought.unknown);
        looks.into_iter().find(|look| *look.zone == *self.zone.id.as_str())
    }

    /// What was detected, under the names that the rule has for it; none if those are its own.
    fn renamed(&self) -> Option<Vec<Detection>> {
        let detections = &self.observation.detections;
        detections.iter().any(|it| is_of_second_look(&it.class)).then(|| {
            let names = |class: &Class| self.sought.names(class);
            let renamed = |it: &Detection| Detection {
                class: seen_as(&it.class, names).unwrap_or_else(|| it.class.clone()),
                ..it.clone()
            };
            detections.iter().map(renamed).collect()
        })
    }

    /// Why it tells nothing of the things: the zone is known, and the place is hidden in it; or it is not.
    fn silence(&self) -> VerificationReason {
        match self.unknown().and_then(|look| look.known_since) {
            Some(known) if self.thing_since.is_none_or(|since| known <= since) => {
                VerificationReason::Occluded
            }
            _ => VerificationReason::TooFewSamples,
        }
    }

    /// Whether it tells that a thing of no class is gone, if one was reported.
    fn tells_of_things(&self) -> bool {
        self.thing_since.is_none_or(|since| {
            let tells = |look: &StandingLook, place| look.tells_of(place, since);
            self.unknown().is_some_and(|look| self.reported.iter().all(|it| tells(look, it)))
        })
    }
}

/// When it looks and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) since: CaptureTime,
    pub(crate) lasts: Duration,
    /// At most one picture in each span of this length counts.
    pub(crate) pace: Duration,
}

/// Counts over the pictures of one check.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tally {
    /// Pictures that show the place.
    pub(crate) samples: u32,
    /// Those of them that show an object of the kind.
    pub(crate) positive: u32,
    /// Those of them that show the object where it was reported.
    pub(crate) in_place: u32,
    /// Why other pictures do not show the place.
    blind: Blindness,
    compared: u32,
    match_sum: f64,
    /// What the latest picture showed.
    pub(crate) shown: Vec<Subject>,
    /// The number of the span in which the latest sample was taken.
    slot: Option<u128>,
    /// The latest picture that shows the place, and the pictures since then.
    seen_at: Option<CaptureTime>,
    unseen: Blindness,
    /// The longest time without such a picture, of those that are over.
    longest: Stretch,
}

/// Pictures that do not show the place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Blindness {
    pictures: u32,
    dark: u32,
    occluded: u32,
    moved: u32,
}

/// A time in which no picture showed the place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Stretch {
    pub(crate) lasts: Duration,
    blind: Blindness,
}

/// What one picture says.
enum Told {
    /// It does not show the place, for this reason.
    Nothing(VerificationReason),
    /// It shows it.
    Sample { is_positive: bool, in_place: bool },
}

impl Tally {
    /// Takes one picture into account.
    pub(crate) fn add(&mut self, look: &Look<'_>, window: &Window) {
        let at = look.observation.captured_at;
        self.shown.clear();
        let told = self.judge(look);
        match told {
            Told::Nothing(reason) => {
                self.blind.count(reason);
                self.unseen.count(reason);
            }
            Told::Sample { is_positive, in_place } => {
                let from = self.seen_at.unwrap_or(window.since);
                let until = window.since.after(window.lasts);
                self.longest = self.longest.or(self.unseen_from(from, at.min(until)));
                (self.seen_at, self.unseen) = (Some(at), Blindness::default());
                let slot = at.since(window.since).as_micros() / window.pace.as_micros().max(1);
                if self.slot.replace(slot) != Some(slot) {
                    self.samples = self.samples.saturating_add(1);
                    self.positive = self.positive.saturating_add(is_positive.into());
                    self.in_place = self.in_place.saturating_add(in_place.into());
                }
            }
        }
    }

    fn judge(&mut self, look: &Look<'_>) -> Told {
        if !look.schedule.applies(look.local) {
            return Told::Nothing(VerificationReason::TooFewSamples);
        }
        let stricter = if look.sought.missing { 1.0 } else { STRICTER };
        let threshold =
            |detection: &Detection| look.sought.min_score.begins(&detection.class) * stricter;
        let unknown: Vec<Detection> = look.unknown().map(of_no_class).unwrap_or_default();
        let renamed = look.renamed();
        let detections = renamed.as_ref().unwrap_or(&look.observation.detections);
        let (mut found, others): (Vec<&Detection>, Vec<&Detection>) = detections
            .iter()
            .filter(|detection| detection.score >= threshold(detection))
            // Neither the place itself nor a wrong word is an object, and they hide nothing.
            .filter(|it| !look.sought.is_the_place(it, look.zone, look.reported))
            .filter(|it| !look.sought.misreads(&it.class))
            .partition(|detection| look.sought.is_one(detection, look.zone));
        let is_known = |thing: &&Detection| {
            found.iter().chain(&others).any(|known| known.bbox.iou(&thing.bbox) >= SAME_OBJECT)
        };
        let is_sure = |thing: &&Detection| thing.score >= threshold(thing);
        let unknown: Vec<&Detection> =
            unknown.iter().filter(is_sure).filter(|thing| !is_known(thing)).collect();
        found.extend(unknown);
        let objects: Vec<BoundingBox> =
            found.iter().chain(&others).map(|detection| detection.bbox).collect();
        // Objects that are legal now do not count, nor do objects without the company that makes
        // the offence. They hide nothing either.
        let counts = |detection: &&&Detection| look.schedule.counts(&detection.class, look.local);
        let seen: Vec<&Detection> = found.iter().chain(&others).filter(counts).copied().collect();
        found.retain(|one| counts(&one) && look.sought.has_company(one, &seen, look.ground));
        let sight = match &look.observation.appearance {
            Some(appearance) => look.view.compare(appearance, &objects),
            None => Sight::Occluded,
        };
        match sight {
            Sight::Dark => Told::Nothing(VerificationReason::LowLight),
            Sight::Occluded => Told::Nothing(VerificationReason::Occluded),
            Sight::Seen(share) => {
                self.compared = self.compared.saturating_add(1);
                self.match_sum += f64::from(share);
                if share < SAME_VIEW {
                    Told::Nothing(VerificationReason::CameraMoved)
                } else {
                    self.sample(look, &found, &others)
                }
            }
        }
    }

    /// Judges a picture that shows the reported view.
    fn sample(&mut self, look: &Look<'_>, found: &[&Detection], others: &[&Detection]) -> Told {
        let is_positive = look.sought.is_shown_by(found.len());
        let hides = |other: &&Detection| {
            let hidden = |place: &BoundingBox| place.common_area(&other.bbox);
            look.reported.iter().any(|it| hidden(it) > 0.0 && hidden(it) >= HIDDEN_FROM * it.area())
        };
        if !is_positive && others.iter().any(hides) {
            return Told::Nothing(VerificationReason::Occluded);
        }
        if !is_positive && !look.tells_of_things() {
            return Told::Nothing(look.silence());
        }
        let is_there = |detection: &&Detection| {
            look.reported.iter().any(|place| place.iou(&detection.bbox) >= SAME_PLACE)
        };
        if look.sought.missing {
            // What lacks is shown by nothing, and lacks nowhere else.
            return Told::Sample { is_positive, in_place: is_positive };
        }
        if is_positive {
            self.shown = found.iter().map(|detection| subject(detection)).collect();
        }
        Told::Sample { is_positive, in_place: is_positive && found.iter().any(is_there) }
    }

    /// How similar the compared pictures were to the reported view on average, 0..=1.
    pub(crate) fn scene_match(&self) -> Option<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "a share of 0..=1")]
        let mean = (self.match_sum / f64::from(self.compared.max(1))) as f32;
        (self.compared > 0).then_some(mean)
    }

    /// Why there are too few samples: the most frequent reason of the other pictures.
    pub(crate) fn blindness(&self) -> VerificationReason {
        let (pictures, reason) = self.blind.worst();
        if pictures > self.samples { reason } else { VerificationReason::TooFewSamples }
    }

    /// The longest time without a sample, from the beginning to the end.
    pub(crate) fn longest_blind(&self, since: CaptureTime, until: CaptureTime) -> Stretch {
        self.longest.or(self.unseen_from(self.seen_at.unwrap_or(since), until))
    }

    fn unseen_from(&self, from: CaptureTime, until: CaptureTime) -> Stretch {
        Stretch { lasts: until.since(from), blind: self.unseen }
    }

    /// The clock stepped back to `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.slot = None;
        self.seen_at = self.seen_at.map(|seen_at| at.min(seen_at));
    }
}

impl Stretch {
    /// The longer of two.
    fn or(self, later: Self) -> Self {
        if later.lasts > self.lasts { later } else { self }
    }

    /// Why nothing was seen.
    pub(crate) fn reason(&self) -> VerificationReason {
        match self.blind.worst() {
            _ if self.blind.pictures == 0 => VerificationReason::CameraOffline,
            (0, _) => VerificationReason::TooFewSamples,
            (_, reason) => reason,
        }
    }
}

impl Blindness {
    fn count(&mut self, reason: VerificationReason) {
        self.pictures = self.pictures.saturating_add(1);
        let cause = match reason {
            VerificationReason::CameraMoved => &mut self.moved,
            VerificationReason::Occluded => &mut self.occluded,
            VerificationReason::LowLight => &mut self.dark,
            _ => return,
        };
        *cause = cause.saturating_add(1);
    }

    /// The most frequent reason, and how many pictures had it.
    fn worst(&self) -> (u32, VerificationReason) {
        let causes = [
            (self.moved, VerificationReason::CameraMoved),
            (self.occluded, VerificationReason::Occluded),
            (self.dark, VerificationReason::LowLight),
        ];
        let worst = causes.into_iter().max_by_key(|(pictures, _)| *pictures);
        worst.unwrap_or((0, VerificationReason::TooFewSamples))
    }
}

/// Things of no class as a detector would tell them.
fn of_no_class(look: &StandingLook) -> Vec<Detection> {
    let class = Class::new(UNKNOWN_OBJECT);
    let things = look.things.iter();
    let detection = |thing: &StandingThing| Detection {
        class: class.clone(),
        score: thing.sure,
        bbox: thing.bounds,
    };
    things.map(detection).collect()
}

/// An object of a single picture; it has no track.
fn subject(detection: &Detection) -> Subject {
    let Detection { class, score, bbox } = detection;
    Subject { class: class.clone(), score: *score, bbox: *bbox, track_id: TrackId(0) }
}
