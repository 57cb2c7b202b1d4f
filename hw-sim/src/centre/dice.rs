//! Chance that can be played again: the same seed gives the same case the same fate, whatever else
//! happens in the centre meanwhile.

use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The throws of one case.
#[derive(Debug, Clone)]
pub struct Dice {
    seed: u64,
    subject: String,
    throws: u64,
}

impl Dice {
    /// The dice of `subject`, such as an alert's id.
    #[must_use]
    pub fn new(seed: u64, subject: &str) -> Self {
        Self { seed, subject: subject.to_owned(), throws: 0 }
    }

    /// 0 or more and less than 1, evenly.
    pub fn throw(&mut self) -> f64 {
        self.throws += 1;
        let mut sha = Sha256::new();
        sha.update(self.seed.to_be_bytes());
        sha.update(self.throws.to_be_bytes());
        sha.update(self.subject.as_bytes());
        let digest: [u8; 32] = sha.finalize().into();
        let [a, b, c, d, ..] = digest;
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether something comes about that comes about in `share` of all cases.
    pub fn comes(&mut self, share: Share) -> bool {
        self.throw() < share.0
    }
}

/// How often something comes about: 0 never, 1 always.
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
            Err(format!("a share is between 0 and 1, not {share}"))
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
    /// With the standard deviation of the logarithm.
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
                    return Err(format!("`sigma` is between 0 and 3, not {sigma}"));
                }
                (median_secs, Spread::LogNormal(sigma), cap_secs)
            }
        };
        if !(0.0..=3.2e7).contains(&median_secs) || !(median_secs..=3.2e7).contains(&cap_secs) {
            return Err(format!(
                "a delay is 0 s or more and its cap no less than its median and no more than a \
                 year, not {median_secs} s and {cap_secs} s"
            ));
        }
        Ok(Self { median_secs, spread, cap_secs })
    }
}

impl Delay {
    /// `speed` times as fast.
    #[must_use]
    pub fn hastened(self, speed: f64) -> Self {
        Self {
            median_secs: self.median_secs / speed,
            cap_secs: self.cap_secs / speed,
            spread: self.spread,
        }
    }

    /// How long it takes this time.
    pub fn draw(&self, dice: &mut Dice) -> Duration {
        let factor = match self.spread {
            Spread::None => 1.0,
            Spread::Exponential => -(1.0 - dice.throw()).ln() / std::f64::consts::LN_2,
            Spread::LogNormal(sigma) => (sigma * normal(dice)).exp(),
        };
        Duration::from_secs_f64((self.median_secs * factor).clamp(0.0, self.cap_secs))
    }
}

/// A standard normal number (Box and Muller).
fn normal(dice: &mut Dice) -> f64 {
    let radius = (-2.0 * (1.0 - dice.throw()).ln()).sqrt();
    radius * (std::f64::consts::TAU * dice.throw()).cos()
}
