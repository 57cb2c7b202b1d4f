//! The shape of a camera's pictures, and of the picture that its zones were drawn on.

use std::sync::{Mutex, PoisonError};

use eye::PictureSize;

/// Shapes that differ by less are one: coders cut rows and columns off.
const TOLERANCE: f64 = 0.03;

/// What was drawn on, and what is sent. Zones scale with the picture, so only the shape counts.
#[derive(Debug, Default)]
pub(crate) struct PictureShape(Mutex<Both>);

#[derive(Debug, Default, Clone, Copy)]
struct Both {
    drawn_px: Option<[u32; 2]>,
    sent: Option<PictureSize>,
}

impl PictureShape {
    /// The file of the camera says `picture_px`, and draws something.
    pub(super) fn draw_on(&self, drawn_px: Option<[u32; 2]>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drawn_px = drawn_px;
    }

    /// A picture of this size came.
    pub(super) fn saw(&self, size: PictureSize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sent = Some(size);
    }

    /// What is wrong with the file of `camera`, if it was drawn on a picture of another shape.
    pub(crate) fn objection(&self, camera: &str) -> Option<String> {
        let Both { drawn_px, sent } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ([width, height], sent) = (drawn_px?, sent?);
        objection((width, height), sent).map(|what| format!("cameras/{camera}.toml: {what}"))
    }
}

/// What is wrong with a `picture_px` of `drawn` for pictures of this size, if their shapes differ.
pub(crate) fn objection(drawn: (u32, u32), sent: PictureSize) -> Option<String> {
    let ratio = |(width, height): (u32, u32)| f64::from(width) / f64::from(height.max(1));
    let fits = |sent| (ratio(sent) / ratio(drawn) - 1.0).abs() <= TOLERANCE;
    if fits(sent.px) || fits(sent.shown_px) {
        return None;
    }
    let ((width, height), (wide, high)) = (drawn, sent.px);
    Some(format!(
        "`picture_px` is [{width}, {height}], and the camera sends {wide}x{high}, a picture of another shape: zones \
         do not lie where they were drawn. Set the camera to {width}x{height}, or write `picture_px = [{wide}, \
         {high}]` and draw zones and calibration anew on such a picture"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_shape_is_wrong() {
        let fits =
            |drawn, (width, height)| objection(drawn, PictureSize::square(width, height)).is_none();
        assert!(fits((1920, 1080), (1280, 720)), "zones scale with the picture");
        assert!(fits((1920, 1080), (1920, 1088)), "a coder pads rows");
        assert!(!fits((1920, 1080), (704, 576)));
        assert!(!fits((1920, 1080), (1080, 1920)), "turned");
        assert!(!fits((1920, 1080), (1920, 1200)));
        let stretched = PictureSize { px: (704, 576), shown_px: (1024, 576) };
        assert_eq!(objection((1920, 1080), stretched), None, "drawn on what a player shows");
        assert_eq!(objection((704, 576), stretched), None, "drawn on what is decoded");
        assert!(objection((1, 1), PictureSize::default()).is_some(), "and nothing divides by zero");
    }
}
