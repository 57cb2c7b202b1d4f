//! The course of a case: what it does when its time has come.

use std::time::Duration;

use jiff::Timestamp;

use super::case::{Attempt, Case, End, Phase, Turn};
use super::feedback::{Actor, Deadlines, Feedback, Label, Reason, Verify, Whistle};
use super::profile::{Grade, OnFailed, Profile, Role, WhistleLevel};
use super::{Event, scoring};

/// Sent back more often, a case stays where it is.
const MAX_RETURNS: u32 = 3;
/// After so many reports of "handled" that were not true, the case is closed by force.
const MAX_ATTEMPTS: usize = 4;

impl Case {
    /// Does what is due, one step, and says at most one thing. Only for a case whose time has come.
    pub(super) fn wake(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        let overdue = turn.now > self.opened_at + turn.profile.patience;
        match self.phase {
            Phase::Arrived => self.receive(turn),
            Phase::Examining => self.examine(turn),
            Phase::Accepted => self.dispatch(turn),
            Phase::Dispatched => self.sign(turn),
            Phase::Signed => self.begin(turn),
            Phase::Handling if overdue => {
                self.enter(Phase::Closing(End::Forced), turn.now, Duration::ZERO);
                None
            }
            Phase::Handling => self.handle(turn),
            Phase::Handled => self.ask(turn),
            Phase::Verifying => {
                let pause = turn.profile.desk.person.draw(&mut self.dice);
                self.enter(Phase::WithPerson, turn.now, pause);
                None
            }
            Phase::WithPerson => {
                self.look(turn.now);
                None
            }
            Phase::Failed => self.fail(turn),
            Phase::Closing(end) => Some(self.close(end, turn)),
            Phase::Evaluating => Some(self.evaluate(turn)),
            Phase::Over => {
                self.due_at = None;
                None
            }
        }
    }

    fn receive(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        let pause = turn.profile.desk.accept.draw(&mut self.dice);
        self.enter(Phase::Examining, turn.now, pause);
        self.pass(Event::Received, Role::System, turn)
    }

    fn examine(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        if let Some(twin) = self.twin.take()
            && self.dice.comes(turn.profile.fate.merged)
        {
            self.finish(End::Merged, turn.now);
            return Some(self.say(Event::Merged, turn, |merged| {
                merged.case.merged_into = Some(twin);
                merged.reason = Some(Reason { code: "duplicate", text: None });
            }));
        }
        if self.dice.comes(turn.profile.fate.false_alarm) {
            self.finish(End::FalseAlarm, turn.now);
            return Some(self.say(Event::FalseAlarm, turn, |wrong| {
                let text = Some("核实: 不存在该问题");
                wrong.reason = Some(Reason { code: "not_a_violation", text });
                wrong.label = Some(Label { correct: false });
            }));
        }
        if self.dice.comes(turn.profile.fate.rejected) {
            self.finish(End::Rejected, turn.now);
            return Some(self.say(Event::Rejected, turn, |rejected| {
                rejected.reason = Some(Reason { code: "out_of_scope", text: Some("不予立案") });
            }));
        }
        let pause = turn.profile.desk.dispatch.draw(&mut self.dice);
        self.enter(Phase::Accepted, turn.now, pause);
        self.pass(Event::Accepted, Role::Acceptor, turn)
    }

    /// A whistle comes before the dispatch that follows it; what is simple is handled by whoever
    /// found it, without either.
    fn dispatch(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        if self.reopenings_said < self.reopened {
            self.reopenings_said = self.reopened;
            return Some(self.say(Event::Reopened, turn, |_reopened| {}));
        }
        if self.route.grade == Grade::Simple {
            return self.begin(turn);
        }
        let due = self.whistle_due(turn.profile);
        if due > self.whistle {
            let upgraded_from = self.whistle;
            self.whistle = due;
            let departments = turn.profile.whistle.departments.clone();
            let pause = turn.profile.desk.dispatch.draw(&mut self.dice);
            self.enter(Phase::Accepted, turn.now, pause);
            return Some(self.say(Event::Whistle, turn, |call| {
                call.whistle = due.map(|level| Whistle { level, departments, upgraded_from });
            }));
        }
        let lane = self.lane(turn.profile)?;
        let limit = Duration::from_secs_f64(lane.handle_limit_secs);
        let pause = lane.sign.draw(&mut self.dice);
        self.handle_by = Some(turn.now + limit);
        self.enter(Phase::Dispatched, turn.now, pause);
        let (sign, handle) = (Some(turn.now + limit / 4), self.handle_by);
        self.pass_with(Event::Dispatched, Role::Dispatcher, turn, |dispatched| {
            dispatched.deadlines = Some(Deadlines { sign, handle, verify: None });
        })
    }

