//! The cameras at work: how one is taken in, given other rules, and taken out while all others go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use archive::Archive;
use camera::{Learnt, SharedHealth};
use detector::Manifest;
use eye::{CameraNumber, Seat};
use incident::{CaseSettings, Model};
use ledger::Ledger;
use rule::Slug;
use tracing::{error, info};

use super::judgement::Judgement;
use crate::analysis::{
    CameraList, CameraPipeline, CameraView, CheckpointFeed, ClipMaker, LatestStatus,
    ObservationLog, PipelineSettings, Pool, PrivacyZones, RecordError, ZoneFiles, recall,
};
use crate::config::{self, Camera, CameraChange, Gateway};

/// What every camera is built from.
pub(super) struct CameraParts {
    pub(super) gateway: Gateway,
    pub(super) manifest: Manifest,
    pub(super) model: Model,
    pub(super) cases: Arc<CaseSettings>,
    pub(super) ledger: Ledger,
    pub(super) observations: Archive,
    /// How zones look when nothing new stands in them.
    pub(super) zones: ZoneFiles,
    pub(super) pool: Arc<Pool>,
    /// What nobody may look into.
    pub(super) private: PrivacyZones,
    /// Where clips are ordered, if there are any.
    pub(super) clips: Option<ClipMaker>,
    /// The cameras as others see them.
    pub(super) list: CameraList,
    /// Who is told of what they see.
    pub(super) feed: CheckpointFeed,
}

/// The cameras at work.
pub(super) struct Cameras {
    parts: CameraParts,
    at_work: BTreeMap<Slug, CameraAtWork>,
}

/// One camera at work.
struct CameraAtWork {
    camera: Camera,
    /// The pool's number for it.
    number: CameraNumber,
}

/// What must change for a new configuration, built and checked as far as that can fail.
pub(super) struct Plan(Vec<Step>);

/// One change, and how the camera is judged from then on, if it stays.
struct Step {
    change: CameraChange,
    judgement: Option<Judgement>,
}

impl Plan {
    /// The changes in words, one for each camera; empty if nothing changes.
    pub(super) fn words(&self) -> Vec<String> {
        self.0.iter().map(|step| step.change.to_string()).collect()
    }
}

impl Cameras {
    /// None yet.
    pub(super) fn new(parts: CameraParts) -> Self {
        Self { parts, at_work: BTreeMap::new() }
    }

    /// What must change so that exactly `cameras` are at work.
    ///
    /// # Errors
    /// A rule that cannot be set up; nothing has changed then.
    pub(super) fn plan(&self, cameras: &[Camera]) -> anyhow::Result<Plan> {
        let at_work = self.at_work.iter().map(|(id, it)| (id, &it.camera)).collect();
        let steps = config::camera_changes(&at_work, cameras).into_iter().map(|change| {
            let judgement = match &change {
                CameraChange::Removed(_) => None,
                CameraChange::Rejudged(camera)
                | CameraChange::Reconnected(camera)
                | CameraChange::Added(camera) => Some(self.parts.judgement(camera)?),
            };
            Ok(Step { change, judgement })
        });
        steps.collect::<anyhow::Result<_>>().map(Plan)
    }

    /// Carries `plan` out. Blocks while a camera that changes finishes its picture, or while the
    /// ledger refuses to keep what a removed camera left.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted.
    pub(super) fn carry_out(&mut self, plan: Plan) -> Result<(), RecordError> {
        for step in plan.0 {
            match (step.change, step.judgement) {
                (CameraChange::Removed(id), _) => self.take_out(&id, false)?,
                (CameraChange::Rejudged(camera), Some(judgement)) => {
                    self.rejudge(camera, judgement);
                }
                (CameraChange::Reconnected(camera), Some(judgement)) => {
                    self.take_out(&camera.id, true)?;
                    self.take_in(camera, judgement)?;
                }
                (CameraChange::Added(camera), Some(judgement)) => {
                    self.take_in(camera, judgement)?;
                }
                // A plan holds a judgement for every camera that stays.
                (_, None) => {}
            }
        }
        Ok(())
    }

