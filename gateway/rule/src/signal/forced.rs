//! `forced`: a door opens although nobody was let in or out: for controllers that report contact and
//! credentials, and no forced opening themselves.
//!
//! A credential that was accepted, a button or a fire release excuses an opening for `grace_secs`; so
//! does a lock that is open. Messages overtake each other, so an opening is judged two seconds later.
//! An opening is a contact that was closed and is open: what a device says first, or after a silence,
//! is no opening.

use std::time::Duration;

use scene::{CaptureTime, DoorEvent, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hearing::Micros;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalSettings;
use super::terms::SignalTerms;
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// The longest time for which a credential opens a door.
const MAX_GRACE_SECS: u32 = 300;
/// How much later than the opening its excuse may come.
const PATIENCE: Duration = Duration::from_secs(2);
/// Doors that a fire released stay free for this time.
const FIRE_LASTS: Duration = Duration::from_mins(10);
/// The most openings that wait to be judged.
const MOST_OPENINGS: usize = 16;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ForcedTerms {
    /// For how long a credential, a button or a fire release excuses an opening; left out, 10.
    #[schemars(range(min = 1, max = MAX_GRACE_SECS))]
    grace_secs: Option<u32>,
    /// Points of the same device whose credentials and buttons also open this door; left out, only
    /// the door's own point.
    #[schemars(length(max = 16))]
    release_points: Option<Vec<String>>,
}

impl SignalTerms for ForcedTerms {
    const NAME: &'static str = "forced";
    const MEANING: &'static str = "a door opens although nobody was let in or out";
    type Settings = ForcedSettings;

    fn settings(self, _: &mut Vec<TermError>) -> Option<ForcedSettings> {
        Some(ForcedSettings {
            grace: secs(self.grace_secs.unwrap_or(10)),
            release_points: self.release_points.unwrap_or_default(),
        })
    }
}

/// What excuses an opening for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForcedSettings {
    /// How long before the opening it may have been released, 1 s to 5 min.
    pub grace: Duration,
    /// Points of the device that release the door, beside the door's own.
    pub release_points: Vec<String>,
}

impl SignalSettings for ForcedSettings {
    fn name(&self) -> &'static str {
        ForcedTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        let is_sound = (secs(1)..=secs(MAX_GRACE_SECS)).contains(&self.grace);
        (!is_sound).then_some(("grace", "1 second to 5 minutes"))
    }

    fn concerns(&self, signal: &Signal) -> bool {
        signal.kind() == SignalKind::DoorContact
    }

    fn has_scene(&self) -> bool {
        false
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Forced { settings: self.clone(), state: State::default() })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Forced {
    settings: ForcedSettings,
    state: State,
}

/// What it remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Whether the door is open; none if nobody knows.
    is_open: Option<bool>,
    /// Its lock is known to be open.
    is_unlocked: bool,
    /// The latest credential or button.
    #[serde(rename = "released_at_us")]
    released_at: Option<Micros>,
    /// The latest release by fire.
    #[serde(rename = "fire_at_us")]
    fire_at: Option<Micros>,
    /// Openings that are not judged yet, the earliest first.
    openings: Vec<Opening>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Opening {
    opened_at_us: Micros,
    is_excused: bool,
}

impl Forced {
    fn hear_contact(&mut self, reading: Reading, at: CaptureTime) {
        let Reading::Good(SignalValue::Flag(is_open)) = reading else {
            self.state.is_open = None;
            return;
        };
        if self.state.is_open.replace(is_open) == Some(false) && is_open {
            if self.state.openings.len() >= MOST_OPENINGS {
                self.state.openings.remove(0);
            }
            let is_excused = self.state.is_unlocked;
            self.state.openings.push(Opening { opened_at_us: at.into(), is_excused });
        }
    }

    fn hear_event(&mut self, event: DoorEvent, at: CaptureTime, own: bool, point: &str) {
        let releases = own || self.settings.release_points.iter().any(|it| it == point);
        match event {
            DoorEvent::AccessGranted | DoorEvent::ExitRequest if releases => {
                self.state.released_at = self.state.released_at.max(Some(at.into()));
                self.excuse(at, self.settings.grace);
            }
            // A fire releases all doors of a controller.
            DoorEvent::FireRelease => {
                self.state.fire_at = self.state.fire_at.max(Some(at.into()));
                self.excuse(at, FIRE_LASTS);
            }
            _ => {}
        }
    }

