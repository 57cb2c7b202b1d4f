//! The doors and sensors at work: how one is taken in, given other rules, and taken out while all
//! others go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use archive::Archive;
use incident::{Assessor, CaseSettings, Model};
use intake::Mailbox;
use ledger::Ledger;
use rule::Slug;
use tracing::{error, info};

use crate::analysis::{
    DeviceDesk, DeviceLines, DeviceLink, DeviceList, DevicePipeline, DeviceView, ObservationLog,
    RecordError, device_memory, recall,
};
use crate::config::{self, Device, DeviceChange, Gateway};

/// What every device is built from.
pub(super) struct DeviceParts {
    pub(super) gateway: Gateway,
    pub(super) model: Model,
    pub(super) cases: Arc<CaseSettings>,
    pub(super) ledger: Ledger,
    pub(super) observations: Archive,
    pub(super) desk: DeviceDesk,
    pub(super) lines: DeviceLines,
    /// Called when sensors may publish on other topics.
    pub(super) told: Arc<dyn Fn() + Send + Sync>,
    /// The devices as others see them.
    pub(super) list: DeviceList,
    /// Where what they say waits.
    pub(super) mailbox: Arc<Mailbox>,
}

/// The doors and sensors at work.
pub(super) struct Devices {
    parts: DeviceParts,
    at_work: BTreeMap<Slug, Device>,
}

/// What must change for a new configuration, built and checked as far as that can fail.
pub(super) struct DevicePlan(Vec<Step>);

/// One change, and how the device is judged from then on, if it stays.
struct Step {
    change: DeviceChange,
    assessor: Option<Assessor>,
}

impl DevicePlan {
    /// The changes in words, one for each device; empty if nothing changes.
    pub(super) fn words(&self) -> Vec<String> {
        self.0.iter().map(|step| step.change.to_string()).collect()
    }
}

impl Devices {
    /// None yet.
    pub(super) fn new(parts: DeviceParts) -> Self {
        Self { parts, at_work: BTreeMap::new() }
    }

    /// What must change so that exactly `devices` are at work.
    ///
    /// # Errors
    /// A rule that cannot be set up; nothing has changed then.
    pub(super) fn plan(&self, devices: &[Device]) -> anyhow::Result<DevicePlan> {
        let at_work = self.at_work.iter().collect();
        let steps = config::device_changes(&at_work, devices).into_iter().map(|change| {
            let assessor = match &change {
                DeviceChange::Removed(_) => None,
                DeviceChange::Rejudged(device)
                | DeviceChange::Reconnected(device)
                | DeviceChange::Added(device) => Some(self.parts.assessor(device)?),
            };
            Ok(Step { change, assessor })
        });
        steps.collect::<anyhow::Result<_>>().map(DevicePlan)
    }

    /// Carries `plan` out. Blocks while a connection ends, and while the ledger refuses to keep what a
    /// removed device left.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted.
    pub(super) fn carry_out(&mut self, plan: DevicePlan) -> Result<(), RecordError> {
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for Step { change, assessor } in plan.0 {
            match (change, assessor) {
                (DeviceChange::Removed(id), _) => gone.push((id, None)),
                (DeviceChange::Rejudged(device), Some(assessor)) => self.rejudge(device, assessor),
                (DeviceChange::Reconnected(device), Some(assessor)) => {
                    gone.push((device.id.clone(), Some((device, assessor))));
                }
                (DeviceChange::Added(device), Some(assessor)) => come.push((device, assessor)),
                // A plan holds an assessor for every device that stays.
                (_, None) => {}
            }
        }
        // What they still said is judged before they go; what they say from now on by the new rules.
        let ids: Vec<Slug> = gone.iter().map(|(id, _)| id.clone()).collect();
        self.parts.lines.change(ids.iter().map(Slug::as_str), std::iter::empty());
        let mut back = Vec::new();
        for (id, returns) in gone {
            match returns {
                Some((device, assessor)) => {
                    self.rejudge(device.clone(), assessor);
                    back.push(device);
                }
                None => self.take_out(&id)?,
            }
        }
        for (device, assessor) in come {
            self.take_in(&device, assessor)?;
            back.push(device);
        }
        self.connect(&back);
        self.parts.lines.begin();
        (self.parts.told)();
        Ok(())
    }

    fn take_in(&mut self, device: &Device, mut assessor: Assessor) -> Result<(), RecordError> {
        let parts = &self.parts;
        let id = device.id.as_str();
        recall(&parts.ledger, id, &mut assessor)?;
        let log = ObservationLog::new(id.to_owned(), parts.observations.recorder(id));
        let seen_by = device.camera.clone().map(|camera| (parts.desk.witnesses(), camera));
        let memory = device_memory(&parts.ledger, &device.id)?;
        let pipeline = DevicePipeline::new(id.to_owned(), (assessor, log), memory, seen_by);
        parts.list.put(DeviceView {
            id: id.to_owned(),
            name: device.name.clone(),
            health: parts.list.health(id).unwrap_or_default(),
            progress: pipeline.progress(),
            mailbox: Arc::clone(&parts.mailbox),
        });
        parts.desk.admit(id, pipeline);
        self.at_work.insert(device.id.clone(), device.clone());
        Ok(())
    }

    fn connect<'a>(&mut self, devices: impl IntoIterator<Item = &'a Device>) {
        let DeviceParts { list, desk, .. } = &self.parts;
        let come = devices.into_iter().map(|device| {
            let id = device.id.as_str();
            let memory = desk.change(id, |pipeline, _| pipeline.memory()).unwrap_or_default();
            let kept = (list.health(id).unwrap_or_default(), memory);
            (id.to_owned(), device.link.clone(), kept)
        });
        let come: Vec<(String, DeviceLink, _)> = come.collect();
        self.parts.lines.change(std::iter::empty(), come.into_iter());
    }

    fn rejudge(&mut self, device: Device, assessor: Assessor) {
        let id = device.id.as_str();
        let seen_by = device.camera.clone().map(|camera| (self.parts.desk.witnesses(), camera));
        let judge_by = |pipeline: &mut DevicePipeline, _: &_| pipeline.judge_by(assessor, seen_by);
        match self.parts.desk.change(id, judge_by) {
            Some(Err(error)) => error!(device = id, %error, "still judged by the old rules"),
            Some(Ok(())) | None => drop(self.at_work.insert(device.id.clone(), device)),
        }
    }

    fn take_out(&mut self, id: &Slug) -> Result<(), RecordError> {
        self.at_work.remove(id);
        let closed = self.parts.desk.change(id.as_str(), |it, recorder| it.retire(recorder));
        self.parts.lines.forget(id.as_str());
        self.parts.desk.dismiss(id.as_str());
        self.parts.list.remove(id.as_str());
        info!(device = %id, "taken out of the configuration; its alerts are closed");
        closed.unwrap_or(Ok(()))
    }
}

impl DeviceParts {
    fn assessor(&self, device: &Device) -> anyhow::Result<Assessor> {
        let profile = self.gateway.device_profile(device, self.model.clone());
        let assessor =
            Assessor::new(profile, Vec::new())?.with_signal_rules(device.rules.clone())?;
        Ok(assessor.with_case_settings(&self.cases))
    }
}

#[cfg(test)]
mod tests;
