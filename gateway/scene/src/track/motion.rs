//! Where an object is going: a Kalman filter of constant velocity over real, uneven time.
//!
//! Centre and size move independently of each other, so four filters of two states each (value,
//! speed) equal the usual one of eight. All noise is relative to the object's width or height.

use crate::geometry::BoundingBox;

/// Standard deviation of a detector's box edges, as a share of the object's size.
const BOX_NOISE: f32 = 0.08;

/// How fast an object's speed changes: sizes a second, per root of a second.
const SPEED_NOISE: f32 = 1.0;

/// The same for its width and height, which change more slowly.
const GROWTH_NOISE: f32 = 0.2;

/// Speed of an object seen once: standard deviation in sizes a second.
const FIRST_SPEED: f32 = 1.5;

/// No object in a street is trusted to keep its course unseen for longer than this, in seconds.
const FARTHEST_PREDICTION: f32 = 2.0;

/// The motion of one box, as of the picture that last showed it.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    x: Axis,
    y: Axis,
    width: Axis,
    height: Axis,
}

impl Motion {
    /// The motion of an object seen once: unknown.
    pub(super) fn new(bbox: &BoundingBox) -> Self {
        let (w, h) = (bbox.width(), bbox.height());
        Self {
            x: Axis::new(bbox.centre().x, w),
            y: Axis::new(bbox.centre().y, h),
            width: Axis::new(w, w * GROWTH_NOISE),
            height: Axis::new(h, h * GROWTH_NOISE),
        }
    }

    /// The object was seen again `seconds` after it was last seen.
    pub(super) fn correct(&mut self, bbox: &BoundingBox, seconds: f32) {
        let (w, h) = (bbox.width(), bbox.height());
        self.x.correct(bbox.centre().x, seconds, w, SPEED_NOISE);
        self.y.correct(bbox.centre().y, seconds, h, SPEED_NOISE);
        self.width.correct(w, seconds, w, GROWTH_NOISE);
        self.height.correct(h, seconds, h, GROWTH_NOISE);
    }

    /// Where the object should be `seconds` after it was last seen.
    pub(super) fn predict(&self, seconds: f32) -> BoundingBox {
        let (x, y) = (self.x.at(seconds), self.y.at(seconds));
        let half_width = self.width.at(seconds).max(0.0) / 2.0;
        let half_height = self.height.at(seconds).max(0.0) / 2.0;
        BoundingBox {
            left: x - half_width,
            top: y - half_height,
            right: x + half_width,
            bottom: y + half_height,
        }
    }
}

/// One value and its speed, with their covariance.
#[derive(Debug, Clone)]
struct Axis {
    value: f32,
    speed: f32,
    value_variance: f32,
    covariance: f32,
    speed_variance: f32,
}

impl Axis {
    fn new(value: f32, size: f32) -> Self {
        Self {
            value,
            speed: 0.0,
            value_variance: (BOX_NOISE * size).powi(2),
            covariance: 0.0,
            speed_variance: (FIRST_SPEED * size).powi(2),
        }
    }

    fn at(&self, seconds: f32) -> f32 {
        self.value + self.speed * seconds.min(FARTHEST_PREDICTION)
    }

    fn correct(&mut self, measured: f32, seconds: f32, size: f32, noise: f32) {
        // Prediction; the speed takes a random walk, its variance growing with time.
        let density = (noise * size).powi(2);
        let value_variance = self.value_variance
            + 2.0 * seconds * self.covariance
            + seconds.powi(2) * self.speed_variance
            + density * seconds.powi(3) / 3.0;
        let covariance =
            self.covariance + seconds * self.speed_variance + density * seconds.powi(2) / 2.0;
        let speed_variance = self.speed_variance + density * seconds;

        // Correction by the measured value.
        let innovation_variance = value_variance + (BOX_NOISE * size).powi(2);
        if innovation_variance <= 0.0 {
            return;
        }
        let innovation = measured - self.at(seconds);
        let value_gain = value_variance / innovation_variance;
        let speed_gain = covariance / innovation_variance;
        self.value = self.at(seconds) + value_gain * innovation;
        self.speed += speed_gain * innovation;
        self.value_variance = (1.0 - value_gain) * value_variance;
        self.covariance = (1.0 - value_gain) * covariance;
        self.speed_variance = speed_variance - speed_gain * covariance;
    }
}
