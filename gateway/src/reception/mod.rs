//! Who is let in to a server that faces the network, how many at a time, and for how long.

mod guests;
mod http;
mod refusals;
mod seldom;

pub(crate) use guests::{Crowd, Guest, Reception};
pub(crate) use http::{VisitLimits, Visited, serve_http};
pub(crate) use refusals::RefusalLog;
pub(crate) use seldom::Seldom;