    fn take_in(&mut self, camera: Camera, judgement: Judgement) -> Result<(), RecordError> {
        let parts = &self.parts;
        let id = camera.id.to_string();
        let stream = &camera.stream;
        let number = parts.pool.next_number();
        let Judgement { mut assessor, search } = judgement;
        recall(&parts.ledger, &id, &mut assessor)?;
        let settings = PipelineSettings {
            camera: id.clone(),
            number,
            desk: parts.pool.desk().clone(),
            search,
            silence_timeout: stream.silence_timeout,
            feed: parts.feed.clone(),
        };
        let log = ObservationLog::new(id.clone(), parts.observations.recorder(&id));
        let pipeline = CameraPipeline::new(settings, assessor, log);
        pipeline.draw_on(camera.drawn_px);
        let health = SharedHealth::default();
        parts.list.put(CameraView {
            id: id.clone(),
            name: camera.name.clone(),
            health: health.clone(),
            progress: pipeline.progress(),
            status: LatestStatus::default(),
            silence_timeout: stream.silence_timeout,
        });
        parts.private.set(&id, camera.privacy_zones.clone());
        // A clip would show what the zones hide.
        let footage = match &parts.clips {
            Some(clips) if camera.privacy_zones.is_empty() => Some(clips.admit(&id, number)),
            Some(clips) => {
                clips.forget(&id);
                None
            }
            None => None,
        };
        let watch = pipeline.watch();
        let learnt = Learnt::default();
        let seat = Seat { camera: number, stream: stream.clone(), watch, footage, learnt };
        parts.pool.admit(pipeline, seat, health);
        self.at_work.insert(camera.id.clone(), CameraAtWork { camera, number });
        Ok(())
    }

    fn rejudge(&mut self, camera: Camera, judgement: Judgement) {
        let Some(it) = self.at_work.get_mut(&camera.id) else { return };
        // Before the next picture: what is private now must not be shown again.
        self.parts.private.set(camera.id.as_str(), camera.privacy_zones.clone());
        self.parts.zones.blank(camera.id.as_str());
        if let Some(clips) = self.parts.clips.as_ref().filter(|_| !camera.privacy_zones.is_empty())
        {
            clips.forget(camera.id.as_str());
        }
        let Judgement { assessor, search } = judgement;
        let drawn_px = camera.drawn_px;
        let judged = self.parts.pool.change(it.number, |pipeline, _| {
            let judged = pipeline.judge_by(assessor, search);
            pipeline.draw_on(drawn_px);
            judged
        });
        match judged {
            Some(Err(error)) => {
                error!(camera = %camera.id, %error, "still judged by the old rules")
            }
            Some(Ok(())) | None => it.camera = camera,
        }
    }

    /// `returns`: it is taken in again at once, so that its alerts go on.
    fn take_out(&mut self, id: &Slug, returns: bool) -> Result<(), RecordError> {
        let Some(it) = self.at_work.remove(id) else { return Ok(()) };
        let kept = self.parts.pool.change(it.number, |pipeline, recorder| {
            if returns { pipeline.settle(recorder) } else { pipeline.retire(recorder) }
        });
        self.parts.pool.dismiss(it.number);
        if !returns {
            self.parts.list.remove(id.as_str());
            self.parts.zones.forget(id.as_str());
            if let Some(clips) = &self.parts.clips {
                clips.dismiss(id.as_str());
            }
            info!(camera = %id, "taken out of the configuration; its alerts are closed");
        }
        kept.unwrap_or(Ok(()))
    }
}

impl CameraParts {
    fn judgement(&self, camera: &Camera) -> anyhow::Result<Judgement> {
        Judgement::of(camera, &self.gateway, (&self.manifest, &self.model), &self.cases)
    }
}
