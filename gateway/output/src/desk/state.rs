//! What the desk knows: each output with its judge and its guard, fire, and what waits to be done.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::{Backoff, metrics};

use crate::desk::outlets::Outlets;
use crate::fire::Fire;
use crate::judge::{Around, Judge};
use crate::news::{AlertNews, Turn};
use crate::note::{Note, What};
use crate::process::GuardProcess;
use crate::protocol::Order;
use crate::settings::{Mode, Settings, Way};
use crate::standing::Standing;
use crate::status::{OutputState, OutputStatus};

/// Alerts that wait to be judged; the oldest gives way.
const MOST_NEWS: usize = 256;
/// What was done, and waits to be written down.
const MOST_NOTES: usize = 4096;

/// What moves an output.
#[derive(Default)]
pub(super) struct Hand {
    /// The guard at work, if it has one.
    pub(super) guard: Option<Arc<GuardProcess>>,
    /// Tells a guard's reports from those of the one before.
    pub(super) generation: u64,
    /// When the next guard is started.
    pub(super) start_at: Option<Instant>,
    pub(super) backoff: Backoff,
    /// What is to be written down once it has let go, and since when that is waited for.
    pub(super) owed: Option<Note>,
    pub(super) owed_at: Option<Instant>,
}

/// One output.
pub(super) struct Output {
    pub(super) judge: Judge,
    pub(super) hand: Hand,
    shown: Option<OutputStatus>,
}

/// All of it.
pub(super) struct State {
    pub(super) outputs: BTreeMap<String, Output>,
    pub(super) fire: Fire,
    pub(super) news: VecDeque<AlertNews>,
    pub(super) notes: VecDeque<Note>,
    /// The latest alerts that are over and may come back.
    over: VecDeque<String>,
    pub(super) orders: u64,
    /// All is being let go for good: nothing is put to work any more.
    pub(super) is_stopping: bool,
    /// All is written down that will be.
    pub(super) is_over: bool,
    /// Guards so far: the number of the latest.
    pub(super) generations: u64,
    /// What guards of outputs that were taken out still owe, by generation.
    pub(super) leaving: BTreeMap<u64, Note>,
    /// What earlier outputs of an id had been held, so that an edit forgets nothing.
    earlier: BTreeMap<String, Judge>,
}

impl State {
    pub(super) fn new(fire_file: &Path, now: Instant) -> Self {
        Self {
            outputs: BTreeMap::new(),
            fire: Fire::load(fire_file, now),
            news: VecDeque::new(),
            notes: VecDeque::new(),
            over: VecDeque::new(),
            orders: 0,
            is_stopping: false,
            is_over: false,
            generations: 0,
            leaving: BTreeMap::new(),
            earlier: BTreeMap::new(),
        }
    }

