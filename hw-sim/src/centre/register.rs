//! The centre's register: all cases, one for each alert, and the outbox. Like a case it is pure: it
//! takes in alerts, it is advanced when something is due, and it never reads a clock and never waits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::alert::Alert;
use super::case::{Case, Phase, StepContext};
use super::channel::Channel;
use super::feedback::{Answer, Feedback};
use super::outbox::{Outbox, OutgoingMessage};
use super::profile::Profile;
use super::report::Report;

/// What a message of an alert led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertOutcome {
    /// A case was opened.
    Opened,
    /// The alert's case was updated.
    Updated,
    /// Nothing: the centre knew this message or a newer one.
    Repeated,
    /// Nothing: the alert was closed before the centre knew it.
    TooLate,
}

/// All cases of a centre.
#[derive(Debug, Clone)]
pub struct CaseRegister {
    profile: Profile,
    cases: BTreeMap<String, Case>,
    channels: BTreeMap<String, Channel>,
    /// Cases by the time at which they are due.
    agenda: BTreeSet<(Timestamp, String)>,
    outbox: Outbox,
    /// What waits to be fetched, in the order of its time.
    notices: Vec<Feedback>,
    repeated: usize,
    unreadable: usize,
}

impl CaseRegister {
    /// A register without cases, with the workflow of `profile`.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let outbox = Outbox::new(profile.mischief, profile.seed);
        Self {
            profile,
            cases: BTreeMap::new(),
            channels: BTreeMap::new(),
            agenda: BTreeSet::new(),
            outbox,
            notices: Vec::new(),
            repeated: 0,
            unreadable: 0,
        }
    }

    /// The city's profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Every case, by its alert.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// The case of an alert.
    #[must_use]
    pub fn case(&self, alert_id: &str) -> Option<&Case> {
        self.cases.get(alert_id)
    }

    /// Takes in a message of an alert. The case's feedback goes back by `channel`.
    pub fn take_alert(&mut self, alert: Alert, channel: Channel, now: Timestamp) -> AlertOutcome {
        let alert_id = alert.alert_id.clone();
        if let Some(case) = self.cases.get_mut(&alert_id) {
            if alert.seq <= case.alert().seq {
                self.repeated += 1;
                return AlertOutcome::Repeated;
            }
            let due_before = case.due_at;
            case.take_alert(alert, &self.profile, now);
            let due = case.due_at;
            self.put_on_agenda(&alert_id, due_before, due);
            return AlertOutcome::Updated;
        }
        if alert.is_closed() {
            return AlertOutcome::TooLate;
        }
        let twin = self.twin_of(&alert);
        let mut case = Case::open(alert, self.cases.len() + 1, twin, &self.profile, now);
        // Over HTTP the gateway does not report that a scene is cleared.
        case.sees_scene &= channel != Channel::Notices;
        self.put_on_agenda(&alert_id, None, case.due_at);
        self.cases.insert(alert_id.clone(), case);
        self.channels.insert(alert_id, channel);
        AlertOutcome::Opened
    }

    /// Counts a payload on an alert's topic that is not an alert.
    pub fn count_unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// Takes in a gateway's answer about `alert_id`.
    pub fn take_answer(&mut self, alert_id: &str, answer: &Answer) {
        self.outbox.take_answer(alert_id, answer);
    }

    /// Counts a payload on an answer's topic that is not an answer as a wrong answer.
    pub fn take_unreadable_answer(&mut self, topic: &str, reason: &str) {
        self.outbox.fault(format!("{topic}: {reason}"));
    }

    /// How much feedback has no answer so far.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.outbox.unanswered()
    }

    /// What waits to be fetched. Notices stay until they are signed for.
    #[must_use]
    pub fn notices(&self) -> &[Feedback] {
        &self.notices
    }

    /// Takes in that a notice was signed for. Returns whether it was waiting.
    pub fn sign(&mut self, msg_id: &str) -> bool {
        let waiting = self.notices.len();
        self.notices.retain(|notice| notice.msg_id != msg_id);
        self.outbox.take_signature(msg_id);
        self.notices.len() < waiting
    }

    /// When something is due next, if anything is.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let agenda = self.agenda.first().map(|(at, _)| *at);
        [agenda, self.outbox.due_at()].into_iter().flatten().min()
    }

    /// Does everything that is due, and returns the messages to send now. Feedback that is to be
    /// fetched becomes a notice.
    pub fn advance(&mut self, now: Timestamp) -> Vec<OutgoingMessage> {
        while let Some((due, alert_id)) = self.agenda.first().cloned()
            && due <= now
        {
            self.agenda.remove(&(due, alert_id.clone()));
            let Some(case) = self.cases.get_mut(&alert_id) else { continue };
            let feedback = case.advance(StepContext { profile: &self.profile, now });
            let due = case.due_at;
            self.put_on_agenda(&alert_id, None, due);
            if let Some(feedback) = feedback {
                self.post(feedback, now);
            }
        }
        let (to_fetch, to_send): (Vec<OutgoingMessage>, Vec<OutgoingMessage>) = self
            .outbox
            .take(now)
            .into_iter()
            .partition(|message| message.channel == Channel::Notices);
        self.notices.extend(to_fetch.into_iter().map(|message| message.feedback));
        to_send
    }

    /// The state of all cases and deliveries.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report::of(&self.profile, self.cases.values());
        report.repeated = self.repeated;
        report.unreadable = self.unreadable;
        report.delivery = self.outbox.counts();
        report
    }

    fn post(&mut self, feedback: Feedback, now: Timestamp) {
        if let Some(channel) = self.channels.get(&feedback.alert_id) {
            self.outbox.post(channel.clone(), feedback, now);
        }
    }

    fn put_on_agenda(&mut self, alert_id: &str, before: Option<Timestamp>, due: Option<Timestamp>) {
        if let Some(before) = before {
            self.agenda.remove(&(before, alert_id.to_owned()));
        }
        if let Some(due) = due {
            self.agenda.insert((due, alert_id.to_owned()));
        }
    }

    /// An open case of the same type in the same grid.
    fn twin_of(&self, alert: &Alert) -> Option<String> {
        let is_twin = |case: &&Case| {
            case.end().is_none()
                && case.phase != Phase::Arrived
                && case.alert().kind.code == alert.kind.code
                && case.alert().grid_code() == alert.grid_code()
        };
        self.cases.values().find(is_twin).map(|case| case.alert().alert_id.clone())
    }
}
