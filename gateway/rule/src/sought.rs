//! What a re-check looks for in single pictures, where a rule watched for a while.

use scene::{BoundingBox, Class, Detection, GroundPlane};

use super::obstruction::FOOTPRINT_HEIGHT;
use super::{
    BesideSettings, GatheringSettings, ObstructionSettings, Presence, ProhibitedSettings, Reach,
    RuleKind, StallSettings, StandingSettings,
};
use crate::zone::Zone;

/// So much of what an object covers of the ground must lie in a passage to stand in it.
const IN_PASSAGE: f32 = 0.1;

/// The objects whose presence shows that an incident is still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    /// Any of these; whatever the model knows, if none.
    classes: Option<Vec<Class>>,
    /// None of these.
    except: Vec<Class>,
    place: Place,
    /// One of these must be within reach of it.
    near: Option<(Vec<Class>, Reach)>,
    /// Least score at which a detection counts for the rule, 0..=1.
    pub min_score: f32,
    /// So many at once.
    pub at_least: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Zone(Presence),
    Passage,
}

impl Sought {
    fn of(classes: &[Class], presence: Presence, min_score: f32) -> Self {
        Self {
            classes: Some(classes.to_vec()),
            except: Vec::new(),
            place: Place::Zone(presence),
            near: None,
            min_score,
            at_least: 1,
        }
    }

    /// Whether a detection is one, if its score suffices.
    pub fn is_one(&self, detection: &Detection, zone: &Zone) -> bool {
        let Detection { class, bbox, .. } = detection;
        self.is_of_class(class) && self.place.holds(zone, bbox)
    }

    /// Whether an object of this class can be one.
    pub fn is_of_class(&self, class: &Class) -> bool {
        let known = self.classes.as_ref().is_none_or(|classes| classes.contains(class));
        known && !self.except.contains(class)
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
            Self::Passage => {
                let top = bbox.bottom - bbox.height() * FOOTPRINT_HEIGHT;
                let footprint = BoundingBox { top, ..*bbox };
                zone.polygon.covered_share(&footprint) >= IN_PASSAGE
            }
        }
    }
}

impl RuleKind {
    /// What a re-check looks for; none for what happens and is over, or is no object: a person
    /// must look.
    pub fn sought(&self) -> Option<Sought> {
        match self {
            Self::Standing(StandingSettings { classes, presence, min_score, .. })
            | Self::Prohibited(ProhibitedSettings { classes, presence, min_score, .. }) => {
                Some(Sought::of(classes, *presence, *min_score))
            }
            Self::Beside(BesideSettings { classes, near, reach, presence, min_score, .. }) => {
                let near = Some((near.clone(), *reach));
                Some(Sought { near, ..Sought::of(classes, *presence, *min_score) })
            }
            Self::Stall(StallSettings { goods, presence, min_score, .. }) => {
                Some(Sought::of(goods, *presence, *min_score))
            }
            Self::Gathering(GatheringSettings { classes, count, presence, min_score, .. }) => {
                let at_least = usize::try_from(*count).unwrap_or(usize::MAX);
                Some(Sought { at_least, ..Sought::of(classes, *presence, *min_score) })
            }
            Self::Obstruction(ObstructionSettings { classes, except, min_score, .. }) => {
                Some(Sought {
                    classes: classes.clone(),
                    except: except.clone(),
                    place: Place::Passage,
                    near: None,
                    min_score: *min_score,
                    at_least: 1,
                })
            }
            Self::Crossing(_) | Self::Scene(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::{BoundingBox, Class, Detection, Point, Polygon};

    use super::Sought;
    use crate::slug::Slug;
    use crate::zone::Zone;
    use crate::{
        CrossingSettings, GatheringSettings, ObstructionLimit, ObstructionSettings, RuleKind,
        SceneSettings, StallSettings, ViewFault,
    };

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
        assert_eq!(RuleKind::Crossing(crossing).sought(), None);
        assert_eq!(RuleKind::Scene(SceneSettings::new(ViewFault::Dark)).sought(), None);
    }

    #[test]
    fn in_a_passage_whatever_stands_there_counts_but_for_people() {
        let limit = ObstructionLimit::Share(0.3);
        let settings = ObstructionSettings::new(limit, Duration::from_mins(1));
        let sought = RuleKind::Obstruction(settings).sought().unwrap();
        assert!(is_one(&sought, "couch", 0.2) && is_one(&sought, "car", 0.45));
        assert!(!is_one(&sought, "person", 0.2) && !is_one(&sought, "couch", 0.7));
    }

    #[test]
    fn a_crowd_is_as_many_as_its_rule_says_and_a_stall_is_its_goods() {
        let crowd = GatheringSettings::new(vec![Class::new("person")], 3);
        assert_eq!(RuleKind::Gathering(crowd).sought().unwrap().at_least, 3);
        let goods = vec![Class::new("suitcase")];
        let stall = StallSettings::new(goods);
        let sought = RuleKind::Stall(stall).sought().unwrap();
        assert!(is_one(&sought, "suitcase", 0.2) && !is_one(&sought, "person", 0.2));
    }
}
