//! The workflow of a case: what happens when it is due.

use std::time::Duration;

use jiff::Timestamp;

use super::case::{Attempt, Case, End, Phase, StepContext};
use super::event::Event;
use super::feedback::{Actor, Deadlines, Feedback, Label, Reason, Verify, Whistle};
use super::profile::{Grade, OnFailed, Profile, Role, WhistleLevel};
use super::scoring;

/// A case is sent back at most this often.
const MAX_RETURNS: u32 = 3;
/// After this many false reports of "handled" the case is closed by force.
const MAX_ATTEMPTS: usize = 4;

impl Case {
    /// Takes the step that is due, and returns the feedback to send, if any. Only for a case that is
    /// due.
    pub(super) fn advance(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        let overdue = step.now > self.opened_at + step.profile.patience;
        match self.phase {
            Phase::Arrived => self.receive(step),
            Phase::Examining => self.examine(step),
            Phase::Accepted => self.dispatch(step),
            Phase::Dispatched => self.sign(step),
            Phase::Signed => self.begin(step),
            Phase::Handling if overdue => {
                self.enter(Phase::Closing(End::Forced), step.now, Duration::ZERO);
                None
            }
            Phase::Handling => self.handle(step),
            Phase::Handled => self.ask(step),
            Phase::Verifying => {
                let pause = step.profile.desk.person.draw(&mut self.random);
                self.enter(Phase::WithPerson, step.now, pause);
                None
            }
            Phase::WithPerson => {
                self.look(step.now);
                None
            }
            Phase::Failed => self.fail(step),
            Phase::Closing(end) => Some(self.close(end, step)),
            Phase::Evaluating => Some(self.evaluate(step)),
            Phase::Over => {
                self.due_at = None;
                None
            }
        }
    }

    fn receive(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        let pause = step.profile.desk.accept.draw(&mut self.random);
        self.enter(Phase::Examining, step.now, pause);
        self.report_step(Event::Received, Role::System, step)
    }

    fn examine(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        if let Some(twin) = self.twin.take()
            && self.random.happens(step.profile.fate.merged)
        {
            self.finish(End::Merged, step.now);
            return Some(self.report(Event::Merged, step, |merged| {
                merged.case.merged_into = Some(twin);
                merged.reason = Some(Reason { code: "duplicate", text: None });
            }));
        }
        if self.random.happens(step.profile.fate.false_alarm) {
            self.finish(End::FalseAlarm, step.now);
            return Some(self.report(Event::FalseAlarm, step, |wrong| {
                let text = Some("核实: 不存在该问题");
                wrong.reason = Some(Reason { code: "not_a_violation", text });
                wrong.label = Some(Label { correct: false });
            }));
        }
        if self.random.happens(step.profile.fate.rejected) {
            self.finish(End::Rejected, step.now);
            return Some(self.report(Event::Rejected, step, |rejected| {
                rejected.reason = Some(Reason { code: "out_of_scope", text: Some("不予立案") });
            }));
        }
        let pause = step.profile.desk.dispatch.draw(&mut self.random);
        self.enter(Phase::Accepted, step.now, pause);
        self.report_step(Event::Accepted, Role::Acceptor, step)
    }

    /// A whistle comes before the dispatch. A simple case needs neither: whoever found it handles it.
    fn dispatch(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        if self.reopenings_sent < self.reopened {
            self.reopenings_sent = self.reopened;
            return Some(self.report(Event::Reopened, step, |_reopened| {}));
        }
        if self.route.grade == Grade::Simple {
            return self.begin(step);
        }
        let due = self.whistle_due(step.profile);
        if due > self.whistle {
            let upgraded_from = self.whistle;
            self.whistle = due;
            let departments = step.profile.whistle.departments.clone();
            let pause = step.profile.desk.dispatch.draw(&mut self.random);
            self.enter(Phase::Accepted, step.now, pause);
            return Some(self.report(Event::Whistle, step, |call| {
                call.whistle = due.map(|level| Whistle { level, departments, upgraded_from });
            }));
        }
        let dispatch_loop = self.dispatch_loop(step.profile)?;
        let limit = Duration::from_secs_f64(dispatch_loop.handle_limit_secs);
        let pause = dispatch_loop.sign.draw(&mut self.random);
        self.handle_by = Some(step.now + limit);
        self.enter(Phase::Dispatched, step.now, pause);
        let (sign, handle) = (Some(step.now + limit / 4), self.handle_by);
        self.report_step_with(Event::Dispatched, Role::Dispatcher, step, |dispatched| {
            dispatched.deadlines = Some(Deadlines { sign, handle, verify: None });
        })
    }

