//! A kind of rule on signals as configuration knows it: its name, its terms, and its way from terms
//! to settings.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::settings::{SignalRuleKind, SignalSettings};
use crate::kind_terms::properties;
use crate::reading::TermError;
use scene::{DoorEvent, SignalKind};

/// The longest span that a rule on signals can count in, in seconds: a day.
pub(super) const MAX_SPAN_SECS: u32 = 86_400;

/// The terms of one kind of rule on signals, as they are written. Every term is optional: what
/// nobody writes, the kind gives.
pub trait SignalTerms: DeserializeOwned + JsonSchema {
    /// The kind's name in configuration.
    const NAME: &'static str;
    /// What a rule of this kind is about, for editors.
    const MEANING: &'static str;
    /// Terms that exclude each other: the one that is written outdoes the inherited one.
    const RIVALS: &'static [[&'static str; 2]] = &[];
    /// Whether rules of this kind judge checkpoints; else devices.
    const OF_CHECKPOINTS: bool = false;
    /// What they are turned into.
    type Settings: SignalSettings + PartialEq;

    /// The settings; what is missing is noted in `errors`.
    fn settings(self, errors: &mut Vec<TermError>) -> Option<Self::Settings>;
}

/// One kind of rule on signals.
#[derive(Debug)]
pub struct Kind {
    name: &'static str,
    meaning: &'static str,
    rivals: &'static [[&'static str; 2]],
    of_checkpoints: bool,
    properties: Map<String, Value>,
    decode: Decode,
}

type Decode = fn(Value, &mut Vec<TermError>) -> Result<Option<SignalRuleKind>, serde_json::Error>;

impl Kind {
    /// The kind that has these terms.
    pub(super) fn of<T: SignalTerms>() -> Self {
        Self {
            name: T::NAME,
            meaning: T::MEANING,
            rivals: T::RIVALS,
            of_checkpoints: T::OF_CHECKPOINTS,
            properties: properties::<T>(),
            decode: |terms, errors| {
                Ok(T::deserialize(terms)?.settings(errors).map(SignalRuleKind::from))
            },
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What a rule of this kind is about, for editors.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        self.meaning
    }

    /// Whether its rules judge checkpoints; else devices.
    #[must_use]
    pub const fn is_of_checkpoints(&self) -> bool {
        self.of_checkpoints
    }

    /// The schema of one of its own terms; none if `term` means nothing to it.
    #[must_use]
    pub fn term(&self, term: &str) -> Option<&Value> {
        self.properties.get(term)
    }

    /// The schemas of all its own terms, by term.
    #[must_use]
    pub const fn properties(&self) -> &Map<String, Value> {
        &self.properties
    }

    /// The terms that exclude `term`: who writes one of them does not inherit `term`.
    pub fn rivals_of(&self, term: &str) -> impl Iterator<Item = &'static str> {
        let pairs = self.rivals.iter().filter(move |pair| pair.contains(&term));
        pairs.flatten().copied()
    }

    /// The settings that `terms` say. Terms of other kinds are passed over. Ranges that a schema
    /// cannot tell are checked by [`SignalSettings::fault`].
    ///
    /// # Errors
    /// Every term at fault.
    pub fn settings(
        &self,
        mut terms: Map<String, Value>,
    ) -> Result<SignalRuleKind, Vec<TermError>> {
        terms.retain(|term, _| self.properties.contains_key(term));
        let mut errors = Vec::new();
        let settings = (self.decode)(Value::Object(terms), &mut errors)
            .map_err(|error| vec![TermError::Unreadable(error.to_string())])?;
        settings.filter(|_| errors.is_empty()).ok_or(errors)
    }
}

/// What a signal is about, as rules name it.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum SignalName {
    DoorContact,
    Lock,
    Tamper,
    Smoke,
    ResidualCurrent,
    Temperature,
    WaterLevel,
}

impl SignalName {
    pub(super) const fn kind(self) -> SignalKind {
        match self {
            Self::DoorContact => SignalKind::DoorContact,
            Self::Lock => SignalKind::Lock,
            Self::Tamper => SignalKind::Tamper,
            Self::Smoke => SignalKind::Smoke,
            Self::ResidualCurrent => SignalKind::ResidualCurrent,
            Self::Temperature => SignalKind::Temperature,
            Self::WaterLevel => SignalKind::WaterLevel,
        }
    }
}

/// Something that happens at a door, as rules name it.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventName {
    ForcedOpen,
    HeldOpen,
    AccessGranted,
    ExitRequest,
    AccessDenied,
    Duress,
    Tailgating,
    FireRelease,
}

impl EventName {
    pub(super) const fn event(self) -> DoorEvent {
        match self {
            Self::ForcedOpen => DoorEvent::ForcedOpen,
            Self::HeldOpen => DoorEvent::HeldOpen,
            Self::AccessGranted => DoorEvent::AccessGranted,
            Self::ExitRequest => DoorEvent::ExitRequest,
            Self::AccessDenied => DoorEvent::AccessDenied,
            Self::Duress => DoorEvent::Duress,
            Self::Tailgating => DoorEvent::Tailgating,
            Self::FireRelease => DoorEvent::FireRelease,
        }
    }
}

/// For how long.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct HoldTerm {
    /// How long it must last before it is told; left out, 0: at once. Silence of the device does not
    /// count.
    #[schemars(range(min = 0, max = MAX_SPAN_SECS))]
    hold_secs: Option<u32>,
}

impl HoldTerm {
    pub(super) fn or_none(&self) -> Duration {
        self.hold_secs.map_or(Duration::ZERO, crate::terms::secs)
    }
}
