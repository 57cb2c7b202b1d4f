//! A camera in whose zones nothing is in sight.

use std::time::Duration;

use scene::BoundingBox;

/// Nothing is in sight of any rule of a camera. A look may then do without the detector if these parts of the
/// picture are as they were when it last looked: it would find the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// Where the rules look, normalised.
    pub zones: Vec<BoundingBox>,
    /// So seldom it may look while nothing changes.
    pub longest: Duration,
    /// So seldom a picture is needed at all while nothing is known to happen: what comes unnoticed is seen so much
    /// later.
    pub longest_look: Duration,
}

impl Quiet {
    /// Of no rule at all.
    pub(crate) const NOTHING: Self =
        Self { zones: Vec::new(), longest: Duration::MAX, longest_look: Duration::MAX };

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.zones.extend(other.zones);
        Self {
            longest: self.longest.min(other.longest),
            longest_look: self.longest_look.min(other.longest_look),
            ..self
        }
    }
}
