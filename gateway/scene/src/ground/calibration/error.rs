//! Why pairs make no calibration, and which pair is to blame.

/// Why pairs make no calibration. Pairs count from 0 here and from 1 in the messages, which
/// call them points, as configurations do.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// Fewer pairs than a plane needs.
    #[error("a plane needs at least 4 points, found {0}; 6 or more let it check itself")]
    TooFewPairs(usize),
    /// The pixel lies outside the picture or is not a number.
    #[error("the pixel of point {} lies outside the picture", .pair + 1)]
    OutsidePicture {
        /// The pair.
        pair: usize,
    },
    /// The degrees are out of range.
    #[error(
        "point {} is nowhere on Earth: expected a longitude within -180 to 180 and a latitude \
         within -90 to 90 degrees; were the two swapped?", .pair + 1
    )]
    NotOnEarth {
        /// The pair.
        pair: usize,
    },
    /// Far from all others.
    #[error(
        "point {} lies {:.1} km from the others: look for a wrong digit in its degrees",
        .pair + 1, .distance_m / 1000.0
    )]
    FarAway {
        /// The pair.
        pair: usize,
        /// From the middle of the others.
        distance_m: f64,
    },
    /// Read from a map with shifted coordinates.
    #[error(
        "point {} lies {distance_m:.0} m from the others, as if read from a map in GCJ-02 \
         (火星坐标, 460 to 580 m off): give WGS-84 degrees for all points", .pair + 1
    )]
    Gcj02 {
        /// The pair.
        pair: usize,
        /// From the middle of the others.
        distance_m: f64,
    },
    /// Two pairs that say the same.
    #[error(
        "points {} and {} are nearly the same point: spread the points over the picture",
        .pair + 1, .other + 1
    )]
    Repeated {
        /// The later pair.
        pair: usize,
        /// The earlier pair.
        other: usize,
    },
    /// No four pairs span a plane.
    #[error(
        "points {}, {} and {} lie nearly on one line: four points are needed of which no three do",
        .pairs[0] + 1, .pairs[1] + 1, .pairs[2] + 1
    )]
    Collinear {
        /// The three.
        pairs: [usize; 3],
    },
    /// No camera sees the pairs in this order.
    #[error(
        "the other points put point {} above the horizon: compare the order of pixels and places, \
         two may be swapped", .pair + 1
    )]
    AboveHorizon {
        /// The pair.
        pair: usize,
    },
    /// The ground as if seen from below.
    #[error(
        "the places are a mirror image of the pixels: longitude and latitude, or two points, may \
         be swapped"
    )]
    Mirrored,
    /// The picture's lower edge would show sky.
    #[error(
        "the horizon would lie below the points, as if the picture stood on its head: compare the \
         order of pixels and places"
    )]
    UpsideDown,
    /// The pairs contradict each other, and no single one is to blame.
    #[error(
        "point {} lies {distance_m:.1} m off the plane that fits all points best; up to \
         {limit_m:.1} m is plausible there. It or another point is wrong; more points tell which", .pair + 1
    )]
    Inconsistent {
        /// The pair that is furthest off.
        pair: usize,
        /// How far.
        distance_m: f64,
        /// How far would have been accepted.
        limit_m: f64,
    },
    /// All pairs agree but one.
    #[error(
        "point {} contradicts all others, which {}: check its pixel and its degrees",
        .pair + 1,
        .distance_m.map_or("put it above the horizon".to_owned(), |m| format!("put it {m:.1} m away"))
    )]
    WrongPair {
        /// The pair.
        pair: usize,
        /// From its place to where the others put its pixel; none if they put it above the horizon.
        distance_m: Option<f64>,
    },
    /// The equations have no single answer.
    #[error("the points do not determine a plane: spread them over the picture, near and far")]
    Undetermined,
}

impl CalibrationError {
    /// The pair to look at first, from 0, if one stands out.
    #[must_use]
    pub const fn pair(&self) -> Option<usize> {
        match self {
            Self::OutsidePicture { pair }
            | Self::NotOnEarth { pair }
            | Self::FarAway { pair, .. }
            | Self::Gcj02 { pair, .. }
            | Self::Repeated { pair, .. }
            | Self::Collinear { pairs: [_, _, pair] }
            | Self::AboveHorizon { pair }
            | Self::Inconsistent { pair, .. }
            | Self::WrongPair { pair, .. } => Some(*pair),
            Self::TooFewPairs(_) | Self::Mirrored | Self::UpsideDown | Self::Undetermined => None,
        }
    }
}
