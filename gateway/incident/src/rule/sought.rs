//! What a re-check looks for in single pictures, where a rule watched for a while.

use scene::{BoundingBox, Class, Detection};

use super::obstruction::FOOTPRINT_HEIGHT;
use super::{
    BesideSettings, GatheringSettings, ObstructionSettings, Presence, ProhibitedSettings, RuleKind,
    StallSettings, StandingSettings,
};
use crate::zone::Zone;

/// So much of what an object covers of the ground must lie in a passage to stand in it.
const IN_PASSAGE: f32 = 0.1;

/// The objects whose presence shows that an incident is still there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sought {
    /// Any of these; whatever the model knows, if none.
    classes: Option<Vec<Class>>,
    /// None of these.
    except: Vec<Class>,
    place: Place,
    /// Least score at which a detection counts for the rule, 0..=1.
    pub(crate) min_score: f32,
    /// So many at once.
    pub(crate) at_least: usize,
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
            min_score,
            at_least: 1,
        }
    }

    /// Whether a detection is one, if its score suffices.
    pub(crate) fn is_one(&self, detection: &Detection, zone: &Zone) -> bool {
        let Detection { class, bbox, .. } = detection;
        let known = self.classes.as_ref().is_none_or(|classes| classes.contains(class));
        known && !self.except.contains(class) && self.place.holds(zone, bbox)
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
    pub(crate) fn sought(&self) -> Option<Sought> {
        match self {
            Self::Standing(StandingSettings { classes, presence, min_score, .. })
            | Self::Prohibited(ProhibitedSettings { classes, presence, min_score, .. })
            | Self::Beside(BesideSettings { classes, presence, min_score, .. }) => {
                Some(Sought::of(classes, *presence, *min_score))
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
                    min_score: *min_score,
                    at_least: 1,
                })
            }
            Self::Crossing(_) | Self::Scene(_) => None,
        }
    }
}
