//! The checkpoints at work: how one is taken in, given other rules, and taken out while all others go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use archive::Archive;
use incident::{Assessor, CaseSettings, Model};
use intake::{DeviceHealth, DeviceMemory, DeviceState, Mailbox};
use ledger::Ledger;
use rule::Slug;
use tracing::{error, info};

use crate::analysis::{
    CameraRoute, CheckpointFeed, CheckpointRoutes, DeviceDesk, DeviceList, DevicePipeline,
    DeviceView, ObservationLog, RecordError, recall,
};
use crate::config::{Checkpoint, Config, Device, Gateway, SeenBy};

/// What every checkpoint is built from.
pub(super) struct CheckpointParts {
    pub(super) gateway: Gateway,
    pub(super) model: Model,
    pub(super) cases: Arc<CaseSettings>,
    pub(super) ledger: Ledger,
    pub(super) observations: Archive,
    /// Checkpoints are judged where doors are.
    pub(super) desk: DeviceDesk,
    /// Who is told of what.
    pub(super) feed: CheckpointFeed,
    /// The checkpoints as others see them, among the devices.
    pub(super) list: DeviceList,
    /// Where what they are told waits.
    pub(super) mailbox: Arc<Mailbox>,
}

/// The checkpoints at work.
pub(super) struct Checkpoints {
    parts: CheckpointParts,
    at_work: BTreeMap<Slug, Checkpoint>,
}

/// What must change for a new configuration, built and checked as far as that can fail.
pub(super) struct CheckpointPlan {
    gone: Vec<Slug>,
    rejudged: Vec<(Checkpoint, Assessor)>,
    added: Vec<(Checkpoint, Assessor)>,
    routes: CheckpointRoutes,
}

/// One change in words.
struct Change<'a>(&'a Slug, &'static str);

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkpoint {} {}", self.0, self.1)
    }
}

impl CheckpointPlan {
    /// The changes in words, one for each checkpoint; empty if nothing changes.
    pub(super) fn words(&self) -> Vec<String> {
        let gone = self.gone.iter().map(|id| Change(id, "removed"));
        let rejudged = self.rejudged.iter().map(|(it, _)| Change(&it.id, "judged by other rules"));
        let added = self.added.iter().map(|(it, _)| Change(&it.id, "added"));
        gone.chain(rejudged).chain(added).map(|change| change.to_string()).collect()
    }
}

impl Checkpoints {
    /// None yet.
    pub(super) fn new(parts: CheckpointParts) -> Self {
        Self { parts, at_work: BTreeMap::new() }
    }

    /// What must change so that exactly the checkpoints of `config` are at work.
    ///
    /// # Errors
    /// A rule that cannot be set up; nothing has changed then.
    pub(super) fn plan(&self, config: &Config) -> anyhow::Result<CheckpointPlan> {
        let wanted: BTreeSet<&Slug> = config.checkpoints.iter().map(|it| &it.id).collect();
        let gone = self.at_work.keys().filter(|id| !wanted.contains(*id)).cloned().collect();
        let (mut rejudged, mut added) = (Vec::new(), Vec::new());
        for checkpoint in &config.checkpoints {
            let changes = match self.at_work.get(&checkpoint.id) {
                Some(before) if before == checkpoint => continue,
                Some(_) => &mut rejudged,
                None => &mut added,
            };
            changes.push((checkpoint.clone(), self.parts.assessor(checkpoint)?));
        }
        let routes = routes(&config.checkpoints, &config.devices);
        Ok(CheckpointPlan { gone, rejudged, added, routes })
    }

    /// Carries `plan` out. Blocks while the ledger refuses to keep what a removed checkpoint left.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted.
    pub(super) fn carry_out(&mut self, plan: CheckpointPlan) -> Result<(), RecordError> {
        let CheckpointPlan { gone, rejudged, added, routes } = plan;
        for id in gone {
            self.take_out(&id)?;
        }
        for (checkpoint, assessor) in rejudged {
            self.rejudge(checkpoint, assessor);
        }
        for (checkpoint, assessor) in added {
            self.take_in(checkpoint, assessor)?;
        }
        self.parts.feed.follow(routes);
        Ok(())
    }

