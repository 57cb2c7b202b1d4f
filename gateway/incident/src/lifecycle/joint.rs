//! Smoke, or current that leaks, beside an e-bike: one incident that names both.
//!
//! The device's incident is the joint one, whichever began first. While it is open, its messages have a
//! higher priority and name the e-bike; once joined it stays so. The camera's own incident of the e-bike
//! gives way: it is closed as merged into the device's, and none opens before that is cleared.

use uuid::Uuid;

use super::beside::{Beside, is_ebike, is_hazard};
use super::course::Lifecycle;
use super::event::IncidentEvent;
use super::moment::Moment;
use crate::alert::action::{Action, CloseReason};

impl Lifecycle {
    /// What stands beside the device now. An incident that is open tells of it at once.
    pub(crate) fn stand_beside(
        &mut self,
        beside: Option<&Beside>,
        moment: Moment,
    ) -> Option<IncidentEvent> {
        if !is_hazard(&self.origin.incident) {
            return None;
        }
        self.beside = beside.cloned();
        let beside = beside?;
        let incident = self.history.current.as_mut().filter(|it| it.cleared_at.is_none())?;
        let is_news = match &mut incident.beside {
            Some(known) => beside.wire && !std::mem::replace(&mut known.wire, true),
            known => {
                *known = Some(beside.clone());
                true
            }
        };
        if !is_news || incident.is_verifying() {
            return None;
        }
        Some(self.origin.message(incident, Action::Update, moment.at, moment.clock))
    }

    /// The open incident that an e-bike's gives way to.
    pub(crate) fn open_hazard(&self) -> Option<Uuid> {
        let open = self.history.current.as_ref().filter(|it| it.cleared_at.is_none());
        open.filter(|_| is_hazard(&self.origin.incident)).map(|incident| incident.alert_id)
    }

    /// An e-bike's incident is part of `into` from now on, if that is one: it is closed, and none opens.
    pub(crate) fn give_way(&mut self, into: Option<Uuid>, moment: Moment) -> Option<IncidentEvent> {
        if !is_ebike(&self.origin.incident) {
            return None;
        }
        self.gives_way = into.is_some();
        let into = into.filter(|_| self.history.current.is_some())?;
        let mut closed = self.close_unseen(CloseReason::Merged, moment.at)?;
        closed.alert.dedupe.merged_into = Some(into);
        Some(closed)
    }
}