    /// The ids of outputs at work that are not so in `outputs`.
    pub(super) fn other_than(&self, outputs: &[Settings]) -> Vec<String> {
        let is_same = |id: &str, output: &Output| {
            outputs.iter().any(|settings| settings.id == id && *settings == output.judge.settings)
        };
        self.outputs
            .iter()
            .filter(|(id, output)| !is_same(id, output))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Puts an output to work; whether it is not there yet.
    pub(super) fn take_in(&mut self, settings: &Settings, now: Instant) -> bool {
        if self.is_stopping || self.outputs.contains_key(&settings.id) {
            return false;
        }
        let mut judge = Judge::new(settings.clone());
        if let Some(earlier) = self.earlier.remove(&settings.id) {
            judge.inherit(&earlier);
        }
        let mut hand = Hand::default();
        if matches!(settings.way, Way::Modbus(_)) && settings.may_move() {
            hand.start_at = Some(now);
            judge.fault = Some("its guard has not let go once yet".to_owned());
        }
        self.outputs.insert(settings.id.clone(), Output { judge, hand, shown: None });
        true
    }

    /// Takes an output out and lets it go; gives its guard, which does that.
    pub(super) fn take_out(
        &mut self,
        id: &str,
        outlets: &Outlets,
        is_gone: bool,
        now: Instant,
    ) -> Option<Arc<GuardProcess>> {
        self.let_go(id, "the gateway stops, or the output was edited", outlets, now);
        let Output { judge, mut hand, .. } = self.outputs.remove(id)?;
        self.earlier.insert(id.to_owned(), judge);
        if is_gone {
            (outlets.withdraw)(id);
        }
        if let Some(note) = hand.owed.take() {
            self.leaving.insert(hand.generation, note);
        }
        hand.guard.inspect(|guard| guard.leave())
    }

    /// Hears of an alert. One that was over and is there again counts as opened: the e-bike came back.
    pub(super) fn hear(&mut self, mut news: AlertNews) {
        if self.outputs.is_empty() {
            return;
        }
        match news.turn {
            Turn::Over if !self.over.contains(&news.alert_id) => {
                self.over.push_back(news.alert_id.clone());
                if self.over.len() > MOST_NEWS {
                    self.over.pop_front();
                }
            }
            Turn::Goes if self.over.contains(&news.alert_id) => news.turn = Turn::Opened,
            _ => {}
        }
        if news.turn == Turn::Opened {
            self.over.retain(|alert_id| *alert_id != news.alert_id);
        }
        if self.news.len() >= MOST_NEWS {
            self.news.pop_front();
            metrics::output_news_dropped();
        }
        self.news.push_back(news);
    }

    /// Lets all go because of fire.
    pub(super) fn let_all_go(&mut self, outlets: &Outlets, now: Instant) {
        let because = self.fire.words(now).unwrap_or_else(|| "the fire alarm is over".to_owned());
        let ids: Vec<String> = self.outputs.keys().cloned().collect();
        ids.iter().for_each(|id| self.let_go(id, &because, outlets, now));
        self.show_all(outlets, now);
    }

    /// Lets an output go, if it is held or about to be. That coils are let go is written down once their
    /// guard has read them back.
    pub(super) fn let_go(&mut self, id: &str, because: &str, outlets: &Outlets, now: Instant) {
        let Some(Output { judge, hand, .. }) = self.outputs.get_mut(id) else { return };
        let was_moved = !matches!(judge.standing, Standing::Noting(_));
        let Some(held) = judge.end(because, now) else { return };
        let what = if was_moved { What::Released } else { What::Refused };
        let note = Note::of(&judge.settings, &held.alert_id, what).because(because);
        match &hand.guard {
            Some(guard) if was_moved => {
                // One that is gone has let go, or the next one will.
                drop(guard.tell(&Order::Release));
                judge.fault = Some("it has not said yet that it has let go".to_owned());
                (hand.owed, hand.owed_at) = (Some(note), Some(now));
            }
            _ => self.write(note),
        }
        self.show(id, outlets, now);
    }

    /// Has something written down.
    pub(super) fn write(&mut self, note: Note) {
        metrics::output_step(&note.output, note.what.word());
        if self.notes.len() >= MOST_NOTES {
            self.notes.pop_front();
            metrics::output_note_dropped();
        }
        self.notes.push_back(note);
    }

    /// What is so around an output.
    pub(super) fn around(&self, settings: &Settings, outlets: &Outlets, now: Instant) -> Around {
        let unheard = settings.fire_devices.iter().find_map(|device| {
            let why = (outlets.unheard)(device)?;
            Some(format!("{device}, which tells of fire, is not heard: {why}"))
        });
        Around { fire: self.fire.words(now), unheard }
    }

    pub(super) fn show_all(&mut self, outlets: &Outlets, now: Instant) {
        let ids: Vec<String> = self.outputs.keys().cloned().collect();
        ids.iter().for_each(|id| self.show(id, outlets, now));
    }

    /// Tells how an output is, if that is not what was told last.
    pub(super) fn show(&mut self, id: &str, outlets: &Outlets, now: Instant) {
        let Some(status) = self.status(id, outlets, now) else { return };
        let Some(output) = self.outputs.get_mut(id) else { return };
        if output.shown.as_ref() != Some(&status) {
            metrics::output_held(id, status.status == OutputState::Held);
            (outlets.show)(&status);
            output.shown = Some(status);
        }
    }

    pub(super) fn statuses(&self, outlets: &Outlets, now: Instant) -> Vec<OutputStatus> {
        self.outputs.keys().filter_map(|id| self.status(id, outlets, now)).collect()
    }

    fn status(&self, id: &str, outlets: &Outlets, now: Instant) -> Option<OutputStatus> {
        let Judge { settings, standing, fault, released_because, .. } =
            &self.outputs.get(id)?.judge;
        let missing = settings.approved.missing();
        let around = self.around(settings, outlets, now);
        let (status, reason) = match (settings.mode, standing) {
            (Mode::Off, _) => (OutputState::Off, None),
            (Mode::Test, _) => (OutputState::Test, missing),
            (Mode::Live, _) if missing.is_some() => (OutputState::Unapproved, missing),
            (Mode::Live, Standing::Held(_)) => (OutputState::Held, None),
            (Mode::Live, _) if around.objection().is_some() => {
                (OutputState::Blocked, around.objection().map(|words| coarse(words).to_owned()))
            }
            (Mode::Live, _) if fault.is_some() => (OutputState::Faulty, fault.clone()),
            (Mode::Live, _) => (OutputState::Released, released_because.clone()),
        };
        let held = standing.held().filter(|_| status == OutputState::Held);
        Some(OutputStatus {
            id: id.to_owned(),
            name: settings.name.clone(),
            status,
            action: settings.action,
            mode: settings.mode,
            reason,
            alert_id: held.map(|held| held.alert_id.clone()),
            held_at: held.map(|held| held.times[0].clone()),
            release_at: held.map(|held| held.times[1].clone()),
            hold_secs: held.map(|_| settings.hold.as_secs()),
        })
    }

    /// When something is due by time alone.
    pub(super) fn wake_after(&self, now: Instant) -> Duration {
        const LONGEST: Duration = Duration::from_millis(200);
        let times = self.outputs.values().flat_map(|output| {
            let held = output.judge.standing.held().map(|held| held.until);
            held.into_iter().chain(output.hand.start_at)
        });
        // What is past waits for a guard, and that wakes us.
        let next = times.filter_map(|at| at.checked_duration_since(now)).min().unwrap_or(LONGEST);
        next.clamp(Duration::from_millis(5), LONGEST)
    }
}

/// Words without the seconds that are left, so that a topic does not change all the time.
fn coarse(words: &str) -> &str {
    words
        .strip_prefix("the last fire alarm")
        .map_or(words, |_| "there was a fire alarm in the last half hour")
}
