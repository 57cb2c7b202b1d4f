//! How a camera is judged: by which rules, and what is looked for in its pictures.

use std::sync::Arc;

use detector::Manifest;
use incident::{Assessor, CaseSettings, Model};
use tracing::info;

use crate::analysis::{InputChoice, Search, search};
use crate::config::{Camera, Gateway};

/// How a camera is judged.
pub(super) struct Judgement {
    pub(super) assessor: Assessor,
    pub(super) search: Search,
}

impl Judgement {
    /// How `camera` of this gateway is judged with this model.
    ///
    /// # Errors
    /// A rule cannot be set up.
    pub(super) fn of(
        camera: &Camera,
        gateway: &Gateway,
        (manifest, model): (&Manifest, &Model),
        cases: &Arc<CaseSettings>,
    ) -> anyhow::Result<Self> {
        let profile = gateway.profile(camera, model.clone());
        let assessor = Assessor::new(profile, camera.rules.clone())?
            .telling(&camera.witnesses)
            .telling_outages_as(camera.outage.clone())
            .with_case_settings(cases);
        let every = assessor.sampling().interval;
        let input = InputChoice::of(&camera.rules, camera.ground.as_ref(), every, manifest);
        info!(camera = %camera.id, "{input}");
        let search =
            search(&camera.rules, manifest)?.with_input(&input).leaving_out(camera.longest_look);
        Ok(Self { assessor, search })
    }
}
