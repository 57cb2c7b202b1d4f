//! What the rules must know of the model that looks for their objects.

use detector::Manifest;
use rule::ModelScores;
use scene::{Class, E_BIKE, PEDAL_BICYCLE, is_looked_at_twice};

/// What the rules must know of a model.
#[derive(Debug, Clone)]
pub(crate) struct KnownModel {
    /// The classes that it knows.
    pub(crate) classes: Vec<Class>,
    /// From which scores on its detections can count.
    pub(crate) scores: ModelScores,
    /// There is another beside it that looks a second time, at crops.
    pub(crate) looks_twice: bool,
    /// From which score on a tile shows a new cable to the net beside it; none if there is no such net.
    pub(crate) cable_score: Option<f32>,
}

impl KnownModel {
    /// The same, with a model beside it that looks at two-wheelers a second time: at those that this one
    /// finds.
    pub(super) fn with_second_look(mut self) -> Self {
        self.looks_twice = true;
        if self.classes.iter().any(is_looked_at_twice) {
            let told = [E_BIKE, PEDAL_BICYCLE].map(Class::new);
            let new = told.into_iter().filter(|it| !self.classes.contains(it));
            self.classes.extend(new.collect::<Vec<_>>());
        }
        self
    }
}

impl From<Manifest> for KnownModel {
    fn from(manifest: Manifest) -> Self {
        let scores = ModelScores { usual: manifest.score_threshold, least: manifest.least_score };
        Self { classes: manifest.classes, scores, looks_twice: false, cable_score: None }
    }
}
