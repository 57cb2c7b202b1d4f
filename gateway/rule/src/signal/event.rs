//! `event`: so many of these events at a door within so long: a credential that is refused again and
//! again, a door that is forced.
//!
//! Events come and are over. Nothing of them stands there to be checked again, so a person must
//! check; the alert clears when no more come.

use std::time::Duration;

use scene::{CaptureTime, DoorEvent, Reading, Signal, SignalKind, SignalValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hearing::Micros;
use super::judge::{Due, Judge, Moment, Whose};
use super::settings::SignalSettings;
use super::terms::{EventName, MAX_SPAN_SECS, SignalTerms};
use super::verdict::{Measurement, SignalFinding, SignalVerdict};
use super::words;
use crate::memory;
use crate::ranges::Fault;
use crate::reading::TermError;
use crate::terms::secs;

/// The most events that a window may ask for, and the most that are remembered.
const MAX_COUNT: u32 = 1_000;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct EventTerms {
    /// Which events at doors count.
    #[schemars(length(min = 1, max = 8))]
    events: Option<Vec<EventName>>,
    /// How many must come within `within_secs`; left out, 1.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    count: Option<u32>,
    /// `event`: the time in which `count` events must come; left out, 60. `absent`: after how long
    /// without a sign it is told; left out, 1800.
    #[schemars(range(min = 1, max = MAX_SPAN_SECS))]
    within_secs: Option<u32>,
}

impl SignalTerms for EventTerms {
    const NAME: &'static str = "event";
    const MEANING: &'static str = "so many events at a door within so long";
    type Settings = EventSettings;

    fn settings(self, errors: &mut Vec<TermError>) -> Option<EventSettings> {
        let events = self.events.unwrap_or_default();
        if events.is_empty() {
            errors.push(TermError::Lacking { term: "events" });
            return None;
        }
        Some(EventSettings {
            events: events.into_iter().map(EventName::event).collect(),
            count: self.count.unwrap_or(1),
            within: secs(self.within_secs.unwrap_or(60)),
        })
    }
}

/// How many of which events within how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSettings {
    /// Any of these counts.
    pub events: Vec<DoorEvent>,
    /// Events that make an incident, 1 to 1000.
    pub count: u32,
    /// They must lie within this time, 1 s to 24 h.
    pub within: Duration,
}

impl SignalSettings for EventSettings {
    fn name(&self) -> &'static str {
        EventTerms::NAME
    }

    fn fault(&self) -> Option<Fault> {
        if self.events.is_empty() {
            Some(("events", "at least one event"))
        } else if !(1..=MAX_COUNT).contains(&self.count) {
            Some(("count", "1 to 1000"))
        } else if !(secs(1)..=secs(MAX_SPAN_SECS)).contains(&self.within) {
            Some(("within", "1 second to 24 hours"))
        } else {
            None
        }
    }

    fn concerns(&self, signal: &Signal) -> bool {
        signal.kind() == SignalKind::DoorEvent
    }

    fn has_scene(&self) -> bool {
        false
    }

    fn judge(&self) -> Box<dyn Judge> {
        Box::new(Counted { settings: self.clone(), state: State::default(), fresh: None })
    }
}

/// The rule at work.
#[derive(Debug)]
struct Counted {
    settings: EventSettings,
    state: State,
    /// An event that was not judged yet.
    fresh: Option<Micros>,
}

/// What it remembers: what happened, the earliest first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    happened: Vec<Happened>,
    latest: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Happened {
    happened_at_us: Micros,
}

impl State {
    /// Takes in an event; some may have been stored in the device and come late.
    fn add(&mut self, at: Micros, within: Duration) {
        let place = self.happened.partition_point(|it| it.happened_at_us <= at);
        self.happened.insert(place, Happened { happened_at_us: at });
        let newest = self.happened.last().map(|it| CaptureTime::from(it.happened_at_us));
        // A window that holds one that comes late reaches back as far again.
        let oldest = newest.map(|at| Micros::from(at.before(within.saturating_mul(2))));
        self.happened.retain(|it| Some(it.happened_at_us) >= oldest);
        let most = usize::try_from(MAX_COUNT).unwrap_or(usize::MAX);
        self.happened.drain(..self.happened.len().saturating_sub(most));
    }

