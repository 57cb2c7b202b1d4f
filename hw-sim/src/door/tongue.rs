//! How a maker's doors say what they have to say.

use std::fmt;

use jiff::Timestamp;

use super::happening::Happening;

/// One thing that happened, as the door remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// What.
    pub happening: Happening,
    /// When, by the door's clock.
    pub at: Timestamp,
    /// Its number since the door was switched on.
    pub serial: u64,
}

/// A maker's protocol: a request that is answered with a stream of parts.
pub trait Tongue: fmt::Debug + Send + Sync + 'static {
    /// The path of the request.
    fn path(&self) -> &str;

    /// The header lines of the answer, each with its end.
    fn headers(&self) -> String;

    /// A sign of life.
    fn beat(&self, now: Timestamp) -> Vec<u8>;

    /// Something that happened, with all that belongs to it.
    fn event(&self, event: &Remembered) -> Vec<u8>;
}