    /// The level of whistle that the case calls for now.
    fn whistle_due(&self, profile: &Profile) -> Option<WhistleLevel> {
        let rule = &profile.whistle;
        let repeats = self.alert.dedupe.repeat_count;
        if repeats >= rule.difficult_repeats || self.returns >= rule.difficult_returns {
            Some(WhistleLevel::Difficult)
        } else if repeats >= rule.key_repeats {
            Some(WhistleLevel::Key)
        } else if self.route.grade == Grade::CrossDepartment {
            Some(WhistleLevel::Ordinary)
        } else {
            None
        }
    }

    fn sign(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        if self.returns < MAX_RETURNS && self.random.happens(step.profile.fate.returned) {
            return Some(self.send_back("not_our_duty", step));
        }
        let pause = step.profile.desk.dispatch.draw(&mut self.random);
        self.enter(Phase::Signed, step.now, pause);
        self.report_step(Event::Signed, self.role(step.profile), step)
    }

    fn send_back(&mut self, code: &'static str, step: StepContext<'_>) -> Feedback {
        let actor = self.actor(self.role(step.profile), step.profile);
        self.returns += 1;
        self.org += 1;
        let pause = step.profile.desk.dispatch.draw(&mut self.random);
        self.enter(Phase::Accepted, step.now, pause);
        self.report(Event::Returned, step, |returned| {
            returned.reason = Some(Reason { code, text: None });
            returned.actor = Some(actor);
        })
    }

    /// Somebody starts to handle the case.
    fn begin(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        if self.random.happens(step.profile.fate.cancelled) {
            self.finish(End::Cancelled, step.now);
            return Some(self.report(Event::Cancelled, step, |_cancelled| {}));
        }
        let first = self.attempts.is_empty();
        let feedback = if self.route.grade == Grade::Simple && first {
            None
        } else {
            self.report_step(Event::Handling, self.role(step.profile), step)
        };
        self.try_again(step);
        feedback
    }

    fn try_again(&mut self, step: StepContext<'_>) {
        let fate = &step.profile.fate;
        let false_close = if self.attempts.iter().any(|attempt| attempt.caught) {
            fate.false_close_again
        } else {
            self.route.false_close.unwrap_or(fate.false_close)
        };
        let honest = !self.random.happens(false_close);
        self.attempts.push(Attempt { honest, ..Attempt::default() });
        let pause = self.handling_time(step.profile);
        self.enter(Phase::Handling, step.now, pause);
    }

    fn handling_time(&mut self, profile: &Profile) -> Duration {
        let handle = self.dispatch_loop(profile).map(|found| found.handle);
        handle.map_or(Duration::ZERO, |handle| handle.draw(&mut self.random))
    }