    fn take_in(
        &mut self,
        checkpoint: Checkpoint,
        mut assessor: Assessor,
    ) -> Result<(), RecordError> {
        let parts = &self.parts;
        let id = checkpoint.id.as_str();
        recall(&parts.ledger, id, &mut assessor)?;
        let log = ObservationLog::new(id.to_owned(), parts.observations.recorder(id));
        let seen_by = parts.seen_by(&checkpoint);
        // It has no line of its own: its doors remember what they have said.
        let memory = DeviceMemory::default();
        let pipeline = DevicePipeline::new(id.to_owned(), (assessor, log), memory, seen_by)
            .of_checkpoint(parts.feed.pictures());
        let health = DeviceHealth::default();
        if checkpoint.points.is_empty() {
            health.set(DeviceState::Online);
        }
        parts.feed.keep_health(id, Some(health.clone()));
        let (name, progress) = (checkpoint.name.clone(), pipeline.progress());
        let mailbox = Arc::clone(&parts.mailbox);
        parts.list.put(DeviceView { id: id.to_owned(), name, health, progress, mailbox });
        parts.desk.admit(id, pipeline);
        self.at_work.insert(checkpoint.id.clone(), checkpoint);
        Ok(())
    }

    fn rejudge(&mut self, checkpoint: Checkpoint, assessor: Assessor) {
        let id = checkpoint.id.as_str();
        let seen_by = self.parts.seen_by(&checkpoint);
        // Its controllers may be others now.
        self.parts.feed.keep_health(id, self.parts.list.health(id));
        let judge_by = |pipeline: &mut DevicePipeline, _: &_| pipeline.judge_by(assessor, seen_by);
        match self.parts.desk.change(id, judge_by) {
            Some(Err(error)) => error!(checkpoint = id, %error, "still judged by the old rules"),
            Some(Ok(())) | None => drop(self.at_work.insert(checkpoint.id.clone(), checkpoint)),
        }
    }

    fn take_out(&mut self, id: &Slug) -> Result<(), RecordError> {
        self.at_work.remove(id);
        let closed = self.parts.desk.change(id.as_str(), |it, recorder| it.retire(recorder));
        self.parts.desk.dismiss(id.as_str());
        self.parts.list.remove(id.as_str());
        self.parts.feed.keep_health(id.as_str(), None);
        info!(checkpoint = %id, "taken out of the configuration; its alerts are closed");
        closed.unwrap_or(Ok(()))
    }
}

impl CheckpointParts {
    fn assessor(&self, checkpoint: &Checkpoint) -> anyhow::Result<Assessor> {
        let profile = self.gateway.checkpoint_profile(checkpoint, self.model.clone());
        let assessor =
            Assessor::new(profile, Vec::new())?.with_signal_rules(checkpoint.rules.clone())?;
        Ok(assessor.with_case_settings(&self.cases))
    }

    fn seen_by(&self, checkpoint: &Checkpoint) -> Option<(crate::analysis::Witnesses, Slug)> {
        let seen_by = checkpoint.camera.as_ref()?;
        Some((self.desk.witnesses(), seen_by.camera.clone()))
    }
}

/// Who is told of what.
fn routes(checkpoints: &[Checkpoint], devices: &[Device]) -> CheckpointRoutes {
    let mut routes = CheckpointRoutes::default();
    for device in devices {
        let camera = device.camera.as_ref().map(Slug::to_string);
        let beside = camera.map(|camera| routes.beside.entry(camera).or_default());
        beside.into_iter().for_each(|beside| beside.push(device.id.as_str().into()));
    }
    for checkpoint in checkpoints {
        let id: Arc<str> = checkpoint.id.as_str().into();
        for point in &checkpoint.points {
            let key = (point.device.to_string(), point.point.clone());
            let hearing = routes.points.entry(key).or_default();
            if !hearing.contains(&id) {
                hearing.push(Arc::clone(&id));
            }
        }
        let Some(SeenBy { camera, line, guard }) = &checkpoint.camera else { continue };
        for (rule, of_guard) in [(line, false), (guard, true)] {
            let Some(rule) = rule else { continue };
            let key = (camera.to_string(), rule.clone());
            let route = CameraRoute { checkpoint: Arc::clone(&id), of_guard };
            routes.rules.entry(key).or_default().push(route);
        }
        let beside = routes.beside.entry(camera.to_string()).or_default();
        for device in &checkpoint.devices {
            let device: Arc<str> = device.as_str().into();
            if !beside.contains(&device) {
                beside.push(device);
            }
        }
    }
    routes
}
