//! How a simulated door behaves.

use std::time::Duration;

use super::clock::DoorClock;

/// How a door behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// How often it gives a sign of life.
    pub beat_every: Duration,
    /// Its clock.
    pub clock: DoorClock,
    /// How many of its latest events it tells again to each new listener.
    pub repeats: usize,
    /// Whether all of its events have the same serial number.
    pub has_one_number: bool,
    /// How many may listen at once; others are answered 400.
    pub most_listeners: usize,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            beat_every: Duration::from_secs(10),
            clock: DoorClock::Right,
            repeats: 0,
            has_one_number: false,
            most_listeners: 4,
        }
    }
}
