//! What a detector saw in one picture.

use std::fmt;
use std::sync::Arc;

use crate::appearance::Appearance;
use crate::cable_look::CableLook;
use crate::crop_look::CropLook;
use crate::geometry::BoundingBox;
use crate::standing::StandingLook;
use crate::time::{CaptureTime, Clock};

/// The name of an object class, as the model's manifest spells it (`person`, `car`). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class(Arc<str>);

impl Class {
    /// A class of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The class's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One object found in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The class that the detector gave it.
    pub class: Class,
    /// The detector's confidence, 0..=1.
    pub score: f32,
    /// Where it is, normalised.
    pub bbox: BoundingBox,
}

/// Everything that one analysed picture of one camera showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When the picture was taken.
    pub captured_at: CaptureTime,
    /// Where that time came from.
    pub clock: Clock,
    /// The objects in it. An empty list says that it shows none.
    pub detections: Vec<Detection>,
    /// What the picture looks like as a whole. None if no rule asked for it, or if the picture is
    /// too small.
    pub appearance: Option<Appearance>,
    /// What newly stands in zones, whatever it is; only those of zones that are watched for it.
    pub standing: Vec<StandingLook>,
    /// The parts of it that rules asked about, as a second look saw them.
    pub crops: Vec<CropLook>,
    /// Where rules asked for new cables, and what was seen there.
    pub cables: Vec<CableLook>,
}

/// A span in which a camera showed nothing: it was off, unreachable or undecodable.
///
/// Silence is an event. A gap neither opens, prolongs nor clears an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObservationGap {
    /// The last picture before the gap.
    pub from: CaptureTime,
    /// The first picture after it.
    pub to: CaptureTime,
}
