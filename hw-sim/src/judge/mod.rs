//! The judge: hears the alerts over MQTT as a command centre would, and holds them against the
//! truth. It has its own idea of what an alert is, so that a mistake of the gateway is not shared.

mod expectation;
mod hearing;
mod journal;
mod message;
mod report;
mod score;
mod scorecard;
mod subscriber;

pub use expectation::{Expectation, Showing, expect};
pub use hearing::Hearing;
pub use journal::{Arrival, Journal, Raise, Receipt};
pub use message::{
    AlertMessage, CaseEcho, ConfigNews, Detection, DeviceStatus, EventType, Evidence, Place,
    Source, Times,
};
pub use report::{describe, table};
pub use score::{Row, Score, Subject};
pub use scorecard::{PlayedScenario, ScenarioLine, Scorecard, TypeLine};
pub use subscriber::{BrokerAddress, Heard, Subscriber, SubscriberError};

#[cfg(test)]
mod tests;
