//! How the case system, people and the passing of time reach a camera's alerts.

use std::time::Duration;

use incident::IncidentEvent;
use incident::alert::Evidence;
use incident::casefile::CaseFile;
use scene::CaptureTime;
use uuid::Uuid;

use super::Line;
use crate::analysis::registrar::{Account, Failure, Registrar};

/// Where the next picture is told of.
pub(crate) type SnapshotOrder = Box<dyn FnOnce(Result<Evidence, String>) + Send>;

/// More people than this at once need not see one camera's next picture.
const MAX_ORDERS: usize = 8;

impl Line {
    /// Takes in what is known of the case of one of its alerts, given with its dedupe key.
    ///
    /// # Errors
    /// As [`Registrar::commit`].
    pub(crate) fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        registrar: &Registrar,
    ) -> Result<(), Failure> {
        let events = self.assessor.follow_case(alert, file, self.now());
        self.tell(&events, registrar)?;
        // A late false alarm has nothing to tell, but mutes.
        if events.is_empty() { self.save(registrar) } else { Ok(()) }
    }

    /// Checks whether what an alert reported is gone. Answers whether it is open here.
    ///
    /// # Errors
    /// As [`Registrar::commit`].
    pub(crate) fn check_now(
        &mut self,
        alert_id: Uuid,
        msg_id: Uuid,
        registrar: &Registrar,
    ) -> Result<bool, Failure> {
        let Some(events) = self.assessor.check_now(alert_id, msg_id, self.now()) else {
            return Ok(false);
        };
        self.tell(&events, registrar)?;
        Ok(true)
    }

    /// Ends what a silent camera would hold up.
    ///
    /// # Errors
    /// As [`Registrar::commit`].
    pub(crate) fn pass_time(&mut self, registrar: &Registrar) -> Result<(), Failure> {
        let events = self.assessor.pass_time(self.now());
        self.tell(&events, registrar)
    }

    /// Keeps the rules for which `choose(rule, zone, dedupe key)` holds from opening anything for
    /// `lasts`. Answers how many there are.
    ///
    /// # Errors
    /// As [`Registrar::save`].
    pub(crate) fn mute(
        &mut self,
        choose: &dyn Fn(&str, &str, &str) -> bool,
        lasts: Duration,
        registrar: &Registrar,
    ) -> Result<usize, Failure> {
        let muted = self.assessor.mute(choose, self.now(), lasts);
        if muted > 0 {
            self.save(registrar)?;
        }
        Ok(muted)
    }

    /// Shows the next picture that is analysed, which is soon if the camera delivers. Answers
    /// whether not too many wait for it already.
    pub(crate) fn order_snapshot(&mut self, order: SnapshotOrder) -> bool {
        let has_room = self.orders.len() < MAX_ORDERS;
        if has_room {
            self.orders.push(order);
            self.follow_demand();
        }
        has_room
    }

    /// The time as its pictures tell it: that of the latest, and what has passed since. The
    /// camera's clock need not be the gateway's.
    fn now(&self) -> CaptureTime {
        let (at, since) = self.hand;
        at.after(since.elapsed())
    }

    fn tell(&mut self, events: &[IncidentEvent], registrar: &Registrar) -> Result<(), Failure> {
        if !events.is_empty() {
            let state = self.state()?;
            self.unrecorded = true;
            registrar.commit(events, Account { state: &state, progress: &self.progress })?;
            self.unrecorded = false;
        }
        self.follow_demand();
        Ok(())
    }
}
