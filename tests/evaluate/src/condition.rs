//! What light, weather, sensor and mast do to a picture.

use std::sync::OnceLock;

use fastrand::Rng;

/// One table of noise for all pictures. Each stretch of a picture reads it from another place.
static NOISE: OnceLock<Vec<f32>> = OnceLock::new();
const NOISE_LENGTH: usize = 65_536;
const STRETCH: usize = 512;

/// One condition of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    Day,
    Dusk,
    Night,
    Infrared,
    Rain,
    LowBitrate,
    Blur,
    Ramp,
    Gamma,
    LightStep,
    Lamp,
    Sway,
    SoftShadow,
    HardShadow,
    CastShadow,
}

pub(crate) const CONDITIONS: [Condition; 15] = [
    Condition::Day,
    Condition::Dusk,
    Condition::Night,
    Condition::Infrared,
    Condition::Rain,
    Condition::LowBitrate,
    Condition::Blur,
    Condition::Ramp,
    Condition::Gamma,
    Condition::LightStep,
    Condition::Lamp,
    Condition::Sway,
    Condition::SoftShadow,
    Condition::HardShadow,
    Condition::CastShadow,
];

/// The quantiser of [`Condition::LowBitrate`]: about a tenth of a good camera's bits.
pub(crate) const LOW_BITRATE_QUANTISER: u32 = 38;

/// What is random in one run, drawn once.
#[derive(Clone, Copy)]
pub(crate) struct Chance {
    phase: f32,
    amount: f32,
    angle: f32,
    begin: f32,
}

impl Chance {
    /// What happens once, such as a lamp that goes on, happens within `span`, in seconds.
    pub(crate) fn drawn(span: std::ops::Range<f32>, rng: &mut Rng) -> Self {
        let (phase, amount) = (rng.f32(), rng.f32());
        let angle = rng.f32() * std::f32::consts::TAU;
        let begin = span.start + (span.end - span.start) * rng.f32();
        Self { phase, amount, angle, begin }
    }
}

impl Condition {
    /// As a table names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Dusk => "dusk",
            Self::Night => "night, colour and noise",
            Self::Infrared => "night, infrared, noise, dark rim",
            Self::Rain => "rain",
            Self::LowBitrate => "low bitrate, key frames",
            Self::Blur => "blur",
            Self::Ramp => "exposure ramp, burnt out",
            Self::Gamma => "gamma swing",
            Self::LightStep => "light step",
            Self::Lamp => "warm lamp goes on",
            Self::Sway => "mast sways",
            Self::SoftShadow => "soft shadow wanders",
            Self::HardShadow => "hard shadow creeps",
            Self::CastShadow => "hard shadow at once",
        }
    }

    /// How far the camera has swayed, in pixels.
    pub(crate) fn sway(self, look: f32, chance: Chance) -> (f32, f32) {
        if self != Self::Sway {
            return (0.0, 0.0);
        }
        let wave = |speed: f32| (look * speed + 7.0 * chance.phase).sin();
        ((2.0 + 3.0 * chance.amount) * wave(2.1), (1.0 + 2.0 * chance.amount) * wave(1.3))
    }

    /// Changes a picture of 0..=255 a channel, taken so many seconds after the first.
    pub(crate) fn apply(
        self,
        picture: &mut [f32],
        width: usize,
        (look, chance): (f32, Chance),
        rng: &mut Rng,
    ) {
        let all = |picture: &mut [f32], change: &dyn Fn(f32) -> f32| {
            for value in picture {
                *value = change(*value);
            }
        };
        let mut noise = 1.0;
        match self {
            Self::Day | Self::LowBitrate | Self::Sway => {}
            Self::Dusk => {
                all(picture, &|v| v * 0.42);
                noise = 4.0;
            }
            Self::Night => {
                all(picture, &|v| v * 0.22 + 6.0);
                noise = 5.0 + 4.0 * chance.amount;
            }
            Self::Infrared => {
                infrared(picture, width);
                noise = 8.0 + 5.0 * chance.amount;
            }
            Self::Rain => {
                rain(picture, width, rng);
                noise = 2.0;
            }
            Self::Blur => blur(picture, width, 1.6),
            Self::Ramp => {
                let up = ((look - chance.begin) / 12.0).clamp(0.0, 1.0);
                let down = ((look - chance.begin - 24.0) / 12.0).clamp(0.0, 1.0);
                let gain = 1.0 + (0.5 + 0.5 * chance.amount) * (up - down);
                all(picture, &|v| v * gain);
            }
            Self::Gamma => {
                let swing = 0.3 * (look * std::f32::consts::TAU / 30.0 + 6.0 * chance.phase).sin();
                let curve: [f32; 256] =
                    std::array::from_fn(|v| 255.0 * (v as f32 / 255.0).powf(1.0 + swing));
                all(picture, &|v| curve[(v.clamp(0.0, 255.0) + 0.5) as usize]);
            }
            Self::LightStep => {
                let gain = if look < chance.begin + 6.0 {
                    0.75
                } else {
                    1.25 - 0.9 * (chance.phase - 0.5)
                };
                all(picture, &|v| v * gain);
            }
            Self::Lamp | Self::SoftShadow | Self::HardShadow | Self::CastShadow => {
                shine(self, picture, width, look, chance);
            }
        }
        let table = NOISE.get_or_init(|| {
            let mut rng = Rng::with_seed(1);
            (0..NOISE_LENGTH + STRETCH).map(|_| gauss(&mut rng)).collect()
        });
        for stretch in picture.chunks_mut(STRETCH) {
            let from = rng.usize(..NOISE_LENGTH);
            for (value, dice) in stretch.iter_mut().zip(&table[from..]) {
                *value = (*value + noise * dice).clamp(0.0, 255.0);
            }
        }
    }
}

