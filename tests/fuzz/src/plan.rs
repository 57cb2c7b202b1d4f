//! For how long, with which dice, and which targets.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// A run of all targets.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The time for all targets together.
    pub lasts: Duration,
    /// The dice. The same seed changes the same inputs in the same way.
    pub seed: u64,
    /// Only targets whose name holds this.
    pub only: String,
    /// Whether to tell how it goes.
    pub is_told: bool,
    /// `corpus/TARGET/*` and `kept/TARGET/*` lie here.
    pub inputs: PathBuf,
    /// Where inputs that did harm are written.
    pub found: PathBuf,
    /// Places of panics that are known, as a [`PanicSite`](crate::PanicSite) is written. Their inputs
    /// are not made short again.
    pub known: Vec<String>,
}

impl Plan {
    /// As long as a test may take, unless the environment asks for more: `FUZZ_SECS` seconds in all,
    /// the dice `FUZZ_SEED` (or any, for a long run), only the targets of `FUZZ_TARGET`.
    #[must_use]
    pub fn from_environment(inputs: &Path, found: &Path) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        let secs = number("FUZZ_SECS");
        let any_seed = || if secs.is_some() { fastrand::u64(..) } else { 1 };
        Self {
            lasts: Duration::from_secs(secs.unwrap_or(10)),
            seed: number("FUZZ_SEED").unwrap_or_else(any_seed),
            only: std::env::var("FUZZ_TARGET").unwrap_or_default(),
            is_told: secs.is_some(),
            inputs: inputs.to_owned(),
            found: found.to_owned(),
            known: Vec::new(),
        }
    }
}
