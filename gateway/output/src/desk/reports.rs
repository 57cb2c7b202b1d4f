//! What the reports of guards mean for the outputs.

use std::time::Instant;

use crate::desk::outlets::Outlets;
use crate::desk::state::State;
use crate::note::{Note, What};
use crate::protocol::Report;
use crate::settings::Way;
use crate::standing::Standing;

impl State {
    /// The number of an output's next guard.
    pub(super) fn next_generation(&mut self, id: &str) -> u64 {
        self.generations += 1;
        if let Some(output) = self.outputs.get_mut(id) {
            output.hand.generation = self.generations;
        }
        self.generations
    }

    /// Whether this guard is not the one at work.
    pub(super) fn is_of_earlier(&self, id: &str, generation: u64) -> bool {
        self.outputs.get(id).is_none_or(|output| output.hand.generation != generation)
    }

    /// What the guard of an output that was taken out says.
    pub(super) fn told_by_earlier(&mut self, generation: u64, report: Option<&Report>) {
        let is_released = matches!(report, Some(Report::Released { .. }));
        if !is_released && report.is_some() {
            return;
        }
        let Some(mut note) = self.leaving.remove(&generation) else { return };
        if !is_released {
            note.what = What::Failed;
            note.reason = Some("its guard has ended without saying that it has let go".to_owned());
        }
        self.write(note);
    }

    /// Whether guards still owe something.
    pub(super) fn has_leaving(&self) -> bool {
        !self.leaving.is_empty()
    }

    /// The guard holds.
    pub(super) fn is_held(&mut self, id: &str, number: u64) {
        let Some(output) = self.outputs.get_mut(id) else { return };
        let Standing::Ordered(held, ordered) = output.judge.standing.clone() else { return };
        if ordered == number {
            let note = Note::of(&output.judge.settings, &held.alert_id, What::Held);
            output.judge.standing = Standing::Held(held);
            self.write(note);
        }
    }

    /// The guard could not hold, and lets go of what it may have moved.
    pub(super) fn has_failed(&mut self, id: &str, number: u64, why: &str, now: Instant) {
        let Some(output) = self.outputs.get_mut(id) else { return };
        let is_meant =
            matches!(&output.judge.standing, Standing::Ordered(_, ordered) if *ordered == number);
        if is_meant && let Some(held) = output.judge.end(why, now) {
            output.judge.fault = Some(format!("it could not be held: {why}"));
            let note = Note::of(&output.judge.settings, &held.alert_id, What::Failed);
            self.write(note.because(why));
        }
    }

    /// What moves the output cannot be used now.
    pub(super) fn is_at_fault(&mut self, id: &str, why: String) {
        if let Some(output) = self.outputs.get_mut(id) {
            output.judge.fault = Some(why);
        }
    }

    /// The guard has let go and read that back.
    pub(super) fn is_let_go(&mut self, id: &str, because: &str, now: Instant) {
        let Some(output) = self.outputs.get_mut(id) else { return };
        output.judge.fault = None;
        output.hand.backoff.reset();
        output.hand.owed_at = None;
        let owed = output.hand.owed.take();
        let ended = output.judge.end(because, now).map(|held| {
            Note::of(&output.judge.settings, &held.alert_id, What::Released).because(because)
        });
        owed.into_iter().chain(ended).for_each(|note| self.write(note));
    }

    /// The guard has ended: another is started, which lets go first.
    pub(super) fn guard_ended(&mut self, id: &str, outlets: &Outlets, now: Instant) {
        const WHY: &str = "its guard has ended; another is started";
        let is_over = self.is_stopping;
        let Some(output) = self.outputs.get_mut(id) else { return };
        if !matches!(output.judge.settings.way, Way::Modbus(_)) {
            return;
        }
        output.hand.guard = None;
        output.judge.fault = Some(WHY.to_owned());
        if let Some(held) = output.judge.end(WHY, now) {
            let note = Note::of(&output.judge.settings, &held.alert_id, What::Released);
            output.hand.owed = Some(note.because(WHY));
        }
        if !is_over {
            output.hand.start_at = Some(now + output.hand.backoff.next_delay());
        }
        self.show(id, outlets, now);
    }
}
