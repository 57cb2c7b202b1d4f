//! What the rules of cameras, doors and sensors remember from an earlier run of the gateway.

use incident::{Assessor, CameraProfile, SourceKind, Standpoint};
use intake::DeviceMemory;
use ledger::{AssessorState, Ledger, Remedy};
use rule::Slug;
use tracing::{error, info, warn};

use super::alert_recorder::{AlertRecorder, RecordError};
use delivery::StatusBoard;
use runtime::utc_now;

/// Gives a camera's rules what the ledger remembers of them.
///
/// # Errors
/// [`RecordError`] if the ledger can no longer be trusted.
pub(crate) fn recall(
    ledger: &Ledger,
    camera: &str,
    assessor: &mut Assessor,
) -> Result<(), RecordError> {
    if let Some(state) = ledger.assessor_state(camera)?
        && let Err(error) = assessor.restore(&state)
    {
        // One camera's damaged memory must not keep the others from being watched.
        error!(
            camera,
            %error,
            "starting without memory: alerts of this camera that are open now stay open at the \
             command centre; close them there"
        );
    }
    Ok(())
}

/// What the adapter of a door or sensor remembers of an earlier run.
///
/// # Errors
/// [`RecordError`] if the ledger can no longer be trusted.
pub(crate) fn device_memory(ledger: &Ledger, device: &Slug) -> Result<DeviceMemory, RecordError> {
    let Some(state) = ledger.assessor_state(device.as_str())? else {
        return Ok(DeviceMemory::default());
    };
    // If all of it is damaged, whoever recalls the rules says so.
    let Ok(Some(kept)) = Assessor::beside(device, &state) else {
        return Ok(DeviceMemory::default());
    };
    Ok(DeviceMemory::of(&kept).unwrap_or_else(|| {
        error!(
            %device,
            "its serial numbers of the earlier run are damaged: what it says again may be told twice"
        );
        DeviceMemory::default()
    }))
}

/// Cameras, doors and sensors that an earlier run watched and this one does not: the configuration was edited while
/// the gateway was off.
pub(crate) struct Departed<'a> {
    /// What remembers them.
    pub(crate) ledger: &'a Ledger,
    /// Where their state is shown.
    pub(crate) board: &'a StatusBoard,
    /// What closes their alerts.
    pub(crate) recorder: &'a AlertRecorder,
    /// Whether a camera, door or sensor is still configured.
    pub(crate) is_configured: &'a dyn Fn(&str) -> bool,
    /// Whether there are others of its kind. An empty folder is where a disk was, more often than
    /// somebody's wish.
    pub(crate) has_others: &'a dyn Fn(SourceKind) -> bool,
    /// What alerts say of a camera of which no more is known than where it stood.
    pub(crate) profile: &'a dyn Fn(Slug, Standpoint) -> CameraProfile,
}

impl Departed<'_> {
    /// Closes their alerts and withdraws their status. Each start does this again: what is kept of
    /// a camera stays, because nobody knows whether the broker heard it.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted. A full disk puts it off to the next start.
    pub(crate) fn close(&self) -> Result<(), RecordError> {
        for id in self.ledger.assessed_devices()? {
            if (self.is_configured)(&id) || !(self.has_others)(self.kind(&id)?) {
                continue;
            }
            self.board.withdraw(&id);
            match self.close_alerts(&id) {
                Err(RecordError::Ledger(fault)) if fault.remedy() == Remedy::Retry => {
                    warn!(camera = id, %fault, "no longer configured; the next start closes its alerts");
                }
                settled => settled?,
            }
        }
        Ok(())
    }

    /// What it was; a camera if an older version kept its state.
    fn kind(&self, id: &str) -> Result<SourceKind, RecordError> {
        let state = self.ledger.assessor_state(id)?.unwrap_or_default();
        let standpoint = Slug::new(id).ok().and_then(|id| Assessor::standpoint(&id, &state).ok());
        Ok(standpoint.flatten().map(|standpoint| standpoint.source.kind).unwrap_or_default())
    }

    fn close_alerts(&self, id: &str) -> Result<(), RecordError> {
        let Some(state) = self.ledger.assessor_state(id)? else { return Ok(()) };
        let mut assessor = match self.assessor(id, &state) {
            Ok(assessor) => assessor,
            Err(reason) => {
                error!(
                    camera = id,
                    reason,
                    "no longer configured, and its alerts that are open stay open at the command \
                     centre; close them there"
                );
                return Ok(self.ledger.forget_assessor(id)?);
            }
        };
        let events = assessor.retire(utc_now());
        if events.is_empty() {
            return Ok(());
        }
        let state = assessor.memory().map_err(RecordError::Unwritable)?;
        let state = AssessorState { device_id: id.to_owned(), state };
        self.recorder.commit_once(&events, &state)?;
        info!(camera = id, alerts = events.len(), "no longer configured; its alerts are closed");
        Ok(())
    }

    /// The camera as it was, without rules.
    fn assessor(&self, id: &str, state: &[u8]) -> Result<Assessor, String> {
        let camera = Slug::new(id).map_err(|error| error.to_string())?;
        let standpoint = Assessor::standpoint(&camera, state).map_err(|error| error.to_string())?;
        let standpoint = standpoint.ok_or("an older version kept its state")?;
        let profile = (self.profile)(camera, standpoint);
        let mut assessor = Assessor::new(profile, Vec::new()).map_err(|error| error.to_string())?;
        assessor.restore(state).map_err(|error| error.to_string())?;
        Ok(assessor)
    }
}
