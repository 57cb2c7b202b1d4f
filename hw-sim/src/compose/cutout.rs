//! An object cut from a photograph, scaled to its height in the scene, and laid into pictures.

use std::path::Path;

use super::crop::{CropPx, crop_of, real, whole};
use super::error::ComposeError;
use super::ffmpeg;
use super::noise::Noise;
use super::picture::{Picture, Plane, sample};
use super::recipe::Overlay;

/// An object ready to be laid into pictures. Unlike in a picture, the colour planes have full size.
#[derive(Debug)]
pub(super) struct CutOut {
    overlay: Overlay,
    light: Plane,
    colour: [Plane; 2],
    /// How much of each pixel the object covers, 0..1.
    cover: Vec<f64>,
}

impl CutOut {
    /// Reads the photograph from `media`.
    pub(super) fn read(overlay: &Overlay, media: &Path) -> Result<Self, ComposeError> {
        let crop = crop_of(&overlay.cut_out_px);
        let scale = overlay.height_px / real(crop.height);
        let size = [whole(real(crop.width) * scale).max(1), whole(overlay.height_px).max(1)];
        let samples = ffmpeg::crop(overlay, media, crop, size)?;
        Ok(Self::new(overlay.clone(), crop, size, &samples))
    }

    /// From the samples of three planes of `size`, one after the other.
    pub(super) fn new(overlay: Overlay, crop: CropPx, size: [usize; 2], samples: &[u8]) -> Self {
        let [width, height] = size;
        let cover = cover(&overlay, crop, size);
        let mut planes = samples.chunks_exact(width * height).map(|samples| Plane {
            width,
            height,
            samples: samples.to_vec(),
        });
        let mut plane = || planes.next().unwrap_or(Plane { width, height, samples: Vec::new() });
        let (light, colour) = (plane(), [plane(), plane()]);
        Self { overlay, light, colour, cover }
    }

    /// Lays it into the picture shown at `secs` of the scene, if it is there then.
    pub(super) fn lay(&self, picture: &mut Picture, secs: f64, noise: &mut Noise) {
        let shown = self.overlay.shown;
        let (from, to) = (shown.from.as_secs_f64(), shown.to.as_secs_f64());
        if secs < from || secs >= to {
            return;
        }
        let progress = (secs - from) / (to - from);
        let [x, y] = self.overlay.foot_px;
        let [to_x, to_y] = self.overlay.moves_to_px.unwrap_or([x, y]);
        let left = x + (to_x - x) * progress - real(self.light.width) / 2.0;
        let top = y + (to_y - y) * progress - real(self.light.height);
        self.lay_at(picture, [offset(left), offset(top)], noise);
    }

    fn lay_at(&self, picture: &mut Picture, [left, top]: [i64; 2], noise: &mut Noise) {
        let (width, height) = (self.light.width, self.light.height);
        let mut tint = Tint::of(&picture.colour);
        for y in 0..height {
            for x in 0..width {
                let cover = self.cover.get(y * width + x).copied().unwrap_or_default();
                let (Some(at_x), Some(at_y)) = (shifted(x, left), shifted(y, top)) else {
                    continue;
                };
                let Some(under) = picture.light.at_mut(at_x, at_y).filter(|_| cover > 0.0) else {
                    continue;
                };
                let own = f64::from(self.light.at(x, y).unwrap_or(16));
                let lit = 16.0 + (own - 16.0) * self.overlay.brightness;
                let lit = lit + noise.next(self.overlay.noise_levels);
                *under = sample(f64::from(*under) * (1.0 - cover) + lit * cover);
                let colour = [0, 1].map(|plane: usize| {
                    self.colour.get(plane).and_then(|plane| plane.at(x, y)).unwrap_or(128)
                });
                tint.add(at_x / 2, at_y / 2, cover, colour);
            }
        }
        tint.lay(&mut picture.colour);
    }
}

/// The object's colour, gathered from its pixels: four pixels share a colour sample.
struct Tint {
    width: usize,
    /// Cover, and blue and red weighted with it, of each colour sample.
    sums: Vec<[f64; 3]>,
}

impl Tint {
    fn of([blue, _red]: &[Plane; 2]) -> Self {
        Self { width: blue.width, sums: vec![[0.0; 3]; blue.samples.len()] }
    }

    fn add(&mut self, x: usize, y: usize, cover: f64, [blue, red]: [u8; 2]) {
        if let Some([covers, blues, reds]) = self.sums.get_mut(y * self.width + x) {
            *covers += cover;
            *blues += cover * f64::from(blue);
            *reds += cover * f64::from(red);
        }
    }

    fn lay(&self, [blue, red]: &mut [Plane; 2]) {
        let under = blue.samples.iter_mut().zip(&mut red.samples);
        for ((blue, red), [covers, blues, reds]) in under.zip(&self.sums) {
            if *covers > 0.0 {
                let part = covers / 4.0; // four pixels share a colour sample
                *blue = sample(f64::from(*blue) * (1.0 - part) + blues / covers * part);
                *red = sample(f64::from(*red) * (1.0 - part) + reds / covers * part);
            }
        }
    }
}

/// How much of each pixel the outline covers: all inside, none outside, and a ramp of the soft
/// edge's width in between.
fn cover(overlay: &Overlay, crop: CropPx, [width, height]: [usize; 2]) -> Vec<f64> {
    let (scale_x, scale_y) = (real(width) / real(crop.width), real(height) / real(crop.height));
    let (left, top) = (real(crop.left), real(crop.top));
    let corners = overlay.cut_out_px.iter().map(|[x, y]| {
        let x = (x - left) * scale_x;
        [if overlay.mirrored { real(width) - x } else { x }, (y - top) * scale_y]
    });
    let corners: Vec<[f64; 2]> = corners.collect();
    let mut cover = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let depth = depth(&corners, [real(x) + 0.5, real(y) + 0.5]);
            let seam = overlay.soft_edge_px.max(f64::EPSILON);
            cover.push((0.5 + depth / seam).clamp(0.0, 1.0));
        }
    }
    cover
}

/// How far inside a polygon a point lies, negative outside.
fn depth(corners: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
    let mut nearest = f64::MAX;
    let mut inside = false;
    let ends = corners.iter().cycle().skip(1);
    for ([ax, ay], [bx, by]) in corners.iter().zip(ends) {
        let (dx, dy) = (bx - ax, by - ay);
        let length2 = (dx * dx + dy * dy).max(f64::EPSILON);
        let along = (((x - ax) * dx + (y - ay) * dy) / length2).clamp(0.0, 1.0);
        nearest = nearest.min((ax + along * dx - x).hypot(ay + along * dy - y));
        if (*ay > y) != (*by > y) && x < ax + (y - ay) / dy * dx {
            inside = !inside;
        }
    }
    if inside { nearest } else { -nearest }
}

fn shifted(at: usize, by: i64) -> Option<usize> {
    usize::try_from(i64::try_from(at).ok()? + by).ok()
}

#[expect(clippy::cast_possible_truncation, reason = "saturates far outside of every picture")]
fn offset(pixels: f64) -> i64 {
    pixels.round() as i64
}
