//! The simulated case centre (指挥中心): it opens a case for each alert, handles cases as a city
//! does, and tells the gateway what becomes of them.
//!
//! It reads alerts and writes feedback with code of its own, as the judge does, so that it does not
//! share the gateway's mistakes. The gateway's re-check (核查) closes its cases. Some of its people
//! report "handled" though nothing was done, and it counts how many of these reports are caught.

pub mod alert;
pub(crate) mod broker_link;
pub(crate) mod case;
pub(crate) mod chance;
pub(crate) mod channel;
pub(crate) mod event;
pub mod feedback;
mod outbox;
pub mod page;
pub mod profile;
pub(crate) mod register;
pub(crate) mod report;
pub(crate) mod run;
mod scoring;
mod workflow;

pub use alert::Alert;
pub use broker_link::{BrokerLink, BrokerLinkError, BrokerLinkSettings, LinkEvent};
pub use case::{Case, End, TimelineEntry};
pub use chance::{Delay, SeededRandom, Share};
pub use channel::Channel;
pub use event::{Event, Flow, FlowError, Step};
pub use feedback::{Answer, Feedback};
pub use outbox::{DeliveryCounts, OutgoingMessage};
pub use profile::{Profile, ProfileError};
pub use register::{AlertOutcome, CaseRegister};
pub use report::{FalseCloses, Report, end_word, loop_word, whistle_word};
pub use run::{Centre, CentreError};

#[cfg(test)]
mod tests;
