//! What a re-check looks for in single pictures, where a rule watched for a while.

use scene::{
    BoundingBox, Class, Detection, GroundPlane, Thresholds, UNKNOWN_OBJECT, is_of_second_look,
};

use crate::footprint::stands_in;
use crate::misreading::is_misreading;
use crate::presence::Presence;
use crate::reach::Reach;
use crate::scenery::{SURE, fills_passage, fills_picture, is_vehicle};
use crate::zone::Zone;

/// A box that overlaps a reported one by this much (IoU) may be what was reported.
const SAME_PLACE: f32 = 0.5;

/// The objects whose presence, or whose absence, shows that an incident is still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    /// Any of these; whatever the model knows, if none.
    classes: Option<Vec<Class>>,
    /// None of these.
    except: Vec<Class>,
    place: Place,
    /// One of these must be within reach of it.
    near: Option<(Vec<Class>, Reach)>,
    /// From which score on a detection counts for the rule.
    pub min_score: Thresholds,
    /// At least this many at once.
    pub at_least: usize,
    /// The incident is that fewer than these are there.
    pub missing: bool,
    /// A thing of no class that newly stands in the zone is one, too.
    pub unknown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Zone(Presence),
    Passage,
}

impl Sought {
    /// An object of one of these classes in the zone.
    pub(crate) fn in_zone(classes: &[Class], presence: Presence, min_score: &Thresholds) -> Self {
        Self {
            classes: Some(classes.to_vec()),
            except: Vec::new(),
            place: Place::Zone(presence),
            near: None,
            min_score: min_score.clone(),
            at_least: 1,
            missing: false,
            unknown: false,
        }
    }

    /// Whatever stands in the passage that the zone is, of these classes (of all, if none) but for
    /// those `except`.
    pub(crate) fn in_passage(
        classes: Option<&[Class]>,
        except: &[Class],
        min_score: &Thresholds,
    ) -> Self {
        Self {
            classes: classes.map(<[Class]>::to_vec),
            except: except.to_vec(),
            place: Place::Passage,
            near: None,
            min_score: min_score.clone(),
            at_least: 1,
            missing: false,
            unknown: false,
        }
    }

    /// The same, with one of these classes within reach.
    pub(crate) fn near(self, classes: &[Class], reach: Reach) -> Self {
        Self { near: Some((classes.to_vec(), reach)), ..self }
    }

    /// The same, and at least this many of them at once.
    pub(crate) fn at_least(self, count: u32) -> Self {
        Self { at_least: usize::try_from(count).unwrap_or(usize::MAX), ..self }
    }

    /// The same, where it is the incident that they are missing.
    pub(crate) fn missing(self) -> Self {
        Self { missing: true, ..self }
    }

    /// The same, or a thing of no class that newly stands there.
    pub(crate) fn or_unknown(self) -> Self {
        Self { unknown: true, ..self }
    }

    /// Whether a picture with this many of them shows the incident.
    pub const fn is_shown_by(&self, found: usize) -> bool {
        (found >= self.at_least) != self.missing
    }

    /// Whether the rule itself has this name for objects.
    pub fn names(&self, class: &Class) -> bool {
        let near = self.near.iter().any(|(classes, _)| classes.contains(class));
        let own = self.classes.as_ref().map(|classes| classes.contains(class));
        near || own.unwrap_or_else(|| !is_of_second_look(class))
    }

    /// Whether a detection is one, if its score suffices.
    pub fn is_one(&self, detection: &Detection, zone: &Zone) -> bool {
        let Detection { class, bbox, .. } = detection;
        self.is_of_class(class) && self.place.holds(zone, bbox)
    }

    /// Whether a detection that the detector is not sure of shows the place itself and no object, as the
    /// rule has it. If what was reported is as large as the place, its box is believed.
    pub fn is_the_place(
        &self,
        detection: &Detection,
        zone: &Zone,
        reported: &[BoundingBox],
    ) -> bool {
        let Detection { class, score, bbox } = detection;
        let fills = |bbox: &BoundingBox| fills_passage(bbox, &zone.polygon);
        let is_believed = || {
            let is_it = |it: &BoundingBox| fills(it) && it.iou(bbox) >= SAME_PLACE;
            self.classes.is_some() || is_vehicle(class) || reported.iter().any(is_it)
        };
        self.place == Place::Passage
            && *score < SURE
            && (fills_picture(bbox) || (fills(bbox) && !is_believed()))
    }

    /// Whether an object of this class can be one.
    pub fn is_of_class(&self, class: &Class) -> bool {
        if class.as_str() == UNKNOWN_OBJECT {
            return self.unknown;
        }
        let known = self.classes.as_ref().is_none_or(|classes| classes.contains(class));
        known && !self.except.contains(class) && !self.misreads(class)
    }

