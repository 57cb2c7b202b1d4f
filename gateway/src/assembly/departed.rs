//! Cameras that an earlier run watched and this one does not: the configuration was edited while
//! the gateway was off.

use incident::{Assessor, Model};
use ledger::{AssessorState, Ledger, Remedy};
use rule::Slug;
use tracing::{error, info, warn};

use crate::analysis::{AlertRecorder, RecordError};
use crate::config::Config;
use delivery::StatusBoard;
use runtime::utc_now;

/// What is settled, and with whom.
pub(super) struct Estate<'a> {
    pub(super) config: &'a Config,
    pub(super) ledger: &'a Ledger,
    pub(super) board: &'a StatusBoard,
    pub(super) recorder: &'a AlertRecorder,
    pub(super) model: &'a Model,
}

impl Estate<'_> {
    /// Closes their alerts and takes back their status, which each start does anew: what is kept of
    /// a camera stays, as nobody knows whether the broker heard it.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted. A full disk puts it off to the next start.
    pub(super) fn settle(&self) -> Result<(), RecordError> {
        for id in self.ledger.assessed_devices()? {
            if self.config.cameras.iter().any(|camera| camera.id.as_str() == id) {
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
        let profile = self.config.gateway.profile_at(camera, standpoint, self.model.clone());
        let mut assessor = Assessor::new(profile, Vec::new()).map_err(|error| error.to_string())?;
        assessor.restore(state).map_err(|error| error.to_string())?;
        Ok(assessor)
    }
}
