//! For tests: inputs changed at random, thousands a second, and what becomes of them.
//!
//! `cargo fuzz` needs a nightly compiler, which our machines do not have. So this is a fuzzer of our
//! own. It changes what is in the corpus at random, by a seed that is printed. It does not see which
//! branches are taken. Instead a target says in a few words what an input came to, and an input that
//! came to something new is changed further.

mod cameras;
mod campaign;
mod corpus;
mod execution;
mod hang;
mod inputs;
mod json;
mod manner;
mod minimise;
mod mutation;
mod panics;
mod plan;
mod report;
mod rtsp_stream;
mod script;
mod target;
mod words;

pub use cameras::Cameras;
pub use campaign::run;
pub use manner::Manner;
pub use panics::{Panic, PanicSite};
pub use plan::Plan;
pub use report::Report;
pub use script::Script;
pub use target::{Executor, Run, Session, Sessions, Shape, Target};
pub use words::RTSP_WORDS;
