//! From opening to closing: what a rule's verdicts mean for the one alert of its zone.

pub(crate) mod beside;
mod casework;
pub(crate) mod course;
pub(crate) mod day;
pub(crate) mod event;
pub(crate) mod history;
pub(crate) mod incident;
mod joint;
pub(crate) mod moment;
pub(crate) mod origin;
pub(crate) mod sensed;
pub(crate) mod settings;
pub(crate) mod silence;
