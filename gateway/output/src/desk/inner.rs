//! The desk at work: alerts judged one by one, what was done written down, guards started and heard.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use runtime::{rfc3339, utc_now};
use tracing::{error, info, warn};

use crate::desk::outlets::Outlets;
use crate::desk::state::State;
use crate::fire::FireFile;
use crate::judge::Verdict;
use crate::note::{Note, What};
use crate::process::GuardProcess;
use crate::protocol::{Cause, Order, Report};
use crate::settings::{Settings, Way};
use crate::standing::{Held, Standing};

/// A guard that does not say that it holds, or has let go, for so long after it should is ended.
const PATIENCE: Duration = Duration::from_secs(15);

/// What all clones of a desk share.
pub(super) struct Inner {
    pub(super) state: Mutex<State>,
    pub(super) wake: Condvar,
    pub(super) outlets: Outlets,
}

impl Inner {
    /// Until the desk is over, and all that was done is written down.
    pub(super) fn work(self: &Arc<Self>) {
        loop {
            let (notes, fire, is_over) = {
                let mut state = self.state();
                let fire = state.fire.unsaved(Instant::now());
                (std::mem::take(&mut state.notes), fire, state.is_over)
            };
            fire.iter().for_each(keep_fire);
            notes.iter().for_each(|note| self.write(note));
            self.judge_next();
            self.see_to_time();
            let state = self.state();
            if !state.notes.is_empty() || !state.news.is_empty() {
                continue;
            }
            if is_over {
                return;
            }
            let wait = state.wake_after(Instant::now());
            drop(self.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner));
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, note: &Note) {
        let (what, reason) = (note.what.word(), note.reason.as_deref().unwrap_or_default());
        info!(output = note.output, alert = note.alert_id, what, reason, "an output");
        if let Err(error) = (self.outlets.note)(note) {
            error!(output = note.output, what, error, "what an output did is not written down");
        }
    }

    /// Judges the oldest news, for each output.
    fn judge_next(self: &Arc<Self>) {
        let mut state = self.state();
        let Some(news) = state.news.pop_front() else { return };
        let ids: Vec<String> = state.outputs.keys().cloned().collect();
        for id in ids {
            let now = Instant::now();
            let Some(settings) = state.outputs.get(&id).map(|it| it.judge.settings.clone()) else {
                continue;
            };
            let around = state.around(&settings, &self.outlets, now);
            let Some(output) = state.outputs.get_mut(&id) else { continue };
            let note = |what| Note::of(&settings, &news.alert_id, what);
            match output.judge.judge(&news, &around, now) {
                Verdict::Nothing => {}
                Verdict::Refuse(reason) => state.write(note(What::Refused).because(reason)),
                Verdict::WouldHold => state.write(note(What::Tested)),
                Verdict::Release => {
                    state.let_go(&id, "what the alert tells of is over", &self.outlets, now);
                }
                Verdict::Hold => {
                    let (lasts, at) = (settings.hold, utc_now());
                    let times = [rfc3339(at), rfc3339(at.after(lasts))];
                    let alert_id = news.alert_id.clone();
                    output.judge.begin(Held { alert_id, until: now + lasts, times }, now);
                    drop(state);
                    self.hold(&id, &note(What::Ordered));
                    state = self.state();
                }
            }
        }
    }

    /// Has an output held, once it is written down that it will be. Nothing moves without that.
    fn hold(&self, id: &str, note: &Note) {
        let written = (self.outlets.note)(note);
        let mut state = self.state();
        state.orders += 1;
        let number = state.orders;
        let now = Instant::now();
        let Some(output) = state.outputs.get_mut(id) else { return };
        let settings = output.judge.settings.clone();
        // Fire may have come, or an edit, while the disk was waited for.
        let Standing::Noting(held) = output.judge.standing.clone() else { return };
        if held.alert_id != note.alert_id {
            return;
        }
        let until = now + settings.hold;
        let held = Held { until, ..held };
        let refusal = match (written, &settings.way, &output.hand.guard) {
            (Err(why), ..) => Some(format!("it cannot be written down: {why}")),
            (Ok(()), Way::Mqtt, _) => {
                output.judge.standing = Standing::Held(held);
                None
            }
            (Ok(()), Way::Modbus(_), None) => Some("its guard is gone".to_owned()),
            (Ok(()), Way::Modbus(_), Some(guard)) => {
                let millis = u64::try_from(settings.hold.as_millis()).unwrap_or(u64::MAX);
                let told = guard.tell(&Order::Hold { number, millis });
                output.judge.standing = Standing::Ordered(held, number);
                told.err().map(|error| format!("its guard is gone: {error}"))
            }
        };
        let is_held = refusal.is_none() && settings.way == Way::Mqtt;
        if let Some(reason) = refusal {
            output.judge.end(&reason, now);
            state.write(Note::of(&settings, &note.alert_id, What::Failed).because(reason));
        } else if is_held {
            state.write(Note::of(&settings, &note.alert_id, What::Held));
        }
        state.show(id, &self.outlets, now);
    }