    /// The fullest window that holds the event at `fresh`: its first and last event, and how many.
    fn fullest(&self, fresh: Micros, within: Duration) -> Option<(CaptureTime, CaptureTime, u32)> {
        let times = self.happened.iter().map(|it| CaptureTime::from(it.happened_at_us));
        let fresh = CaptureTime::from(fresh);
        let ends = times.clone().filter(|end| *end >= fresh && end.since(fresh) <= within);
        let windows = ends.filter_map(|end| {
            let inside = || times.clone().filter(|at| *at <= end && end.since(*at) <= within);
            let count = u32::try_from(inside().count()).unwrap_or(u32::MAX);
            Some((inside().next()?, end, count))
        });
        windows.max_by_key(|(_, end, count)| (*count, *end))
    }
}

impl Judge for Counted {
    fn hear(&mut self, signal: &Signal, whose: Whose, _: Moment) {
        let Reading::Good(SignalValue::Code(event)) = signal.reading() else { return };
        if whose.is_own() && self.settings.events.contains(&event) {
            let at = Micros::from(signal.captured_at());
            self.state.latest = Some(event.word().to_owned());
            self.state.add(at, self.settings.within);
            self.fresh = Some(at);
        }
    }

    fn lose(&mut self) {}

    fn is_known(&self) -> bool {
        true
    }

    fn rest(&mut self, _: Moment) {
        self.state.happened.clear();
        self.fresh = None;
    }

    /// Met by each event that makes its window full.
    fn verdict(&mut self, moment: Moment) -> SignalVerdict {
        let window = self.fresh.take().and_then(|at| self.state.fullest(at, self.settings.within));
        if let Some((since_at, end_at, count)) = window
            && count >= self.settings.count
        {
            let dwell = end_at.since(since_at);
            return SignalVerdict::Met(SignalFinding { since_at, dwell, count });
        }
        let is_over =
            |it: &Happened| moment.at.since(it.happened_at_us.into()) > self.settings.within;
        if self.state.happened.iter().all(is_over) {
            SignalVerdict::Clear
        } else {
            SignalVerdict::Candidate
        }
    }

    fn stands(&self, _: Moment) -> Option<bool> {
        None
    }

    fn due(&self, _: Moment) -> Option<Due> {
        None
    }

    fn step_back(&mut self, at: CaptureTime) {
        for it in &mut self.state.happened {
            it.happened_at_us = it.happened_at_us.min(at.into());
        }
    }

    fn describe(&self, finding: &SignalFinding) -> String {
        let latest = self.state.latest.as_deref().and_then(DoorEvent::of_word);
        let event = latest.or(self.settings.events.first().copied());
        let event = event.map_or("门禁事件", words::event);
        if self.settings.count > 1 {
            return format!("{}秒内{event}{}次", self.settings.within.as_secs(), finding.count);
        }
        format!("门禁报告{event}")
    }

    fn measurement(&self) -> Measurement {
        let value = self.state.latest.as_deref().and_then(DoorEvent::of_word);
        let EventSettings { count, within, .. } = self.settings;
        Measurement {
            kind: SignalKind::DoorEvent,
            value: value.map(SignalValue::Code),
            limit: None,
            counted: Some((count, within)),
        }
    }

    fn memory(&self) -> Result<Value, serde_json::Error> {
        memory::write(EventTerms::NAME, &self.state)
    }

    fn restore(&mut self, memory: &Value) -> bool {
        let read = memory::read(EventTerms::NAME, memory);
        let is_own = read.is_some();
        (self.state, self.fresh) = (read.unwrap_or_default(), None);
        is_own
    }
}
