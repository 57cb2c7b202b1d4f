//! The judge receives the alerts over MQTT as a command centre does, and compares them with the
//! truth. It reads alerts with code of its own, so that it does not share the gateway's mistakes.

pub(crate) mod console;
pub(crate) mod expectation;
pub(crate) mod journal;
pub(crate) mod message;
pub(crate) mod report;
pub(crate) mod score;
pub(crate) mod scorecard;
pub(crate) mod subscriber;

pub use crate::mqtt::{BrokerAddress, PemError};
pub use console::Console;
pub use expectation::{ClipSchedule, Expectation, expect};
pub use journal::{Arrival, Journal, Raise, Receipt};
pub use message::{
    AlertMessage, CaseEcho, ConfigNews, Detection, DeviceStatus, EventType, Evidence, Measured,
    OutputState, Place, Source, Times,
};
pub use report::{describe, table};
pub use score::{Row, RowKey, Score};
pub use scorecard::{Played, PlayedScenario, ScenarioLine, Scorecard, TypeLine};
pub use subscriber::{JudgeEvent, Subscriber};

#[cfg(test)]
mod tests;
