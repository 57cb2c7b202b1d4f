//! Chance that can be repeated: with the same seed the same case takes the same course, whatever
//! else happens in the centre.
//!
//! The generator is our own because profiles promise the same course for a seed for years, and `rand`
//! keeps the values of its distributions only within one version.

use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// A stream of random numbers: SHA-256 of seed, name and a counter.
#[derive(Debug, Clone)]
pub struct SeededRandom {
    seed: u64,
    name: String,
    counter: u64,
}

impl SeededRandom {
    /// The stream called `name`, such as an alert's id.
    #[must_use]
    pub fn new(seed: u64, name: &str) -> Self {
        Self { seed, name: name.to_owned(), counter: 0 }
    }

    /// A number of 0 or more and less than 1, uniformly distributed.
    pub fn next_unit(&mut self) -> f64 {
        self.counter += 1;
        let mut sha = Sha256::new();
        sha.update(self.seed.to_be_bytes());
        sha.update(self.counter.to_be_bytes());
        sha.update(self.name.as_bytes());
        let digest: [u8; 32] = sha.finalize().into();
        let [a, b, c, d, ..] = digest;
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether something happens this time that happens in `share` of all cases.
    pub fn happens(&mut self, share: Share) -> bool {
        self.next_unit() < share.0
    }
}

/// How often something happens: 0 never, 1 always.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

impl Share {
    /// Always.
    pub const ALWAYS: Self = Self(1.0);
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(format!("a share must be between 0 and 1, not {share}"))
        }
    }
}

/// How long people take.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "WrittenDelay")]
pub struct Delay {
    median_secs: f64,
    spread: Spread,
    cap_secs: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Spread {
    None,
    Exponential,
    /// The number is the standard deviation of the logarithm.
    LogNormal(f64),
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum WrittenDelay {
    Fixed { secs: f64 },
    Exponential { median_secs: f64, cap_secs: f64 },
    LogNormal { median_secs: f64, sigma: f64, cap_secs: f64 },
}

impl TryFrom<WrittenDelay> for Delay {
    type Error = String;

    fn try_from(written: WrittenDelay) -> Result<Self, String> {
        let (median_secs, spread, cap_secs) = match written {
            WrittenDelay::Fixed { secs } => (secs, Spread::None, secs),
            WrittenDelay::Exponential { median_secs, cap_secs } => {
                (median_secs, Spread::Exponential, cap_secs)
            }
            WrittenDelay::LogNormal { median_secs, sigma, cap_secs } => {
                if !(0.0..=3.0).contains(&sigma) {
                    return Err(format!("`sigma` must be between 0 and 3, not {sigma}"));
                }
                (median_secs, Spread::LogNormal(sigma), cap_secs)
            }
        };
        if !(0.0..=3.2e7).contains(&median_secs) || !(median_secs..=3.2e7).contains(&cap_secs) {
            return Err(format!(
                "a delay must be 0 s or more, and its cap at least its median and at most a year, not \
                 {median_secs} s and {cap_secs} s"
            ));
        }
        Ok(Self { median_secs, spread, cap_secs })
    }
}

impl Delay {
    /// The same delay `speed` times as fast.
    #[must_use]
    pub fn at_speed(self, speed: f64) -> Self {
        Self {
            median_secs: self.median_secs / speed,
            cap_secs: self.cap_secs / speed,
            spread: self.spread,
        }
    }

    /// How long it takes this time.
    pub fn draw(&self, random: &mut SeededRandom) -> Duration {
        let factor = match self.spread {
            Spread::None => 1.0,
            Spread::Exponential => -(1.0 - random.next_unit()).ln() / std::f64::consts::LN_2,
            Spread::LogNormal(sigma) => (sigma * normal(random)).exp(),
        };
        Duration::from_secs_f64((self.median_secs * factor).clamp(0.0, self.cap_secs))
    }
}

/// A number of the standard normal distribution (Box and Muller).
fn normal(random: &mut SeededRandom) -> f64 {
    let radius = (-2.0 * (1.0 - random.next_unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.next_unit()).cos()
}
