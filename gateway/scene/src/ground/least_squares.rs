//! Small dense linear algebra: the normal equations of a fit with eight parameters.
//!
//! Own code, not a linear algebra crate: the size is fixed, nothing is allocated, and a hundred lines
//! are all that one calibration needs.

/// How many numbers a homography has, its scale left out.
pub(super) const PARAMETERS: usize = 8;

/// A matrix, row by row.
pub(super) type Square = [[f64; PARAMETERS]; PARAMETERS];

/// Below this share of the largest entry a pivot is rounding noise.
const SMALLEST_PIVOT: f64 = 1e-14;

/// The sums of a least-squares problem: `matrix * step = gradient` has the best step.
pub(super) struct NormalEquations {
    pub(super) matrix: Square,
    pub(super) gradient: [f64; PARAMETERS],
}

impl NormalEquations {
    pub(super) const fn new() -> Self {
        Self { matrix: [[0.0; PARAMETERS]; PARAMETERS], gradient: [0.0; PARAMETERS] }
    }

    /// Adds one observation: its residual, the slope of the residual with each parameter, and its
    /// weight.
    pub(super) fn add(&mut self, residual: f64, slope: &[f64; PARAMETERS], weight: f64) {
        for (row, a) in self.matrix.iter_mut().zip(slope) {
            for (entry, b) in row.iter_mut().zip(slope) {
                *entry += weight * a * b;
            }
        }
        for (sum, a) in self.gradient.iter_mut().zip(slope) {
            *sum += weight * a * residual;
        }
    }

    /// The best step, each diagonal entry raised by the share `damping` (Levenberg and Marquardt).
    /// None if the observations do not determine it.
    pub(super) fn solve(&self, damping: f64) -> Option<[f64; PARAMETERS]> {
        let mut matrix = self.matrix;
        for (index, row) in matrix.iter_mut().enumerate() {
            row[index] *= 1.0 + damping;
        }
        let inverse = inverse(&matrix)?;
        Some(inverse.map(|row| dot(&row, &self.gradient)))
    }
}

/// The inverse of a symmetric, positive matrix by Gauss and Jordan's elimination; none if it has
/// none. Rows and columns are scaled to a diagonal of ones first, as parameters may differ by orders
/// of magnitude.
pub(super) fn inverse(matrix: &Square) -> Option<Square> {
    let mut scale = [0.0; PARAMETERS];
    for (index, row) in matrix.iter().enumerate() {
        // NaN and 0 alike leave a parameter undetermined.
        scale[index] = Some(row[index]).filter(|entry| *entry > 0.0)?.sqrt().recip();
    }
    let mut left = *matrix;
    let mut right: Square = [[0.0; PARAMETERS]; PARAMETERS];
    for (index, row) in left.iter_mut().enumerate() {
        for (entry, other) in row.iter_mut().zip(scale) {
            *entry *= scale[index] * other;
        }
        right[index][index] = 1.0;
    }
    for column in 0..PARAMETERS {
        let size = |row: &usize| left[*row][column].abs();
        let pivot = (column..PARAMETERS).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        if size(&pivot) < SMALLEST_PIVOT {
            return None;
        }
        left.swap(column, pivot);
        right.swap(column, pivot);
        let by = left[column][column].recip();
        left[column] = left[column].map(|entry| entry * by);
        right[column] = right[column].map(|entry| entry * by);
        let (left_pivot, right_pivot) = (left[column], right[column]);
        for row in (0..PARAMETERS).filter(|row| *row != column) {
            let times = left[row][column];
            subtract(&mut left[row], &left_pivot, times);
            subtract(&mut right[row], &right_pivot, times);
        }
    }
    for (index, row) in right.iter_mut().enumerate() {
        for (entry, other) in row.iter_mut().zip(scale) {
            *entry *= scale[index] * other;
        }
    }
    Some(right)
}

/// `vector * matrix * vector`; at least 0, as it is for every covariance.
pub(super) fn quadratic_form(matrix: &Square, vector: &[f64; PARAMETERS]) -> f64 {
    let products = matrix.map(|row| dot(&row, vector));
    dot(&products, vector).max(0.0)
}

fn dot(a: &[f64; PARAMETERS], b: &[f64; PARAMETERS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn subtract(row: &mut [f64; PARAMETERS], pivot: &[f64; PARAMETERS], times: f64) {
    for (entry, pivot) in row.iter_mut().zip(pivot) {
        *entry -= times * pivot;
    }
}

#[cfg(test)]
mod tests {
    use super::{NormalEquations, PARAMETERS, dot, inverse};

    /// Eight observations of a known answer, on scales eight orders apart.
    fn problem() -> (NormalEquations, [f64; PARAMETERS]) {
        let answer = [1.0, -2.0, 3e-3, 400.0, 5e4, -6.0, 0.7, 8e-4];
        let mut equations = NormalEquations::new();
        for i in 0_i32..12 {
            let slope: [f64; PARAMETERS] = std::array::from_fn(|j| {
                let power = i32::try_from(j).unwrap();
                (f64::from((i + 1) * (power + 2) * (power + i + 3)) * 0.37).sin() / answer[j]
            });
            equations.add(dot(&slope, &answer), &slope, 1.0 + f64::from(i));
        }
        (equations, answer)
    }

    #[test]
    fn a_known_answer_is_found() {
        let (equations, answer) = problem();
        for (found, expected) in equations.solve(0.0).unwrap().iter().zip(answer) {
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let (NormalEquations { matrix, .. }, _) = problem();
        let inverse = inverse(&matrix).unwrap();
        for (i, row) in matrix.iter().enumerate() {
            for j in 0..PARAMETERS {
                let entry: f64 = dot(row, &inverse.map(|row| row[j]));
                let scale = (matrix[i][i] / matrix[j][j]).sqrt();
                assert!((entry - if i == j { 1.0 } else { 0.0 }).abs() < 1e-9 * scale.max(1.0));
            }
        }
    }

    #[test]
    fn what_is_not_determined_has_no_answer() {
        let mut equations = NormalEquations::new();
        assert!(equations.solve(0.0).is_none());
        for i in 1..=7 {
            let slope = std::array::from_fn(|j| if j < 7 { f64::from(i * 3).sin() } else { 1.0 });
            equations.add(1.0, &slope, 1.0);
        }
        assert!(equations.solve(0.0).is_none());
    }
}