    /// Whether a detection of this class is a wrong word for something else: it is none, and it hides none.
    pub fn misreads(&self, class: &Class) -> bool {
        let classes = self.classes.as_deref();
        self.place == Place::Passage && is_misreading(class, classes, &self.except)
    }

    /// Whether what must be near `one` is, among all that is seen.
    pub fn has_company(
        &self,
        one: &Detection,
        seen: &[&Detection],
        ground: Option<&GroundPlane>,
    ) -> bool {
        self.near.as_ref().is_none_or(|(classes, reach)| {
            seen.iter().any(|other| {
                !std::ptr::eq(one, *other)
                    && classes.contains(&other.class)
                    && reach.holds(&one.bbox, &other.bbox, ground)
            })
        })
    }
}

impl Place {
    fn holds(self, zone: &Zone, bbox: &BoundingBox) -> bool {
        match self {
            Self::Zone(presence) => presence.holds(zone, bbox),
            Self::Passage => !fills_picture(bbox) && stands_in(&zone.polygon, bbox),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::{BoundingBox, Class, Detection, Point, Polygon};

    use super::Sought;
    use crate::kind::crossing::CrossingSettings;
    use crate::kind::gathering::GatheringSettings;
    use crate::kind::obstruction::{ObstructionLimit, ObstructionSettings};
    use crate::kind::stall::StallSettings;
    use crate::kind::view_fault::{ViewFault, ViewFaultSettings};
    use crate::kind_settings::KindSettings;
    use crate::slug::Slug;
    use crate::zone::Zone;

    fn left_half() -> Zone {
        let corner = |x, y| Point { x, y };
        let corners = vec![corner(0.0, 0.0), corner(0.5, 0.0), corner(0.5, 1.0), corner(0.0, 1.0)];
        Zone { id: Slug::new("z").unwrap(), polygon: Polygon::new(corners).unwrap() }
    }

    fn is_one(sought: &Sought, class: &str, left: f32) -> bool {
        let bbox = BoundingBox { left, top: 0.2, right: left + 0.1, bottom: 0.5 };
        let detection = Detection { class: Class::new(class), score: 0.9, bbox };
        sought.is_one(&detection, &left_half())
    }

    #[test]
    fn what_happens_and_is_over_is_for_a_person_to_check() {
        let line = [Point { x: 0.1, y: 0.1 }, Point { x: 0.9, y: 0.9 }];
        let crossing = CrossingSettings::new(vec![Class::new("person")], line);
        assert_eq!(crossing.sought(), None);
        assert_eq!(ViewFaultSettings::new(ViewFault::Dark).sought(), None);
    }

    #[test]
    fn in_a_passage_whatever_stands_there_counts_but_for_people() {
        let limit = ObstructionLimit::Share(0.3);
        let settings = ObstructionSettings::new(limit, Duration::from_mins(1));
        let sought = settings.sought().unwrap();
        assert!(is_one(&sought, "couch", 0.2) && is_one(&sought, "car", 0.45));
        assert!(!is_one(&sought, "person", 0.2) && !is_one(&sought, "couch", 0.7));
    }

    #[test]
    fn a_crowd_is_as_many_as_its_rule_says_and_a_stall_is_its_goods() {
        let crowd = GatheringSettings::new(vec![Class::new("person")], 3);
        assert_eq!(crowd.sought().unwrap().at_least, 3);
        let goods = vec![Class::new("suitcase")];
        let stall = StallSettings::new(goods);
        let sought = stall.sought().unwrap();
        assert!(is_one(&sought, "suitcase", 0.2) && !is_one(&sought, "person", 0.2));
    }
    #[test]
    fn an_empty_passage_seen_as_a_bench_is_not_what_was_reported() {
        let limit = ObstructionLimit::Share(0.3);
        let any = ObstructionSettings::new(limit, Duration::from_mins(1));
        let named = ObstructionSettings { classes: Some(vec![Class::new("bench")]), ..any.clone() };
        let bbox = |left, right| BoundingBox { left, top: 0.05, right, bottom: 1.0 };
        let is_place =
            |settings: &ObstructionSettings, (class, score), reported: &[BoundingBox]| {
                let detection = Detection { class: Class::new(class), score, bbox: bbox(0.0, 0.5) };
                settings.sought().unwrap().is_the_place(&detection, &left_half(), reported)
            };
        assert!(is_place(&any, ("bench", 0.5), &[]));
        assert!(is_place(&any, ("bench", 0.5), &[bbox(0.1, 0.4)]), "narrower than the passage");
        assert!(!is_place(&any, ("bench", 0.5), &[bbox(0.01, 0.5)]));
        assert!(!is_place(&any, ("bench", 0.8), &[]) && !is_place(&any, ("truck", 0.5), &[]));
        assert!(!is_place(&named, ("bench", 0.5), &[]));
    }
}
