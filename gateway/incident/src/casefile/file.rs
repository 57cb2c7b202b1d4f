//! The file of one case: all that the case system has said of an alert, as one state.
//!
//! It is a fold over the *set* of messages in the order of their `seq`. The same set makes the same
//! file, in any order of arrival and with any repetition. There is one message of each `seq`: the
//! desk keeps the first that came and answers any other as a duplicate.

use std::collections::BTreeMap;

use rule::Slug;
use scene::CaptureTime;
use uuid::Uuid;

use super::feedback::{
    CaseEvent, CaseFeedback, Deadlines, Label, Reason, VerifyMode, VerifyTerms, Whistle,
};
use crate::alert::action::CloseReason;
use crate::alert::case_echo::{CaseEcho, CaseStage};

/// From one message of a case to the next, `seq` leaps by no more than this: a case has fewer
/// messages. A number beyond it is a mistake, and would make all that follows look late.
pub const MAX_SEQ_GAP: u64 = 1_000;

/// The newest of `seqs`, which rise: the last one that is reached from 1 without too wide a leap.
pub fn newest_seq(seqs: impl IntoIterator<Item = u64>) -> u64 {
    let near = |newest: &mut u64, seq: u64| {
        let is_near = seq <= newest.saturating_add(MAX_SEQ_GAP);
        is_near.then(|| {
            *newest = seq;
            seq
        })
    };
    seqs.into_iter().scan(0, near).last().unwrap_or(0)
}

/// Everything that the case system has said of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaseFile {
    /// The highest `seq` heard; 0 if nothing was heard.
    pub feedback_seq: u64,
    /// How far the case has come.
    pub stage: CaseStage,
    /// It was called a false alarm, and work on the case has not gone on since then. Closing or
    /// cancelling the case does not take the false alarm back.
    pub false_alarm: bool,
    /// The latest name of the case system.
    pub system: Option<String>,
    /// Its record of the case.
    pub rec_id: Option<String>,
    /// Its number of the task.
    pub task_num: Option<String>,
    /// The city's name of the step: the case system's word, or else the stage map's.
    pub stage_name: Option<String>,
    /// The case system follows this alert instead.
    pub merged_into: Option<Uuid>,
    /// The latest reason given.
    pub reason: Option<Reason>,
    /// The latest whistle.
    pub whistle: Option<Whistle>,
    /// By when the next steps are due.
    pub deadlines: Deadlines,
    /// Whether the alert was right, for later training.
    pub label: Option<Label>,
    /// The re-check that is wanted now.
    pub request: Option<CheckRequest>,
}

/// A request for a re-check: is it gone?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckRequest {
    /// The newest message that requests it.
    pub msg_id: Uuid,
    /// The `seq` of the first message that requested it since work on the case last went on.
    pub asked_by_seq: u64,
    /// How to check.
    pub terms: VerifyTerms,
}

/// Who has the alert in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseStatus {
    /// There is no case, or the case system rejected it: only the gateway follows the alert.
    Alone,
    /// The case system is working on the case.
    TakenUp,
    /// The case is over.
    Over(CloseReason),
}

/// A city's names for the stages of a case, by the event that brings it there.
pub type StageNames = BTreeMap<CaseEvent, String>;

