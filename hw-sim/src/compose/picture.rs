//! A picture as a video codec sees it: I420, one plane of light and two of colour at half its
//! width and height.

/// Samples of one plane, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u8>,
}

/// Light (Y), and colour as blue (Cb) and red (Cr) difference; 16 is black, 128 no colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) light: Plane,
    pub(super) colour: [Plane; 2],
}

impl Plane {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, samples: vec![0; width * height] }
    }

    /// A sample, if there is one.
    pub(super) fn at(&self, x: usize, y: usize) -> Option<u8> {
        if x >= self.width {
            return None;
        }
        self.samples.get(y * self.width + x).copied()
    }

    /// A sample to change, if there is one.
    pub(super) fn at_mut(&mut self, x: usize, y: usize) -> Option<&mut u8> {
        if x >= self.width {
            return None;
        }
        self.samples.get_mut(y * self.width + x)
    }
}

impl Picture {
    /// All zero.
    pub(super) fn new(width_px: usize, height_px: usize) -> Self {
        let colour = Plane::new(width_px.div_ceil(2), height_px.div_ceil(2));
        Self { light: Plane::new(width_px, height_px), colour: [colour.clone(), colour] }
    }

    /// The planes in the order in which they are stored.
    pub(super) fn planes(&self) -> [&Plane; 3] {
        let [blue, red] = &self.colour;
        [&self.light, blue, red]
    }

    /// The planes to change, in the same order.
    pub(super) fn planes_mut(&mut self) -> [&mut Plane; 3] {
        let [blue, red] = &mut self.colour;
        [&mut self.light, blue, red]
    }
}

/// The nearest sample value.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of a sample before"
)]
pub(super) fn sample(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
