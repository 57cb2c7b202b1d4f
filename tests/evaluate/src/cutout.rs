//! Things cut out of photographs.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::clip::{Clip, size_of};
use crate::fallible::Fallible;
use crate::place::Rect;

/// What `things.toml` lists.
#[derive(Deserialize)]
struct Listed {
    thing: Vec<Outline>,
    seller: Vec<Outline>,
    two_wheeler: Vec<Outline>,
}

/// Where a thing is in its photograph.
#[derive(Deserialize)]
struct Outline {
    what: String,
    photo: String,
    #[serde(default)]
    photo_at_secs: f64,
    outline_px: Vec<[f32; 2]>,
}

/// A thing in a photograph.
pub(crate) struct Photographed {
    pub(crate) what: String,
    photo: Clip,
    outline: Vec<[f32; 2]>,
    bounds: Rect,
}

/// All that can be laid in.
pub(crate) struct CutOuts {
    pub(crate) things: Vec<Arc<Photographed>>,
    pub(crate) sellers: Vec<Arc<Photographed>>,
    pub(crate) two_wheelers: Vec<Arc<Photographed>>,
}

impl CutOuts {
    /// As `list` says, out of the pictures in `media`.
    pub(crate) fn read(list: &Path, media: &Path) -> Fallible<Self> {
        let listed: Listed = toml::from_str(&std::fs::read_to_string(list)?)?;
        let all = |outlines: Vec<Outline>| {
            outlines.into_iter().map(|it| it.cut(media).map(Arc::new)).collect::<Fallible<Vec<_>>>()
        };
        let [things, sellers, two_wheelers] = [listed.thing, listed.seller, listed.two_wheeler];
        Ok(Self { things: all(things)?, sellers: all(sellers)?, two_wheelers: all(two_wheelers)? })
    }
}

impl Outline {
    fn cut(self, media: &Path) -> Fallible<Photographed> {
        let path = media.join(&self.photo);
        let photo = Clip::photograph(&path, self.photo_at_secs, size_of(&path)?)?;
        let side = |axis: usize| {
            let values = self.outline_px.iter().map(|corner| corner[axis]);
            (values.clone().fold(f32::MAX, f32::min), values.fold(0.0, f32::max))
        };
        let ((left, right), (top, bottom)) = (side(0), side(1));
        let bounds = Rect { left, top, width: right - left, height: bottom - top };
        Ok(Photographed { what: self.what, photo, outline: self.outline_px, bounds })
    }
}

impl Photographed {
    /// Its width over its height.
    pub(crate) fn aspect(&self) -> f32 {
        self.bounds.width / self.bounds.height
    }

    /// The colour at a place in shares of its bounds; none beside it.
    fn at(&self, (u, v): (f32, f32)) -> Option<[f32; 3]> {
        let x = self.bounds.left + u * self.bounds.width;
        let y = self.bounds.top + v * self.bounds.height;
        if !holds(&self.outline, (x, y)) {
            return None;
        }
        let pixels = self.photo.pictures.first()?;
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.photo.width - 1), (y0 + 1).min(self.photo.height - 1));
        let (fx, fy) = (x.fract(), y.fract());
        Some([0, 1, 2].map(|channel| {
            let pixel = |x, y| f32::from(pixels[3 * (y * self.photo.width + x) + channel]);
            let upper = pixel(x0, y0) * (1.0 - fx) + pixel(x1, y0) * fx;
            let lower = pixel(x0, y1) * (1.0 - fx) + pixel(x1, y1) * fx;
            upper * (1.0 - fy) + lower * fy
        }))
    }
}

/// One at its place in a scene.
#[derive(Clone)]
pub(crate) struct CutOut {
    pub(crate) of: Arc<Photographed>,
    pub(crate) place: Rect,
    pub(crate) mirrored: bool,
    /// Factor on its light.
    pub(crate) light: f32,
}

impl CutOut {
    /// Lays it into a picture, moved by `shift`, with four samples a pixel.
    pub(crate) fn draw(&self, picture: &mut [f32], width: usize, shift: (f32, f32)) {
        let height = picture.len() / 3 / width;
        let (left, top) = (self.place.left - shift.0, self.place.top - shift.1);
        let end =
            |from: f32, length: f32, most: usize| ((from + length).max(0.0) as usize + 1).min(most);
        for y in top.max(0.0) as usize..end(top, self.place.height, height) {
            for x in left.max(0.0) as usize..end(left, self.place.width, width) {
                let pixel = &mut picture[3 * (y * width + x)..][..3];
                let under = [pixel[0], pixel[1], pixel[2]];
                let mut sum = [0.0; 3];
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let u = (x as f32 + dx - left) / self.place.width;
                    let v = (y as f32 + dy - top) / self.place.height;
                    let seen = self.of.at((if self.mirrored { 1.0 - u } else { u }, v));
                    let seen =
                        seen.map_or(under, |colour| colour.map(|c| (c * self.light).min(250.0)));
                    sum = [0, 1, 2].map(|c| sum[c] + seen[c] / 4.0);
                }
                pixel.copy_from_slice(&sum);
            }
        }
    }
}

/// Whether a polygon holds a point.
fn holds(outline: &[[f32; 2]], (x, y): (f32, f32)) -> bool {
    let ends = outline.iter().cycle().skip(1);
    let crossed = outline.iter().zip(ends).filter(|([ax, ay], [bx, by])| {
        (*ay > y) != (*by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
    });
    crossed.count() % 2 == 1
}
