//! The simulated case centre (指挥中心): takes alerts up as cases, sends them round as a city does,
//! and tells the gateway what becomes of them.
//!
//! It has its own idea of alerts and of feedback, as the judge has, so that a mistake of the gateway
//! is not shared. The gateway's second look (核查) is what closes its cases; some of its people say
//! "handled" though nothing was done, and it counts which of those are found out.

pub mod alert;
mod case;
mod course;
mod desk;
mod dice;
mod event;
pub mod feedback;
mod line;
mod mail;
pub mod page;
pub mod profile;
mod report;
mod run;
mod scoring;

pub use alert::Alert;
pub use case::{Case, End, Moment};
pub use desk::{Desk, Heard};
pub use dice::{Delay, Dice, Share};
pub use event::{Event, Flow, InvalidFlow, Step};
pub use feedback::{Answer, Feedback};
pub use line::{Line, LineError, LineSettings, News};
pub use mail::{Correspondence, Letter};
pub use profile::{Profile, ProfileError};
pub use report::{FalseCloses, Report, end_word, loop_word, whistle_word};
pub use run::{Centre, RunError};

/// How a case's feedback reaches its gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// By MQTT, under the gateway's topic prefix.
    Gateway(String),
    /// As notices that the gateway fetches.
    Notices,
}

#[cfg(test)]
mod tests;
