//! The recorded scenes: a clip, a zone in it, and who passes through.

use std::fs;
use std::path::{Path, PathBuf};

use scene::{BoundingBox, Point, Polygon};

use crate::clip::{Clip, Fallible};

/// Whether thresholds were chosen on a scene, or it was kept back until they were.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Tuned,
    Held,
}

/// A clip and a zone in it.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) part: Part,
    pub(crate) clip: Clip,
    /// Left, top, width and height of the zone in pixels of the clip.
    pub(crate) zone: [usize; 4],
    /// Persons and vehicles of each look, in shares of the zone.
    pub(crate) moving: Vec<Vec<BoundingBox>>,
}

/// Name, part, file of the clip, name of its boxes, size, and zone.
type Entry = (&'static str, Part, &'static str, &'static str, (usize, usize), [usize; 4]);

const STREET: (&str, &str, (usize, usize)) = ("street-h264.mp4", "street", (768, 576));
const LOT: (&str, &str, (usize, usize)) =
    ("intel_person-bicycle-car-detection_38s.mp4", "pbc", (768, 432));
const HALL: (&str, &str, (usize, usize)) =
    ("intel_one-by-one-person-detection.mp4", "obo", (768, 432));

const fn entry(
    name: &'static str,
    part: Part,
    from: (&'static str, &'static str, (usize, usize)),
    zone: [usize; 4],
) -> Entry {
    (name, part, from.0, from.1, from.2, zone)
}

const SCENES: [Entry; 8] = [
    entry("path", Part::Tuned, STREET, [180, 180, 480, 240]),
    entry("lot", Part::Tuned, LOT, [0, 100, 480, 330]),
    entry("hall", Part::Tuned, HALL, [100, 150, 480, 280]),
    entry("lawn", Part::Held, STREET, [0, 250, 400, 320]),
    entry("road", Part::Held, STREET, [470, 60, 290, 200]),
    entry("yard", Part::Held, STREET, [400, 300, 360, 270]),
    entry("bays", Part::Held, LOT, [290, 0, 470, 300]),
    entry("corner", Part::Held, HALL, [440, 40, 320, 390]),
];

/// Looks a second.
const PACE: f64 = 1.0;

/// The scenes whose clips lie in one of the folders.
pub(crate) fn scenes(folders: &[PathBuf]) -> Fallible<Vec<Scene>> {
    let mut found: Vec<Scene> = Vec::new();
    for (name, part, file, boxes, size, zone) in SCENES {
        let Some(path) = folders.iter().map(|f| f.join(file)).find(|p| p.is_file()) else {
            continue;
        };
        let clip = Clip::decoded(&path, size, PACE)?;
        let listed = folders.iter().map(|f| f.join(format!("{boxes}.boxes")));
        let listed = listed.into_iter().find(|path| path.is_file());
        let moving = moving_in(listed.as_deref(), clip.looks.len(), size, zone)?;
        found.push(Scene { name, part, clip, zone, moving });
    }
    if found.is_empty() {
        Err("no clip of the scenes lies in these folders".into())
    } else {
        Ok(found)
    }
}

/// Lines of a look's number, a class, a score, and left, top, right and bottom.
fn moving_in(
    path: Option<&Path>,
    looks: usize,
    (width, height): (usize, usize),
    [left, top, wide, high]: [usize; 4],
) -> Fallible<Vec<Vec<BoundingBox>>> {
    let mut moving = vec![Vec::new(); looks];
    let Some(path) = path else { return Ok(moving) };
    for line in fs::read_to_string(path)?.lines() {
        let numbers: Vec<f32> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [look, _, _, x0, y0, x1, y1] = numbers[..] else {
            return Err(format!("{}: {line}", path.display()).into());
        };
        let across = |x: f32| (x * width as f32 - left as f32) / wide as f32;
        let down = |y: f32| (y * height as f32 - top as f32) / high as f32;
        if let Some(list) = moving.get_mut(look as usize) {
            let (left, top) = (across(x0), down(y0));
            list.push(BoundingBox { left, top, right: across(x1), bottom: down(y1) });
        }
    }
    Ok(moving)
}

impl Scene {
    /// The zone's pixels of a look, moved by `shift`.
    pub(crate) fn cut(&self, look: usize, (dx, dy): (f32, f32)) -> Vec<f32> {
        let [left, top, wide, high] = self.zone;
        let pixels = &self.clip.looks[look % self.clip.looks.len()];
        let (width, height) = (self.clip.width, self.clip.height);
        let mut out = Vec::with_capacity(3 * wide * high);
        if (dx, dy) == (0.0, 0.0) {
            for y in top..(top + high).min(height) {
                let row = &pixels[3 * (y * width + left)..][..3 * wide];
                out.extend(row.iter().map(|value| f32::from(*value)));
            }
            return out;
        }
        for y in 0..high {
            for x in 0..wide {
                let sx = (left as f32 + x as f32 + dx).clamp(0.0, width as f32 - 1.001);
                let sy = (top as f32 + y as f32 + dy).clamp(0.0, height as f32 - 1.001);
                let (x0, y0) = (sx as usize, sy as usize);
                let (fx, fy) = (sx - x0 as f32, sy - y0 as f32);
                for channel in 0..3 {
                    let at = |x: usize, y: usize| {
                        f32::from(
                            pixels[3 * (y.min(height - 1) * width + x.min(width - 1)) + channel],
                        )
                    };
                    let upper = at(x0, y0) * (1.0 - fx) + at(x0 + 1, y0) * fx;
                    let lower = at(x0, y0 + 1) * (1.0 - fx) + at(x0 + 1, y0 + 1) * fx;
                    out.push(upper * (1.0 - fy) + lower * fy);
                }
            }
        }
        out
    }

    /// The share of looks in which persons or vehicles hide a place.
    pub(crate) fn hidden_share(&self, looks: std::ops::Range<usize>, place: &BoundingBox) -> f32 {
        let covered = |look: usize| {
            let boxes = &self.moving[look % self.moving.len()];
            boxes.iter().any(|b| {
                let wide = b.right.min(place.right) - b.left.max(place.left);
                let high = b.bottom.min(place.bottom) - b.top.max(place.top);
                wide.max(0.0) * high.max(0.0) > 0.3 * place.area()
            })
        };
        let all = looks.len().max(1);
        looks.filter(|look| covered(*look)).count() as f32 / all as f32
    }

    /// The whole rectangle as a zone.
    pub(crate) fn polygon() -> Fallible<Polygon> {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        Ok(Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec())?)
    }
}
