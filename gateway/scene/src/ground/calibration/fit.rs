//! The best homography through pairs of pixel and ground point.

use super::error::CalibrationError;
use super::pair::Observed;
use crate::ground::ground_point::GroundPoint;
use crate::ground::least_squares::{NormalEquations, PARAMETERS, Square, inverse};
use crate::ground::plane::slopes;

/// One standard deviation of a place read from a map or a survey, east and north.
const MAP_ERROR_M: f64 = 0.5;
/// One standard deviation of a pixel picked by hand, as a share of the picture: 2 to 5 pixels.
const PIXEL_ERROR: f64 = 0.0025;
/// A residual below this is nothing to worry about anywhere in a picture.
const HARMLESS_M: f64 = 3.0;
/// A residual of more standard deviations than this is a mistake, not an error of measurement.
const MOST_DEVIATIONS: f64 = 3.0;

const MOST_ROUNDS: usize = 60;
/// Below this share of the cost a round gains nothing.
const LEAST_GAIN: f64 = 1e-12;
/// Tried in this order until a step lowers the cost.
const DAMPINGS: [f64; 6] = [0.0, 1e-4, 1e-2, 1.0, 1e2, 1e4];

/// A homography about the mean of its pixels, where it has depth 1.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub(super) centre: [f64; 2],
    pub(super) parameters: [f64; PARAMETERS],
    pub(super) covariance: Square,
}

/// What one pair is expected to miss by: the lower triangular root of its covariance.
#[derive(Clone, Copy)]
struct Spread {
    east: f64,
    mixed: f64,
    north: f64,
}

impl Fit {
    /// The best fit, if it is that of a camera which looks down on the ground, and if no pair is far
    /// off it.
    pub(super) fn sound(observed: &[Observed]) -> Result<Self, CalibrationError> {
        let fit = Self::of(observed)?;
        fit.check_camera(observed)?;
        fit.check_residuals(observed)?;
        Ok(fit)
    }

    /// The best fit by Gauss and Newton's steps from the linear one.
    pub(super) fn of(observed: &[Observed]) -> Result<Self, CalibrationError> {
        let mut fit = Self::linear(observed)?;
        let freedom = 2.0 * observed.len() as f64 - PARAMETERS as f64;
        for _ in 0..MOST_ROUNDS {
            let spreads = fit.spreads(observed)?;
            let (equations, cost) = fit.normal_equations(observed, &spreads)?;
            // If the pairs miss by more than expected, the plane is less certain than expected.
            let excess = if freedom > 0.0 { cost / freedom } else { 1.0 };
            fit.covariance = inverse(&equations.matrix)
                .ok_or(CalibrationError::Undetermined)?
                .map(|row| row.map(|entry| entry * excess.max(1.0)));
            let better = DAMPINGS.iter().find_map(|damping| {
                let next = fit.moved(&equations.solve(*damping)?);
                let (_, next_cost) = next.normal_equations(observed, &spreads).ok()?;
                (next_cost < cost * (1.0 - LEAST_GAIN)).then_some(next)
            });
            match better {
                Some(next) => fit = next,
                None => break,
            }
        }
        Ok(fit)
    }

    /// The direct linear transformation: exact for exact pairs, and a start for others.
    fn linear(observed: &[Observed]) -> Result<Self, CalibrationError> {
        let count = observed.len().max(1) as f64;
        let mean = |of: fn(&Observed) -> f64| observed.iter().map(of).sum::<f64>() / count;
        let centre = [mean(|pair| pair.x), mean(|pair| pair.y)];
        let mut equations = NormalEquations::new();
        for pair in observed {
            let [east, north] = slopes([pair.x - centre[0], pair.y - centre[1]], 1.0, pair.ground);
            equations.add(pair.ground.east_m, &east, 1.0);
            equations.add(pair.ground.north_m, &north, 1.0);
        }
        let parameters = equations.solve(0.0).ok_or(CalibrationError::Undetermined)?;
        Ok(Self { centre, parameters, covariance: [[0.0; PARAMETERS]; PARAMETERS] })
    }

    fn moved(&self, step: &[f64; PARAMETERS]) -> Self {
        let mut next = self.clone();
        for (parameter, by) in next.parameters.iter_mut().zip(step) {
            *parameter += by;
        }
        next
    }

    /// Depth of a pixel (1 at the centre, 0 at the horizon) and where on the ground it lies.
    fn project(&self, x: f64, y: f64) -> (f64, GroundPoint) {
        let [a, b, c, d, e, f, g, h] = self.parameters;
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        let depth = g * x + h * y + 1.0;
        let east_m = (a * x + b * y + c) / depth;
        (depth, GroundPoint { east_m, north_m: (d * x + e * y + f) / depth })
    }

    /// Metres from a pair's place to where the plane puts its pixel; none above the horizon.
    pub(super) fn miss_m(&self, pair: &Observed) -> Option<f64> {
        let (depth, ground) = self.project(pair.x, pair.y);
        (depth > 0.0).then(|| ground.distance_m(pair.ground))
    }

