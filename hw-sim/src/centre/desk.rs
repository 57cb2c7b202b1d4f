//! The centre's desk: one case for each alert, all of them at once, and the mail. Pure, as a case
//! is: it hears, it is woken, it never asks a clock and never waits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::case::{Case, Phase, Turn};
use super::feedback::{Answer, Feedback};
use super::mail::{Letter, Mail};
use super::profile::Profile;
use super::report::Report;
use super::{Alert, Channel};

/// What the centre made of an alert's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A case was opened.
    Opened,
    /// News for a case that is known.
    News,
    /// Known already: the same message, or an older one.
    Repeated,
    /// It was over before the centre ever heard of it.
    TooLate,
}

/// All cases of a centre.
#[derive(Debug, Clone)]
pub struct Desk {
    profile: Profile,
    cases: BTreeMap<String, Case>,
    channels: BTreeMap<String, Channel>,
    /// Cases by the time at which they are due.
    agenda: BTreeSet<(Timestamp, String)>,
    mail: Mail,
    /// What waits to be fetched, in the order of its time.
    notices: Vec<Feedback>,
    repeated: usize,
    unreadable: usize,
}

impl Desk {
    /// An empty desk in the city of `profile`.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        let mail = Mail::new(profile.mischief, profile.seed);
        Self {
            profile,
            cases: BTreeMap::new(),
            channels: BTreeMap::new(),
            agenda: BTreeSet::new(),
            mail,
            notices: Vec::new(),
            repeated: 0,
            unreadable: 0,
        }
    }

    /// The city.
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

    /// A message of an alert arrived by `channel`, by which the case's feedback goes back.
    pub fn hear(&mut self, alert: Alert, channel: Channel, now: Timestamp) -> Heard {
        let alert_id = alert.alert_id.clone();
        if let Some(case) = self.cases.get_mut(&alert_id) {
            if alert.seq <= case.alert().seq {
                self.repeated += 1;
                return Heard::Repeated;
            }
            let due_before = case.due_at;
            case.hear(alert, &self.profile, now);
            let due = case.due_at;
            self.put_on_agenda(&alert_id, due_before, due);
            return Heard::News;
        }
        if alert.is_closed() {
            return Heard::TooLate;
        }
        let twin = self.twin_of(&alert);
        let mut case = Case::open(alert, self.cases.len() + 1, twin, &self.profile, now);
        // Nobody says over HTTP that a scene is cleared.
        case.sees_scene &= channel != Channel::Notices;
        self.put_on_agenda(&alert_id, None, case.due_at);
        self.cases.insert(alert_id.clone(), case);
        self.channels.insert(alert_id, channel);
        Heard::Opened
    }

    /// A payload in an alert's place that is none.
    pub fn hear_unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// A gateway's answer about `alert_id`.
    pub fn answered(&mut self, alert_id: &str, answer: &Answer) {
        self.mail.answered(alert_id, answer);
    }

    /// A payload in an answer's place that is none.
    pub fn answered_unreadably(&mut self, topic: &str, reason: &str) {
        self.mail.fault(format!("{topic}: {reason}"));
    }

    /// Feedback that was sent and has no answer so far.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.mail.unanswered()
    }

    /// What waits to be fetched: notices stay until they are signed for.
    #[must_use]
    pub fn notices(&self) -> &[Feedback] {
        &self.notices
    }

    /// A notice was signed for. Gives whether it waited.
    pub fn sign(&mut self, msg_id: &str) -> bool {
        let waiting = self.notices.len();
        self.notices.retain(|notice| notice.msg_id != msg_id);
        self.mail.signed(msg_id);
        self.notices.len() < waiting
    }

    /// When there is something to do, if ever.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let agenda = self.agenda.first().map(|(at, _)| *at);
        [agenda, self.mail.due_at()].into_iter().flatten().min()
    }

    /// Does all that is due, and gives the mail that goes out now. What is to be fetched is put
    /// among the notices.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Letter> {
        while let Some((due, alert_id)) = self.agenda.first().cloned()
            && due <= now
        {
            self.agenda.remove(&(due, alert_id.clone()));
            let Some(case) = self.cases.get_mut(&alert_id) else { continue };
            let said = case.wake(Turn { profile: &self.profile, now });
            let due = case.due_at;
            self.put_on_agenda(&alert_id, None, due);
            if let Some(said) = said {
                self.post(said, now);
            }
        }
        let (letters, notices): (Vec<Letter>, Vec<Letter>) =
            self.mail.take(now).into_iter().partition(|letter| letter.channel != Channel::Notices);
        self.notices.extend(notices.into_iter().map(|letter| letter.feedback));
        letters
    }

    /// What became of everything.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = Report::of(&self.profile, self.cases.values());
        report.repeated = self.repeated;
        report.unreadable = self.unreadable;
        report.mail = self.mail.correspondence();
        report
    }

    fn post(&mut self, feedback: Feedback, now: Timestamp) {
        if let Some(channel) = self.channels.get(&feedback.alert_id) {
            self.mail.post(channel.clone(), feedback, now);
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