    /// What was released at `at` excuses openings up to `lasts` later, and just before.
    fn excuse(&mut self, at: CaptureTime, lasts: Duration) {
        for opening in &mut self.state.openings {
            opening.is_excused |= excuses(at, lasts, opening.opened_at_us.into());
        }
    }

    fn is_released(&self, opened_at: CaptureTime) -> bool {
        let by =
            |at: Option<Micros>, lasts| at.is_some_and(|at| excuses(at.into(), lasts, opened_at));
        by(self.state.released_at, self.settings.grace) || by(self.state.fire_at, FIRE_LASTS)
    }
}

/// Whether a release at `at` that lasts for so long excuses an opening.
fn excuses(at: CaptureTime, lasts: Duration, opened_at: CaptureTime) -> bool {
    opened_at.since(at) <= lasts && at.since(opened_at) <= PATIENCE
}

impl Judge for Forced {
    fn hear(&mut self, signal: &Signal, whose: Whose, moment: Moment) {
        let own = whose.is_own();
        match (signal.kind(), signal.reading()) {
            (SignalKind::DoorContact, reading) if own => self.hear_contact(reading, moment.at),
            (SignalKind::Lock, Reading::Good(SignalValue::Flag(is_locked))) if own => {
                self.state.is_unlocked = !is_locked;
            }
            // A doubtful release is one all the same: it opens nothing.
            (SignalKind::DoorEvent, reading) => {
                if let Some(SignalValue::Code(event)) = reading.value() {
                    self.hear_event(event, signal.captured_at(), own, &signal.source().point);
                }
            }
            _ => {}
        }
    }

    fn lose(&mut self) {
        (self.state.is_open, self.state.is_unlocked) = (None, false);
    }

    fn is_known(&self) -> bool {
        true
    }

    fn rest(&mut self, _: Moment) {
        self.state.openings.clear();
    }

    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        let is_ripe = |it: &Opening| moment.at.since(it.opened_at_us.into()) >= PATIENCE;
        let ripe: Vec<Opening> = self.state.openings.iter().copied().filter(is_ripe).collect();
        self.state.openings.retain(|opening| !is_ripe(opening));
        let is_forced = |it: &&Opening| !it.is_excused && !self.is_released(it.opened_at_us.into());
        match ripe.iter().find(is_forced) {
            Some(opening) => SignalVerdict::Met(SignalFinding {
                since_at: opening.opened_at_us.into(),
                dwell: Duration::ZERO,
                count: 1,
            }),
            None if self.state.openings.is_empty() => SignalVerdict::Clear,
            None => SignalVerdict::Candidate,
        }
    }

    fn stands(&self, _: Moment) -> Option<bool> {
        None
    }

    fn due(&self, moment: Moment) -> Option<Due> {
        let first = self.state.openings.first()?;
        let waited = moment.at.since(first.opened_at_us.into());
        Some(Due::Passed(PATIENCE.saturating_sub(waited)))
    }

    fn step_back(&mut self, at: CaptureTime) {
        let at = Micros::from(at);
        self.state.released_at = self.state.released_at.map(|it| it.min(at));
        self.state.fire_at = self.state.fire_at.map(|it| it.min(at));
        for opening in &mut self.state.openings {
            opening.opened_at_us = opening.opened_at_us.min(at);
        }
    }

    fn describe(&self, _: &SignalFinding) -> String {
        format!("门被打开，此前{}秒内无放行记录", self.settings.grace.as_secs())
    }

    fn measurement(&self) -> Measurement {
        let value = self.state.is_open.map(SignalValue::Flag);
        Measurement { kind: SignalKind::DoorContact, value, limit: None, counted: None }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(ForcedTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(ForcedTerms::NAME, memory);
        let is_own = read.is_some();
        self.state = read.unwrap_or_default();
        is_own
    }
}
