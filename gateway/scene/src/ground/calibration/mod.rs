//! A camera's ground plane, fitted to points of its picture whose places are known.

mod check;
mod error;
mod fit;
pub(super) mod pair;
#[cfg(test)]
mod tests;

use super::geodesy::{GeoPoint, LocalFrame};
use super::plane::{Fitted, GroundPlane};
use fit::Fit;
use pair::{FEWEST_PAIRS, Observed};

pub use error::CalibrationError;
pub use pair::Pair;

/// With at least this many pairs, a wrong one can be found: the others still check each other
/// without it.
const FEWEST_TO_BLAME: usize = 6;

/// How well the plane fits one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    /// Metres from the pair's place to where the plane puts its pixel.
    pub distance_m: f64,
    /// The same for the plane of all other pairs: what to expect where there is no pair. None with
    /// fewer than five pairs, or if the others alone do not determine a plane.
    pub left_out_m: Option<f64>,
}

/// A ground plane and how well it fits the pairs it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// From the picture to the ground.
    pub plane: GroundPlane,
    /// One for each pair, in their order.
    pub residuals: Vec<Residual>,
    /// Root of the residuals' mean square in metres; 0 with four pairs, which always fit exactly.
    pub rms_m: f64,
}

impl Calibration {
    /// The plane that fits 4 to 32 pairs best: least squares in metres, each pair weighted by what
    /// half a metre of map error and a quarter of a per cent of pixel error mean where it lies.
    ///
    /// # Errors
    /// [`CalibrationError`], naming the pair, if the pairs are too few or too alike, contradict
    /// each other, or describe no camera that looks down on the ground.
    pub fn fit(pairs: &[Pair]) -> Result<Self, CalibrationError> {
        check::pairs(pairs)?;
        let frame = LocalFrame::at(middle(pairs));
        let observed: Vec<Observed> = pairs
            .iter()
            .map(|pair| Observed {
                x: f64::from(pair.picture.x),
                y: f64::from(pair.picture.y),
                ground: frame.metres(pair.place),
            })
            .collect();
        check::spread(&observed)?;
        let fit = Fit::sound(&observed).map_err(|refusal| blame(&observed, refusal))?;
        let residuals: Vec<Residual> = observed
            .iter()
            .enumerate()
            .map(|(index, pair)| Residual {
                distance_m: fit.miss_m(pair).unwrap_or(f64::INFINITY),
                left_out_m: left_out_m(&observed, index),
            })
            .collect();
        let squares: f64 = residuals.iter().map(|residual| residual.distance_m.powi(2)).sum();
        let rms_m = (squares / residuals.len() as f64).sqrt();
        let Fit { centre, parameters, covariance } = fit;
        let plane = GroundPlane::from_fit(&Fitted { frame, centre, parameters, covariance });
        Ok(Self { plane, residuals, rms_m })
    }
}

/// The mean of all places.
fn middle(pairs: &[Pair]) -> GeoPoint {
    let count = pairs.len().max(1) as f64;
    let sum = |degrees: fn(&Pair) -> f64| pairs.iter().map(degrees).sum::<f64>() / count;
    GeoPoint {
        longitude: sum(|pair| pair.place.longitude),
        latitude: sum(|pair| pair.place.latitude),
    }
}

/// All pairs but one.
fn without(observed: &[Observed], index: usize) -> Vec<Observed> {
    let (before, after) = observed.split_at(index);
    before.iter().chain(after.iter().skip(1)).copied().collect()
}

fn left_out_m(observed: &[Observed], index: usize) -> Option<f64> {
    if observed.len() <= FEWEST_PAIRS {
        return None;
    }
    let others = without(observed, index);
    check::spread(&others).ok()?;
    Fit::of(&others).ok()?.miss_m(observed.get(index)?)
}

/// The pair to blame: without it all others agree, and without any other pair they agree far less.
/// If no pair stands out, the first finding remains.
fn blame(observed: &[Observed], refusal: CalibrationError) -> CalibrationError {
    if observed.len() < FEWEST_TO_BLAME {
        return refusal;
    }
    let suspect = |index: usize| {
        let others = without(observed, index);
        check::spread(&others).ok()?;
        let fit = Fit::sound(&others).ok()?;
        let misses = others.iter().filter_map(|pair| fit.miss_m(pair));
        let left_m = misses.map(|miss_m| miss_m * miss_m).sum::<f64>().sqrt();
        let distance_m = observed.get(index).and_then(|pair| fit.miss_m(pair));
        Some((left_m, CalibrationError::WrongPair { pair: index, distance_m }))
    };
    let mut suspects: Vec<_> = (0..observed.len()).filter_map(suspect).collect();
    suspects.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    match suspects.as_slice() {
        [(_, culprit)] => *culprit,
        [(least_m, culprit), (next_m, _), ..] if least_m * 2.0 < *next_m => *culprit,
        _ => refusal,
    }
}