    fn handle(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        if !self.postponed && self.random.happens(step.profile.fate.postponed) {
            self.postponed = true;
            let pause = self.handling_time(step.profile);
            self.handle_by = Some(step.now + pause);
            self.enter(Phase::Handling, step.now, pause);
            let handle = self.handle_by;
            return Some(self.report(Event::Postponed, step, |postponed| {
                postponed.deadlines = Some(Deadlines { handle, ..Deadlines::default() });
            }));
        }
        if self.attempt().honest && self.sees_scene && !self.gone {
            return self.wait_for_scene(step);
        }
        let nothing_left = self.sees_scene && self.gone;
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.handled_at = Some(step.now);
            attempt.honest |= nothing_left; // it is gone, whoever removed it
        }
        let attempt = self.attempts.len().saturating_sub(1);
        let asks_later = step.profile.flow.has(Event::VerifyRequest);
        if asks_later {
            let pause = step.profile.desk.dispatch.draw(&mut self.random);
            self.enter(Phase::Handled, step.now, pause);
        } else {
            self.enter(Phase::Verifying, step.now, patience(step.profile));
        }
        let verify = Some(step.now + patience(step.profile));
        let feedback =
            self.report_step_with(Event::Handled, self.role(step.profile), step, |handled| {
                handled.verify = Some(if asks_later { no_check() } else { check(step.profile) });
                handled.deadlines = Some(Deadlines { verify, ..Deadlines::default() });
            })?;
        if !asks_later {
            self.requests.insert(feedback.msg_id.clone(), attempt);
        }
        Some(feedback)
    }

    /// An honest handler does not report "handled" while the thing is still there. After the limit the
    /// centre presses (催办), after twice the limit it supervises (督办), once each.
    fn wait_for_scene(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        let limit = self.dispatch_loop(step.profile).map_or(0.0, |found| found.handle_limit_secs);
        let pause = Duration::from_secs_f64(limit.max(1.0));
        self.enter(Phase::Handling, step.now, pause);
        let late = self.handle_by.is_some_and(|handle_by| step.now >= handle_by);
        if !late || self.pressed >= 2 {
            return None;
        }
        self.pressed += 1;
        let event = if self.pressed == 1 { Event::Press } else { Event::Supervise };
        Some(self.report(event, step, |_pressed| {}))
    }

    fn ask(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        self.enter(Phase::Verifying, step.now, patience(step.profile));
        let feedback =
            self.report_step_with(Event::VerifyRequest, Role::Verifier, step, |request| {
                request.verify = Some(check(step.profile));
            })?;
        let attempt = self.attempts.len().saturating_sub(1);
        self.requests.insert(feedback.msg_id.clone(), attempt);
        Some(feedback)
    }

    /// A person goes there and sees whether something was done.
    fn look(&mut self, now: Timestamp) {
        let Some(attempt) = self.attempts.last_mut() else { return };
        attempt.caught = !attempt.honest;
        let next = if attempt.honest { Phase::Closing(End::SeenByPerson) } else { Phase::Failed };
        self.enter(next, now, Duration::ZERO);
    }

    fn fail(&mut self, step: StepContext<'_>) -> Option<Feedback> {
        if self.attempts.len() >= MAX_ATTEMPTS {
            self.enter(Phase::Closing(End::Forced), step.now, Duration::ZERO);
            return None;
        }
        let is_simple = self.route.grade == Grade::Simple;
        if step.profile.verify.on_failed == OnFailed::Return && !is_simple {
            return Some(self.send_back("insufficient_evidence", step));
        }
        // The case says that work goes on. Otherwise the gateway could not tell the next request for a
        // re-check from the one it has answered.
        let works = is_simple || step.profile.flow.has(Event::Handling);
        let next = if works { Phase::Signed } else { Phase::Accepted };
        let pause = step.profile.desk.dispatch.draw(&mut self.random);
        self.enter(next, step.now, pause);
        Some(self.report(Event::Supervise, step, |supervise| {
            supervise.reason = Some(Reason { code: "other", text: Some("核查未通过") });
        }))
    }

    fn close(&mut self, end: End, step: StepContext<'_>) -> Feedback {
        self.finish(end, step.now);
        if step.profile.flow.has(Event::Evaluated) && end != End::Withdrawn {
            let pause = step.profile.desk.evaluate.draw(&mut self.random);
            self.enter(Phase::Evaluating, step.now, pause);
        }
        self.report(Event::Closed, step, |closed| {
            closed.reason = match end {
                End::Withdrawn => Some(Reason { code: "already_fixed", text: None }),
                End::Forced => Some(Reason { code: "other", text: Some("强制结案") }),
                _ => None,
            };
        })
    }

    fn evaluate(&mut self, step: StepContext<'_>) -> Feedback {
        self.phase = Phase::Over;
        self.due_at = None;
        let score = scoring::score(self);
        self.report(Event::Evaluated, step, |evaluated| evaluated.score = Some(score))
    }

    /// The feedback that reports `event` by somebody of `role`, if the city's flow has the event.
    fn report_step(&mut self, event: Event, role: Role, step: StepContext<'_>) -> Option<Feedback> {
        self.report_step_with(event, role, step, |_feedback| {})
    }

    fn report_step_with(
        &mut self,
        event: Event,
        role: Role,
        step: StepContext<'_>,
        fill: impl FnOnce(&mut Feedback),
    ) -> Option<Feedback> {
        if !step.profile.flow.has(event) {
            return None;
        }
        let actor = self.actor(role, step.profile);
        Some(self.report(event, step, |feedback| {
            feedback.actor = Some(actor);
            fill(feedback);
        }))
    }

    fn role(&self, profile: &Profile) -> Role {
        self.dispatch_loop(profile).map_or(Role::GridOfficer, |found| found.role)
    }

    fn actor(&self, role: Role, profile: &Profile) -> Actor {
        let found = self.dispatch_loop(profile);
        let orgs = found.map(|found| found.orgs.as_slice()).unwrap_or_default();
        let is_centre = matches!(role, Role::System | Role::Acceptor | Role::Dispatcher);
        let org = orgs.iter().cycle().nth(if orgs.is_empty() { 0 } else { self.org % orgs.len() });
        let org = if is_centre { &profile.system } else { org.unwrap_or(&profile.system) };
        Actor { role, org: org.clone() }
    }
}

/// How long the gateway may take for a re-check.
fn patience(profile: &Profile) -> Duration {
    let terms = &profile.verify;
    let secs = terms.settle_secs + terms.window_secs + terms.patience_secs;
    Duration::from_secs(secs.into())
}

fn check(profile: &Profile) -> Verify {
    Verify {
        mode: "auto",
        settle_s: Some(profile.verify.settle_secs),
        window_s: Some(profile.verify.window_secs),
        min_samples: Some(profile.verify.min_samples),
    }
}

fn no_check() -> Verify {
    Verify { mode: "none", settle_s: None, window_s: None, min_samples: None }
}
