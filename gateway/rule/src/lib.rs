//! Rules: what must be seen, where and for how long, before it is an incident. Pure: no clock, no
//! disk, no network.
//!
//! Each kind of rule on pictures is one file under [`kind`], each kind on signals one under [`signal`];
//! the rest is what several kinds share.

mod attendants;
mod cable_course;
mod cable_looks;
mod company;
mod coverage;
mod credit;
mod crop_looks;
mod footprint;
mod keepsake;
pub mod kind;
mod kind_settings;
mod kind_terms;
mod likelihood;
mod look;
mod memory;
mod micros;
mod misreading;
mod overlap;
mod presence;
mod ranges;
mod reach;
mod reading;
mod rule;
mod rule_kind;
mod sampling;
mod scenery;
pub mod schedule;
pub mod signal;
mod slug;
mod sought;
mod spans;
mod spot;
mod spots;
#[cfg(test)]
mod stage;
mod tally;
mod terms;
mod things;
mod things_kept;
mod trail;
mod unseen;
mod verdict;
mod view;
mod wording;
mod zone;

pub use keepsake::{Keepsake, Sight};
pub use kind_settings::{KindSettings, Wanted};
pub use kind_terms::{Kind, KindTerms};
pub use likelihood::Likelihood;
pub use micros::micros;
pub use presence::Presence;
pub use ranges::Fault;
pub use reach::Reach;
pub use reading::{ModelScores, Reading, Site, TermError};
pub use rule::Rule;
pub use rule_kind::RuleKind;
pub use sampling::{Phase, Sampling};
pub use slug::{Slug, SlugError};
pub use sought::Sought;
pub use verdict::{CableFinding, Finding, Subject, Verdict};
pub use view::View;
pub use zone::Zone;
