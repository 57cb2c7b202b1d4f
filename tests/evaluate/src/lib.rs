//! How well the three incidents are detected, judged on the gateway's own code at the pace of the machine:
//! hours of a camera in minutes.
//!
//! ```text
//! clip ─▶ things laid in ─▶ light, weather, sensor ─▶ YUV ─▶ eye::Onlooker ─▶ gridwhistle::RehearsedCamera ─▶ alerts
//!                                                           detector,        tracker, rules, assessor
//!                                                           class-free watch
//! ```
//!
//! The rules say when they want the next picture, as they do in the gateway. What is not the gateway's own:
//! sessions, decoding and the ledger are left out. `hw-sim score` plays all of that, in real time.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels and counts of pictures of known size"
)]

mod ablation;
mod cable;
mod case;
mod clip;
mod condition;
mod cutout;
mod empty;
mod evaluation;
mod fallible;
mod film;
mod incident;
mod lens;
mod material;
mod photo;
mod place;
mod player;
mod report;
mod run;
mod scene;
mod statistics;
mod thing;
mod verdict;

pub use evaluation::{Evaluation, Extent, Results};