    /// Lets go what time lets go, starts guards that are due, ends those that do not answer.
    fn see_to_time(self: &Arc<Self>) {
        let mut state = self.state();
        let ids: Vec<String> = state.outputs.keys().cloned().collect();
        for id in &ids {
            let now = Instant::now();
            let Some(output) = state.outputs.get_mut(id) else { continue };
            let is_guarded = matches!(output.judge.settings.way, Way::Modbus(_));
            let until = output.judge.standing.held().map(|held| held.until);
            if !is_guarded && until.is_some_and(|until| until <= now) {
                state.let_go(id, "the time is over", &self.outlets, now);
                continue;
            }
            let is_stuck = until.is_some_and(|until| until + PATIENCE <= now)
                || output.hand.owed_at.is_some_and(|since| since + PATIENCE <= now);
            if is_guarded
                && is_stuck
                && let Some(guard) = output.hand.guard.take()
            {
                warn!(
                    output = id,
                    "its guard does not answer and is left alone; another is started"
                );
                output.hand.owed_at = None;
                guard.leave();
                state.guard_ended(id, &self.outlets, now);
                continue;
            }
            if output.hand.start_at.is_some_and(|at| at <= now) {
                output.hand.start_at = None;
                let settings = output.judge.settings.clone();
                let generation = state.next_generation(id);
                if let Err(error) = self.start_guard(&settings, generation, &mut state) {
                    error!(output = id, %error, "its guard cannot be started");
                    state.guard_ended(id, &self.outlets, now);
                }
            }
        }
        state.show_all(&self.outlets, Instant::now());
    }

    fn start_guard(
        self: &Arc<Self>,
        settings: &Settings,
        generation: u64,
        state: &mut State,
    ) -> std::io::Result<()> {
        let Way::Modbus(coils) = &settings.way else { return Ok(()) };
        let (hearer, id) = (Arc::clone(self), settings.id.clone());
        let hear = move |report| hearer.told(&id, generation, report);
        let guard = GuardProcess::spawn((self.outlets.guard)(), coils, hear)?;
        if let Some(output) = state.outputs.get_mut(&settings.id) {
            output.hand.guard = Some(guard);
        }
        Ok(())
    }

    /// Hears what a guard says; `None` once it has ended.
    fn told(&self, id: &str, generation: u64, report: Option<Report>) {
        let mut state = self.state();
        let now = Instant::now();
        if state.is_of_earlier(id, generation) {
            state.told_by_earlier(generation, report.as_ref());
        } else {
            match report {
                None => state.guard_ended(id, &self.outlets, now),
                Some(Report::Held { number }) => state.is_held(id, number),
                Some(Report::Failed { number, why }) => state.has_failed(id, number, &why, now),
                Some(Report::Owing { why }) => {
                    warn!(output = id, why, "an output cannot be let go; its guard goes on trying");
                    state.is_at_fault(id, format!("it cannot be let go: {why}"));
                }
                Some(Report::Released { cause }) => state.is_let_go(id, words(cause), now),
            }
        }
        state.show(id, &self.outlets, now);
        drop(state);
        self.wake.notify_all();
    }
}

const fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::Start => "its guard has started",
        Cause::Told => "its guard was told to let go",
        Cause::Time => "the time is over",
        Cause::Fault => "it could not be held whole",
        Cause::Gone => "the gateway or the guard was stopped",
    }
}

fn keep_fire(file: &FireFile) {
    if let Err(error) = file.write() {
        error!(%error, "what is known of fire is not kept over a restart");
    }
}
