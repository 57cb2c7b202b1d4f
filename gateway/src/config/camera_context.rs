//! One camera's file under check, and what it takes from elsewhere.

use rule::ModelScores;
use scene::Class;

use super::camera_file::CameraFile;
use super::city_check::City;
use super::document::Document;
use super::gateway_file::CameraDefaultsTable;

/// The longest id in an alert, in bytes.
pub(super) const LONGEST_ID: usize = 64;

/// What every camera takes from elsewhere.
pub(super) struct Surroundings<'a> {
    pub(super) defaults: CameraDefaultsTable,
    pub(super) city: &'a City,
    /// The classes that the model knows; `None` if the model could not say.
    pub(super) classes: Option<Vec<Class>>,
    /// From which scores on its detections can count.
    pub(super) scores: ModelScores,
    /// There is a model that looks a second time, at crops.
    pub(super) looks_twice: bool,
    /// From which score on a tile shows a new cable to the net for them; none if there is no such net.
    pub(super) cable_score: Option<f32>,
    /// The broker may refuse topics with a dot.
    pub(super) dots_matter: bool,
}

/// One camera's file under check.
pub(super) struct CameraCheck<'a> {
    pub(super) file: &'a CameraFile,
    pub(super) document: &'a Document,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// Every zone id that is written in the file, also of zones with faults: a rule that names one
    /// is not at fault.
    pub(super) zones_written: &'a [String],
}