    /// How loud the street has to whistle now. It never becomes quieter.
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

    fn sign(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        if self.returns < MAX_RETURNS && self.dice.comes(turn.profile.fate.returned) {
            return Some(self.send_back("not_our_duty", turn));
        }
        let pause = turn.profile.desk.dispatch.draw(&mut self.dice);
        self.enter(Phase::Signed, turn.now, pause);
        self.pass(Event::Signed, self.role(turn.profile), turn)
    }

    fn send_back(&mut self, code: &'static str, turn: Turn<'_>) -> Feedback {
        let actor = self.actor(self.role(turn.profile), turn.profile);
        self.returns += 1;
        self.org += 1;
        let pause = turn.profile.desk.dispatch.draw(&mut self.dice);
        self.enter(Phase::Accepted, turn.now, pause);
        self.say(Event::Returned, turn, |returned| {
            returned.reason = Some(Reason { code, text: None });
            returned.actor = Some(actor);
        })
    }

    /// Somebody sets out, or only says so later.
    fn begin(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        if self.dice.comes(turn.profile.fate.cancelled) {
            self.finish(End::Cancelled, turn.now);
            return Some(self.say(Event::Cancelled, turn, |_cancelled| {}));
        }
        let first = self.attempts.is_empty();
        let said = if self.route.grade == Grade::Simple && first {
            None
        } else {
            self.pass(Event::Handling, self.role(turn.profile), turn)
        };
        self.try_again(turn);
        said
    }

    fn try_again(&mut self, turn: Turn<'_>) {
        let fate = &turn.profile.fate;
        let false_close = if self.attempts.iter().any(|attempt| attempt.caught) {
            fate.false_close_again
        } else {
            self.route.false_close.unwrap_or(fate.false_close)
        };
        let honest = !self.dice.comes(false_close);
        self.attempts.push(Attempt { honest, ..Attempt::default() });
        let pause = self.handling_time(turn.profile);
        self.enter(Phase::Handling, turn.now, pause);
    }

    fn handling_time(&mut self, profile: &Profile) -> Duration {
        let handle = self.lane(profile).map(|lane| lane.handle);
        handle.map_or(Duration::ZERO, |handle| handle.draw(&mut self.dice))
    }

