//! For tests: inputs changed at random, thousands a second, and what becomes of them.
//!
//! `cargo fuzz` needs a nightly compiler, which our machines do not have. So this is a fuzzer of our
//! own. It changes what is in the corpus at random, by a seed that is printed. It does not see which
//! branches are taken. Instead a target says in a few words what an input came to, and an input that
//! came to something new is changed further.

mod campaign;
mod corpus;
mod hang;
mod json;
mod minimise;
mod mutation;
mod panics;
mod plan;
mod rtsp_stream;
mod target;

pub use campaign::{Report, run};
pub use panics::{Panic, PanicSite};
pub use plan::Plan;
pub use target::{Executor, Shape, Target};