    /// How east and north change with x, and with y, at a pair's pixel.
    fn scale(&self, pair: &Observed) -> [[f64; 2]; 2] {
        let [a, b, _, d, e, _, g, h] = self.parameters;
        let (depth, GroundPoint { east_m, north_m }) = self.project(pair.x, pair.y);
        [
            [(a - east_m * g) / depth, (d - north_m * g) / depth],
            [(b - east_m * h) / depth, (e - north_m * h) / depth],
        ]
    }

    fn spreads(&self, observed: &[Observed]) -> Result<Vec<Spread>, CalibrationError> {
        let in_front = |(index, pair): (usize, &Observed)| {
            let (depth, _) = self.project(pair.x, pair.y);
            let above = CalibrationError::AboveHorizon { pair: index };
            (depth > 0.0).then(|| Spread::of(self.scale(pair))).ok_or(above)
        };
        observed.iter().enumerate().map(in_front).collect()
    }

    /// The normal equations and the cost: summed squares of all residuals in standard deviations.
    fn normal_equations(
        &self,
        observed: &[Observed],
        spreads: &[Spread],
    ) -> Result<(NormalEquations, f64), CalibrationError> {
        let (mut equations, mut cost) = (NormalEquations::new(), 0.0);
        for ((index, pair), spread) in observed.iter().enumerate().zip(spreads) {
            let (depth, ground) = self.project(pair.x, pair.y);
            if depth <= 0.0 {
                return Err(CalibrationError::AboveHorizon { pair: index });
            }
            let centred = [pair.x - self.centre[0], pair.y - self.centre[1]];
            let [east, north] = slopes(centred, depth, ground);
            let (east_left, north_left) =
                (pair.ground.east_m - ground.east_m, pair.ground.north_m - ground.north_m);
            let (east_left, north_left) = spread.whiten(east_left, north_left);
            let mut slopes = [[0.0; PARAMETERS]; 2];
            for (index, (east, north)) in east.into_iter().zip(north).enumerate() {
                (slopes[0][index], slopes[1][index]) = spread.whiten(east, north);
            }
            equations.add(east_left, &slopes[0], 1.0);
            equations.add(north_left, &slopes[1], 1.0);
            cost += east_left * east_left + north_left * north_left;
        }
        Ok((equations, cost))
    }

    /// A camera sees the ground from above, and the picture's lower edge shows ground.
    fn check_camera(&self, observed: &[Observed]) -> Result<(), CalibrationError> {
        if let Some(pair) = observed.iter().position(|pair| self.project(pair.x, pair.y).0 <= 0.0) {
            return Err(CalibrationError::AboveHorizon { pair });
        }
        // Seen from above, what lies to the right in the picture lies clockwise of what lies up.
        let mirrored = |pair: &Observed| {
            let [across, along] = self.scale(pair);
            across[0] * along[1] - across[1] * along[0] >= 0.0
        };
        if observed.first().is_some_and(mirrored) {
            return Err(CalibrationError::Mirrored);
        }
        // Below the horizon depth grows with nearness, and what is lower in the picture is nearer.
        // For a camera that looks straight down it may be slightly the other way round.
        let depth = |x: f64, y: f64| self.project(x, y).0;
        let shows_ground = depth(0.0, 1.0) > 0.0 && depth(1.0, 1.0) > 0.0;
        let is_upright = depth(0.5, 0.0) < 2.0 * depth(0.5, 1.0);
        if shows_ground && is_upright { Ok(()) } else { Err(CalibrationError::UpsideDown) }
    }

    fn check_residuals(&self, observed: &[Observed]) -> Result<(), CalibrationError> {
        let worst = observed.iter().enumerate().filter_map(|(pair, observed)| {
            let distance_m = self.miss_m(observed)?;
            let deviation_m = Spread::of(self.scale(observed)).deviation_m();
            let limit_m = HARMLESS_M.max(MOST_DEVIATIONS * deviation_m);
            let refusal = CalibrationError::Inconsistent { pair, distance_m, limit_m };
            (distance_m > limit_m).then_some((distance_m / limit_m, refusal))
        });
        match worst.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
            Some((_, refusal)) => Err(refusal),
            None => Ok(()),
        }
    }
}

impl Spread {
    /// Map and pixel error together; `across` and `along` say how the ground changes with x and y.
    fn of([across, along]: [[f64; 2]; 2]) -> Self {
        let term = |i: usize, j: usize| {
            PIXEL_ERROR * PIXEL_ERROR * (across[i] * across[j] + along[i] * along[j])
        };
        let map = MAP_ERROR_M * MAP_ERROR_M;
        let east = (map + term(0, 0)).sqrt();
        let mixed = term(0, 1) / east;
        Self { east, mixed, north: (map + term(1, 1) - mixed * mixed).sqrt() }
    }

    /// Metres east and north in standard deviations, independent of each other.
    fn whiten(self, east: f64, north: f64) -> (f64, f64) {
        let east = east / self.east;
        (east, (north - self.mixed * east) / self.north)
    }

    /// One standard deviation, all directions together.
    fn deviation_m(self) -> f64 {
        self.east.hypot(self.mixed).hypot(self.north)
    }
}
