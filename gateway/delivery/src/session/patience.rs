//! How long a broker may take over an answer. It outlasts connections.

use std::time::Duration;

/// A broker that is slow for good gets this many times as long as the setting says. Not more: one that
/// hangs holds up the next address of the list for as long.
const MOST: u32 = 4;

/// How long a broker may take over an answer. A connection that ends because it took longer doubles it:
/// each connection sends all again from the oldest message on, so a broker that is slower than
/// that would never get ahead.
#[derive(Debug)]
pub(crate) struct Patience {
    usual: Duration,
    times: u32,
}

impl Patience {
    /// As long as the setting says.
    pub(crate) const fn new(usual: Duration) -> Self {
        Self { usual, times: 1 }
    }

    /// How long an answer may take now.
    pub(crate) fn now(&self) -> Duration {
        self.usual * self.times
    }

    /// A connection ended because it took longer.
    pub(crate) fn lengthen(&mut self) {
        self.times = (2 * self.times).min(MOST);
    }

    /// An answer took so long: half of the time is enough, if it came within that.
    pub(crate) fn hear(&mut self, took: Duration) {
        if self.times > 1 && took <= self.now() / 2 {
            self.times /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Patience;

    #[test]
    fn it_grows_while_answers_are_late_and_shrinks_only_as_far_as_they_allow() {
        let secs = Duration::from_secs;
        let mut patience = Patience::new(secs(20));
        patience.lengthen();
        patience.hear(secs(30));
        assert_eq!(patience.now(), secs(40), "a broker that needs 30 s keeps its 40");
        (0..5).for_each(|_| patience.lengthen());
        assert_eq!(patience.now(), secs(80), "it has an end");
        for (took, now) in [(41, 80), (15, 40), (25, 40), (1, 20), (1, 20)] {
            patience.hear(secs(took));
            assert_eq!(patience.now(), secs(now), "{took} s");
        }
    }
}