/// Light that differs over the picture.
fn shine(condition: Condition, picture: &mut [f32], width: usize, look: f32, chance: Chance) {
    let height = picture.len() / 3 / width;
    let (sin, cos) = chance.angle.sin_cos();
    let diagonal = (width as f32).hypot(height as f32);
    for y in 0..height {
        for x in 0..width {
            let (px, py) = (x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 2.0);
            let across = px * cos + py * sin;
            let along = py * cos - px * sin;
            let factor = match condition {
                // A cloud, or a crown of leaves, drifts over.
                Condition::SoftShadow => {
                    let at = diagonal * ((look / 60.0 + chance.phase) % 1.0 - 0.5);
                    let soft =
                        1.0 / (1.0 + ((across - at).abs() / (25.0 + 30.0 * chance.amount)).powi(4));
                    [1.0 - 0.5 * soft; 3]
                }
                // The shadow of a house, with a sharp rim, creeps on.
                Condition::HardShadow => {
                    let rim = diagonal * 0.3 * (chance.phase - 0.5) + 0.4 * look;
                    let lit = (across - rim).clamp(-0.7, 0.7) / 1.4 + 0.5;
                    [0.5 + 0.5 * lit; 3]
                }
                // The sun comes out: a tree or a sign throws a shadow at once, and stays.
                Condition::CastShadow => {
                    let middle = diagonal * 0.3 * (chance.phase - 0.5);
                    let wide = 8.0 + 40.0 * chance.amount;
                    let inside = (across - middle).abs() < wide && along > -0.1 * diagonal;
                    let begun = look >= chance.begin;
                    [if inside && begun { 0.55 } else { 1.0 }; 3]
                }
                // A warm lamp is switched on at the side.
                Condition::Lamp => {
                    let far = (across - 0.3 * diagonal).hypot(along) / (0.4 * diagonal);
                    let light = if look >= chance.begin { 0.9 / (1.0 + far * far) } else { 0.0 };
                    [0.6 + light * 1.1, 0.6 + light, 0.6 + light * 0.75]
                }
                _ => [1.0; 3],
            };
            for (value, factor) in picture[3 * (y * width + x)..][..3].iter_mut().zip(factor) {
                *value *= factor;
            }
        }
    }
}

/// A picture as under infrared lamps: grey, bright in the middle, dark at the rim.
fn infrared(picture: &mut [f32], width: usize) {
    let height = picture.len() / 3 / width;
    for (i, pixel) in picture.chunks_exact_mut(3).enumerate() {
        let x = (i % width) as f32 / width as f32 - 0.5;
        let y = (i / width) as f32 / height as f32 - 0.5;
        let light = 0.55 - 0.7 * (x * x + y * y);
        let grey = (0.4 * pixel[0] + 0.4 * pixel[1] + 0.2 * pixel[2]) * light;
        pixel.fill(grey);
    }
}

fn rain(picture: &mut [f32], width: usize, rng: &mut Rng) {
    let height = picture.len() / 3 / width;
    for _ in 0..width * height / 900 {
        let (x, y) = (rng.usize(..width), rng.usize(..height));
        for step in 0..8 + rng.usize(..10) {
            let (x, y) = (x + step / 5, y + step);
            if x < width && y < height {
                for value in &mut picture[3 * (y * width + x)..][..3] {
                    *value += (200.0 - *value) * 0.4;
                }
            }
        }
    }
}

/// A Gaussian blur.
fn blur(picture: &mut [f32], width: usize, sigma: f32) {
    let weights: Vec<f32> = (-4..=4).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = weights.iter().sum();
    let stride = 3 * width;
    let height = picture.len() / stride;
    let old = picture.to_vec();
    picture.fill(0.0);
    for (y, row) in picture.chunks_exact_mut(stride).enumerate() {
        for (k, weight) in weights.iter().enumerate() {
            let from = (y + k).saturating_sub(4).min(height - 1);
            for (out, value) in row.iter_mut().zip(&old[from * stride..]) {
                *out += weight / total * value;
            }
        }
    }
    let mut wide = vec![0.0; stride + 24];
    for row in picture.chunks_exact_mut(stride) {
        for (i, value) in wide.iter_mut().enumerate() {
            let x = (i / 3).saturating_sub(4).min(width - 1);
            *value = row[3 * x + i % 3];
        }
        row.fill(0.0);
        for (k, weight) in weights.iter().enumerate() {
            for (out, value) in row.iter_mut().zip(&wide[3 * k..]) {
                *out += weight / total * value;
            }
        }
    }
}

/// Nearly normal: mean 0, standard deviation 1.
fn gauss(rng: &mut Rng) -> f32 {
    let bits = rng.u64(..);
    let sum: u32 = (0..8).map(|i| u32::from((bits >> (8 * i)) as u8)).sum();
    (sum as f32 - 1020.0) / 209.0
}
