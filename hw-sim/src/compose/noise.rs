//! Sensor noise that is the same on every machine, so that a scene depends on its recipe only.

/// Variance of the sum of two independent numbers, each uniform in -0.5..0.5.
const VARIANCE: f64 = 1.0 / 6.0;

/// A stream of noise (SplitMix64: Steele, Lea, Flood, 2014). It is our own code because another
/// generator would change the pixels of every composed scene.
#[derive(Debug, Clone)]
pub(super) struct Noise {
    state: u64,
}

impl Noise {
    /// The stream of the picture with this number.
    pub(super) fn of_picture(number: u64) -> Self {
        Self { state: number.wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// The next value, with mean 0 and the given standard deviation.
    pub(super) fn next(&mut self, deviation: f64) -> f64 {
        (self.uniform() + self.uniform()) * deviation / VARIANCE.sqrt()
    }

    /// Uniform in -0.5..0.5.
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let top = u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap_or_default();
        f64::from(top) / f64::from(u32::MAX) - 0.5
    }
}
