//! Cameras of a configuration judged without streams, ledger or broker, in the time of their pictures.

use std::path::Path;

use anyhow::anyhow;
use detector::ModelFiles;
use eye::Watch;
use incident::{Assessor, IncidentEvent, Input};
use scene::Observation;
use scene::track::Tracker;

use super::judgement::Judgement;
use crate::analysis::{Search, model_files, model_in_use, watch};
use crate::config::{self, Config};

/// A configuration whose cameras are judged for a trial: as the gateway would, on pictures that anybody
/// may show, as fast as these come.
pub struct Rehearsal {
    config: Config,
    model: ModelFiles,
}

impl Rehearsal {
    /// Of a configuration folder.
    ///
    /// # Errors
    /// Every fault of the folder, or of its model.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let config = config::load(folder).map_err(|stopped| stopped.cause)?;
        let model = model_files(&config.inference)?;
        Ok(Self { config, model })
    }

    /// The model that its cameras are looked at with.
    #[must_use]
    pub const fn model(&self) -> &ModelFiles {
        &self.model
    }

    /// ONNX Runtime.
    ///
    /// # Errors
    /// It is nowhere.
    pub fn onnxruntime_library(&self) -> anyhow::Result<std::path::PathBuf> {
        let configured = self.config.inference.onnxruntime_file.as_deref();
        Ok(eye::onnxruntime_library(configured)?)
    }

    /// A camera of which nothing has been seen yet.
    ///
    /// # Errors
    /// There is none of this id, or one of its rules cannot be set up.
    pub fn camera(&self, id: &str) -> anyhow::Result<RehearsedCamera> {
        let camera = self.config.camera(id).ok_or_else(|| anyhow!("no camera {id} there"))?;
        let model = model_in_use(&self.model);
        let (gateway, cases) = (&self.config.gateway, &self.config.casework.cases);
        let model = (&self.model.manifest, &model);
        let Judgement { assessor, search } = Judgement::of(camera, gateway, model, cases)?;
        Ok(RehearsedCamera { tracker: Tracker::new(search.tracking.clone()), assessor, search })
    }
}

/// One camera's tracker and rules.
pub struct RehearsedCamera {
    tracker: Tracker,
    assessor: Assessor,
    search: Search,
}

impl RehearsedCamera {
    /// How its rules want it to be looked at now, and how soon.
    #[must_use]
    pub fn watch(&self) -> Watch {
        watch(&self.assessor, &self.search, false)
    }

    /// Judges the next picture; returns the messages that follow.
    pub fn judge(&mut self, observation: &Observation) -> Vec<IncidentEvent> {
        let tracks = self.tracker.update(observation);
        self.assessor.assess(Input::Picture(observation, tracks))
    }
}