    fn handle(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        if !self.postponed && self.dice.comes(turn.profile.fate.postponed) {
            self.postponed = true;
            let pause = self.handling_time(turn.profile);
            self.handle_by = Some(turn.now + pause);
            self.enter(Phase::Handling, turn.now, pause);
            let handle = self.handle_by;
            return Some(self.say(Event::Postponed, turn, |postponed| {
                postponed.deadlines = Some(Deadlines { handle, ..Deadlines::default() });
            }));
        }
        if self.attempt().honest && self.sees_scene && !self.gone {
            return self.wait_for_scene(turn);
        }
        let nothing_left = self.sees_scene && self.gone;
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.handled_at = Some(turn.now);
            attempt.honest |= nothing_left; // whoever did it, it is done
        }
        let attempt = self.attempts.len().saturating_sub(1);
        let asks_later = turn.profile.flow.has(Event::VerifyRequest);
        if asks_later {
            let pause = turn.profile.desk.dispatch.draw(&mut self.dice);
            self.enter(Phase::Handled, turn.now, pause);
        } else {
            self.enter(Phase::Verifying, turn.now, patience(turn.profile));
        }
        let verify = Some(turn.now + patience(turn.profile));
        let said = self.pass_with(Event::Handled, self.role(turn.profile), turn, |handled| {
            handled.verify = Some(if asks_later { no_check() } else { check(turn.profile) });
            handled.deadlines = Some(Deadlines { verify, ..Deadlines::default() });
        })?;
        if !asks_later {
            self.requests.insert(said.msg_id.clone(), attempt);
        }
        Some(said)
    }

    /// What still stands there cannot honestly be called handled. Past the limit the centre presses
    /// (催办), and past twice the limit it supervises (督办), once each.
    fn wait_for_scene(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        let limit = self.lane(turn.profile).map_or(0.0, |lane| lane.handle_limit_secs);
        let pause = Duration::from_secs_f64(limit.max(1.0));
        self.enter(Phase::Handling, turn.now, pause);
        let late = self.handle_by.is_some_and(|handle_by| turn.now >= handle_by);
        if !late || self.pressed >= 2 {
            return None;
        }
        self.pressed += 1;
        let event = if self.pressed == 1 { Event::Press } else { Event::Supervise };
        Some(self.say(event, turn, |_pressed| {}))
    }

    fn ask(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        self.enter(Phase::Verifying, turn.now, patience(turn.profile));
        let said = self.pass_with(Event::VerifyRequest, Role::Verifier, turn, |request| {
            request.verify = Some(check(turn.profile));
        })?;
        let attempt = self.attempts.len().saturating_sub(1);
        self.requests.insert(said.msg_id.clone(), attempt);
        Some(said)
    }

    /// A person goes and looks: he sees whether something was done.
    fn look(&mut self, now: Timestamp) {
        let Some(attempt) = self.attempts.last_mut() else { return };
        attempt.caught = !attempt.honest;
        let next = if attempt.honest { Phase::Closing(End::SeenByPerson) } else { Phase::Failed };
        self.enter(next, now, Duration::ZERO);
    }

    fn fail(&mut self, turn: Turn<'_>) -> Option<Feedback> {
        if self.attempts.len() >= MAX_ATTEMPTS {
            self.enter(Phase::Closing(End::Forced), turn.now, Duration::ZERO);
            return None;
        }
        let is_simple = self.route.grade == Grade::Simple;
        if turn.profile.verify.on_failed == OnFailed::Return && !is_simple {
            return Some(self.send_back("insufficient_evidence", turn));
        }
        // Work goes on, and says so: otherwise the gateway could not tell the next request to look
        // from the one it has answered.
        let works = is_simple || turn.profile.flow.has(Event::Handling);
        let next = if works { Phase::Signed } else { Phase::Accepted };
        let pause = turn.profile.desk.dispatch.draw(&mut self.dice);
        self.enter(next, turn.now, pause);
        Some(self.say(Event::Supervise, turn, |supervise| {
            supervise.reason = Some(Reason { code: "other", text: Some("核查未通过") });
        }))
    }

    fn close(&mut self, end: End, turn: Turn<'_>) -> Feedback {
        self.finish(end, turn.now);
        if turn.profile.flow.has(Event::Evaluated) && end != End::Withdrawn {
            let pause = turn.profile.desk.evaluate.draw(&mut self.dice);
            self.enter(Phase::Evaluating, turn.now, pause);
        }
        self.say(Event::Closed, turn, |closed| {
            closed.reason = match end {
                End::Withdrawn => Some(Reason { code: "already_fixed", text: None }),
                End::Forced => Some(Reason { code: "other", text: Some("强制结案") }),
                _ => None,
            };
        })
    }

    fn evaluate(&mut self, turn: Turn<'_>) -> Feedback {
        self.phase = Phase::Over;
        self.due_at = None;
        let score = scoring::score(self);
        self.say(Event::Evaluated, turn, |evaluated| evaluated.score = Some(score))
    }

    /// Says `event` if the city's flow has it, by somebody of `role`.
    fn pass(&mut self, event: Event, role: Role, turn: Turn<'_>) -> Option<Feedback> {
        self.pass_with(event, role, turn, |_said| {})
    }

    fn pass_with(
        &mut self,
        event: Event,
        role: Role,
        turn: Turn<'_>,
        fill: impl FnOnce(&mut Feedback),
    ) -> Option<Feedback> {
        if !turn.profile.flow.has(event) {
            return None;
        }
        let actor = self.actor(role, turn.profile);
        Some(self.say(event, turn, |said| {
            said.actor = Some(actor);
            fill(said);
        }))
    }

    fn role(&self, profile: &Profile) -> Role {
        self.lane(profile).map_or(Role::GridOfficer, |lane| lane.role)
    }

    fn actor(&self, role: Role, profile: &Profile) -> Actor {
        let orgs = self.lane(profile).map(|lane| lane.orgs.as_slice()).unwrap_or_default();
        let theirs = matches!(role, Role::System | Role::Acceptor | Role::Dispatcher);
        let org = orgs.iter().cycle().nth(if orgs.is_empty() { 0 } else { self.org % orgs.len() });
        let org = if theirs { &profile.system } else { org.unwrap_or(&profile.system) };
        Actor { role, org: org.clone() }
    }
}

/// How long the gateway may take.
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
