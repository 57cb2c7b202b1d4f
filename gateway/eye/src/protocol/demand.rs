//! What rules ask of a look besides detections: parts that are looked at again, places of cables, and when nothing is.

use std::time::Duration;

use scene::BoundingBox;
use serde::{Deserialize, Serialize};

use super::wire::WireBox;

/// What a look needs to do without the detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuietWatch {
    zones: Vec<WireBox>,
    /// So seldom the detector may look while nothing changes.
    pub longest: Duration,
    /// So seldom any look is wanted while the sizes of what the camera sends tell of nothing; none if all are.
    pub longest_look: Option<Duration>,
}

impl QuietWatch {
    /// Nothing may have changed in these parts of the picture.
    #[must_use]
    pub fn new(zones: &[BoundingBox], longest: Duration) -> Self {
        let zones = zones.iter().map(WireBox::from).collect();
        Self { zones, longest, longest_look: None }
    }

    /// The same, with looks left out for so long while nothing happens, if at all.
    #[must_use]
    pub fn leaving_out(self, longest_look: Option<Duration>) -> Self {
        Self { longest_look, ..self }
    }

    /// The parts in which nothing may have changed.
    pub(crate) fn zones(&self) -> impl Iterator<Item = BoundingBox> {
        self.zones.iter().map(|it| it.within_the_picture())
    }
}

/// Parts of a picture that are to be looked at a second time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Crops(Vec<WireBox>);

impl Crops {
    /// These places, the first [`scene::MOST_CROPS`] of them.
    #[must_use]
    pub fn of(places: &[BoundingBox]) -> Self {
        Self(places.iter().take(scene::MOST_CROPS).map(WireBox::from).collect())
    }

    /// The parts of the places that lie within the picture.
    pub(crate) fn places(&self) -> impl Iterator<Item = BoundingBox> {
        self.0.iter().map(|it| it.within_the_picture())
    }
}

/// Whether and where a camera's pictures are searched for new cables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CableDemand {
    /// What the picture looks like without two-wheelers is remembered: a rule may ask one day.
    pub keeps_reference: bool,
    places: Vec<WireBox>,
}

impl CableDemand {
    /// Round these two-wheelers, the first [`scene::MOST_CABLE_LOOKS`] of them.
    #[must_use]
    pub fn of(keeps_reference: bool, places: &[BoundingBox]) -> Self {
        let places = places.iter().take(scene::MOST_CABLE_LOOKS).map(WireBox::from).collect();
        Self { keeps_reference, places }
    }

    /// The parts of the places that lie within the picture.
    pub(crate) fn places(&self) -> impl Iterator<Item = BoundingBox> {
        self.places.iter().map(|it| it.within_the_picture())
    }
}
