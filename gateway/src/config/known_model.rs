//! What the rules must know of the model that looks for their objects.

use detector::Manifest;
use rule::ModelScores;
use scene::{Class, E_BIKE, PEDAL_BICYCLE};

/// What the rules must know of a model.
#[derive(Debug, Clone)]
pub(crate) struct KnownModel {
    /// The classes that it knows.
    pub(crate) classes: Vec<Class>,
    /// From which scores on its detections can count.
    pub(crate) scores: ModelScores,
}

impl KnownModel {
    /// The same, with a model beside it that looks at two-wheelers a second time.
    pub(super) fn with_second_look(mut self) -> Self {
        self.classes.extend([E_BIKE, PEDAL_BICYCLE].map(Class::new));
        self
    }
}

impl From<Manifest> for KnownModel {
    fn from(manifest: Manifest) -> Self {
        let scores = ModelScores { usual: manifest.score_threshold, least: manifest.least_score };
        Self { classes: manifest.classes, scores }
    }
}
