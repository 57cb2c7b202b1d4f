//! What a look is judged by, and which part of that is left out.

use crate::noise::LEAST_NOISE;

/// A part of the judgement. An evaluation leaves one out to learn what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// The sway of the mast is undone.
    Alignment,
    /// What light explains is taken out: exposure, gamma, shadows, lamps.
    Light,
    /// Persons and vehicles hide what is behind them, and are no things.
    Persons,
    /// The border of a thing has edges that the reference has not, and they stand still.
    NewEdges,
    /// What begins to differ again and again is no thing: leaves, flags.
    Unrest,
    /// Light leaves the grain of the ground where it was, and a thing hides it.
    Grain,
    /// Noise raises what must be exceeded, and makes the median longer.
    Noise,
}

impl Cue {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Alignment,
        Self::Light,
        Self::Persons,
        Self::NewEdges,
        Self::Unrest,
        Self::Grain,
        Self::Noise,
    ];
}

/// Which cues count: all of them, unless one is left out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cues {
    left_out: Option<Cue>,
}

impl Cues {
    pub(crate) const fn without(cue: Cue) -> Self {
        Self { left_out: Some(cue) }
    }

    pub(crate) fn hold(self, cue: Cue) -> bool {
        self.left_out != Some(cue)
    }

    /// So much noise, if noise counts.
    pub(crate) fn noise(self, measured: f32) -> f32 {
        if self.hold(Cue::Noise) { measured } else { LEAST_NOISE }
    }
}