impl CaseFile {
    /// The file that these messages make; a repeated message counts once.
    #[must_use]
    pub fn of<'a>(
        messages: impl IntoIterator<Item = &'a CaseFeedback>,
        names: &StageNames,
    ) -> Self {
        let mut messages: Vec<&CaseFeedback> = messages.into_iter().collect();
        messages.sort_by_key(|message| message.seq);
        messages.dedup_by_key(|message| message.seq);
        let newest = newest_seq(messages.iter().map(|message| message.seq));
        let mut file = Self::default();
        // An earlier version kept what leaps too far.
        for message in messages.into_iter().take_while(|message| message.seq <= newest) {
            file.take(message, names);
        }
        file
    }

    fn take(&mut self, message: &CaseFeedback, names: &StageNames) {
        self.feedback_seq = message.seq;
        self.system = Some(message.system.clone());
        replace(&mut self.rec_id, message.rec_id.as_ref());
        replace(&mut self.task_num, message.task_num.as_ref());
        replace(&mut self.merged_into, message.merged_into.as_ref());
        replace(&mut self.reason, message.reason.as_ref());
        replace(&mut self.whistle, message.whistle.as_ref());
        replace(&mut self.label, message.label.as_ref());
        self.deadlines.extend(&message.deadlines);
        let stage = message.event.stage();
        let name = message.stage_name.as_ref().or_else(|| names.get(&message.event));
        match (name, stage) {
            (Some(name), _) => self.stage_name = Some(name.clone()),
            (None, Some(_)) => self.stage_name = None,
            (None, None) => {}
        }
        self.stage = stage.unwrap_or(self.stage);
        self.false_alarm = match message.event {
            CaseEvent::FalseAlarm => true,
            event => self.false_alarm && !event.takes_up(),
        };
        match message.event {
            CaseEvent::Handled | CaseEvent::VerifyRequest => self.ask(message),
            _ if stage.is_some() => self.request = None,
            _ => {}
        }
    }

    fn ask(&mut self, message: &CaseFeedback) {
        let CaseFeedback { msg_id, seq, verify: terms, .. } = *message;
        let asked_by_seq = self.request.map_or(seq, |request| request.asked_by_seq);
        let wanted = terms.mode != VerifyMode::None;
        self.request = wanted.then_some(CheckRequest { msg_id, asked_by_seq, terms });
    }

    /// Who has the alert in hand.
    #[must_use]
    pub const fn status(&self) -> CaseStatus {
        if self.false_alarm {
            return CaseStatus::Over(CloseReason::FalseAlarm);
        }
        match self.stage {
            CaseStage::None | CaseStage::Rejected => CaseStatus::Alone,
            CaseStage::FalseAlarm => CaseStatus::Over(CloseReason::FalseAlarm),
            CaseStage::Merged => CaseStatus::Over(CloseReason::Merged),
            CaseStage::Closed => CaseStatus::Over(CloseReason::CaseClosed),
            CaseStage::Cancelled => CaseStatus::Over(CloseReason::CaseCancelled),
            _ => CaseStatus::TakenUp,
        }
    }

    /// What messages of the alert repeat of the case; none if nothing was heard.
    #[must_use]
    pub fn echo(&self) -> Option<CaseEcho> {
        (self.feedback_seq > 0).then(|| CaseEcho {
            system: self.system.as_deref().and_then(|name| Slug::new(name).ok()),
            rec_id: self.rec_id.clone(),
            task_num: self.task_num.clone(),
            stage: self.stage,
            stage_name: self.stage_name.clone(),
            feedback_seq: self.feedback_seq,
        })
    }
}

fn replace<T: Clone>(known: &mut Option<T>, told: Option<&T>) {
    if let Some(told) = told {
        *known = Some(told.clone());
    }
}

impl Deadlines {
    fn extend(&mut self, told: &Self) {
        let later = |known: &mut Option<CaptureTime>, told: Option<CaptureTime>| {
            *known = told.or(*known);
        };
        later(&mut self.accept_at, told.accept_at);
        later(&mut self.sign_at, told.sign_at);
        later(&mut self.handle_at, told.handle_at);
        later(&mut self.verify_at, told.verify_at);
    }
}

impl CaseEvent {
    /// The stage that it brings a case to, if it changes the stage.
    #[must_use]
    pub const fn stage(self) -> Option<CaseStage> {
        Some(match self {
            Self::Received => CaseStage::Received,
            Self::Accepted => CaseStage::Accepted,
            Self::Rejected => CaseStage::Rejected,
            Self::FalseAlarm => CaseStage::FalseAlarm,
            Self::Merged => CaseStage::Merged,
            Self::Dispatched => CaseStage::Dispatched,
            Self::Signed => CaseStage::Signed,
            Self::Handling => CaseStage::Handling,
            Self::Returned => CaseStage::Returned,
            Self::Postponed => CaseStage::Postponed,
            Self::Handled => CaseStage::Handled,
            Self::VerifyRequest => CaseStage::VerifyRequested,
            Self::Closed => CaseStage::Closed,
            Self::Reopened => CaseStage::Reopened,
            Self::Cancelled => CaseStage::Cancelled,
            Self::Whistle
            | Self::Press
            | Self::Supervise
            | Self::EvidenceRequest
            | Self::Evaluated => return None,
        })
    }

    /// Whether work on the case goes on with this event, even after a false alarm.
    const fn takes_up(self) -> bool {
        matches!(
            self,
            Self::Accepted
                | Self::Dispatched
                | Self::Signed
                | Self::Handling
                | Self::Returned
                | Self::Postponed
                | Self::Handled
                | Self::VerifyRequest
                | Self::Reopened
        )
    }
}
