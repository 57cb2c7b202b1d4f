//! How a picture of any shape lies inside the fixed shape of a model's input.

use scene::BoundingBox;

use crate::manifest::format::InputFormat;

/// A source picture scaled, keeping its proportions, into the middle of a model's input; the
/// rest is padding.
///
/// Sizes and offsets are pixels of the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letterbox {
    input_width: usize,
    input_height: usize,
    inner_width: usize,
    inner_height: usize,
    left: usize,
    top: usize,
}

impl Letterbox {
    /// The letterbox for sources of `source_width_px` x `source_height_px` square pixels.
    ///
    /// The inner size is even in both directions, as scalers of 4:2:0 video want it. A side of 0
    /// counts as 1: no decoder gives such a picture.
    #[must_use]
    pub fn fit(source_width_px: u32, source_height_px: u32, input: &InputFormat) -> Self {
        let (source_width, source_height) =
            (u64::from(source_width_px.max(1)), u64::from(source_height_px.max(1)));
        let (width, height) = (u64::from(input.width_px), u64::from(input.height_px));
        let (inner_width, inner_height) = if width * source_height <= height * source_width {
            (width, rounded_ratio(source_height * width, source_width))
        } else {
            (rounded_ratio(source_width * height, source_height), height)
        };
        let inner_width = even_side(inner_width, input.width_px);
        let inner_height = even_side(inner_height, input.height_px);
        let (input_width, input_height) = (input.width(), input.height());
        Self {
            input_width,
            input_height,
            inner_width,
            inner_height,
            left: (input_width - inner_width) / 2,
            top: (input_height - inner_height) / 2,
        }
    }

    /// Width to which the source is to be scaled, in pixels.
    #[must_use]
    pub fn inner_width(&self) -> usize {
        self.inner_width
    }

    /// Height to which the source is to be scaled, in pixels.
    #[must_use]
    pub fn inner_height(&self) -> usize {
        self.inner_height
    }

    /// Columns of padding left of the picture.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// Rows of padding above the picture.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top
    }

    /// Width of the whole input, padding included.
    #[must_use]
    pub fn input_width(&self) -> usize {
        self.input_width
    }

    /// Height of the whole input, padding included.
    #[must_use]
    pub fn input_height(&self) -> usize {
        self.input_height
    }

    /// A box of the model's input (centre and size in pixels) as a normalised box of the source,
    /// cut at the picture's edges. `None` if nothing of it lies inside the picture.
    #[must_use]
    pub fn to_source(&self, [x, y, width, height]: [f32; 4]) -> Option<BoundingBox> {
        let across = |px: f32| ((px - self.left as f32) / self.inner_width as f32).clamp(0.0, 1.0);
        let down = |px: f32| ((px - self.top as f32) / self.inner_height as f32).clamp(0.0, 1.0);
        let bbox = BoundingBox {
            left: across(x - width / 2.0),
            top: down(y - height / 2.0),
            right: across(x + width / 2.0),
            bottom: down(y + height / 2.0),
        };
        // If any number is NaN, the area is not above zero.
        (bbox.area() > 0.0).then_some(bbox)
    }
}

fn rounded_ratio(numerator: u64, denominator: u64) -> u64 {
    (numerator + denominator / 2) / denominator
}

/// The nearest even length not above `side` that a scaler can produce: 2 up to the input's side.
fn even_side(side: u64, input_side_px: u32) -> usize {
    let side = u32::try_from(side).unwrap_or(input_side_px).clamp(2, input_side_px.max(2));
    (side - side % 2) as usize
}

#[cfg(test)]
mod tests;
