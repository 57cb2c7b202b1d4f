//! The recorded scene: a clip, the zones that a camera watches in it, and who walks there.

use std::path::Path;

use scene::BoundingBox;
use serde::Deserialize;

use crate::clip::{Clip, PACE, size_of};
use crate::fallible::Fallible;
use crate::place::Rect;

/// The camera of the scene, and the zone in which nothing is laid.
pub(crate) const CAMERA: &str = "street";
const CLIP: &str = "street-h264.mp4";
const OF_THE_VAN: &str = "shutter";

/// Zones on which thresholds were chosen. All others are held out.
const TUNED: [&str; 1] = ["path"];

/// What is read of a camera's file.
#[derive(Deserialize)]
struct CameraFile {
    zone: Vec<ZoneTable>,
}

#[derive(Deserialize)]
struct ZoneTable {
    id: String,
    polygon_px: Vec<[f32; 2]>,
}

/// A zone, an upright rectangle.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) place: Rect,
    /// No threshold was chosen on it.
    pub(crate) is_held_out: bool,
}

/// A clip and the zones in it.
pub(crate) struct Scene {
    pub(crate) camera: &'static str,
    pub(crate) clip: Clip,
    pub(crate) zones: Vec<Zone>,
    /// Persons and vehicles of each picture of the clip, once somebody has looked.
    pub(crate) moving: Vec<Vec<BoundingBox>>,
}

impl Scene {
    /// Reads the camera's zones and its clip.
    pub(crate) fn read(config: &Path, media: &Path) -> Fallible<Self> {
        let file = config.join("cameras").join(format!("{CAMERA}.toml"));
        let read: CameraFile = toml::from_str(&std::fs::read_to_string(file)?)?;
        let zones = read.zone.into_iter().filter(|zone| zone.id != OF_THE_VAN).map(Zone::of);
        let path = media.join(CLIP);
        if !path.is_file() {
            return Err(format!("{} is missing: run `make setup` first", path.display()).into());
        }
        let clip = Clip::recorded(&path, size_of(&path)?)?;
        Ok(Self { camera: CAMERA, clip, zones: zones.collect(), moving: Vec::new() })
    }

    pub(crate) const fn size(&self) -> (usize, usize) {
        (self.clip.width, self.clip.height)
    }

    /// Seconds until the clip begins again.
    pub(crate) fn length_secs(&self) -> f64 {
        self.clip.pictures.len() as f64 / PACE
    }

    /// The number of the picture at this second of the clip, which is shown again and again.
    pub(crate) fn number_at(&self, secs: f64) -> usize {
        (secs * PACE).max(0.0) as usize % self.clip.pictures.len()
    }

    /// The picture at this second of the clip, as a camera sees it that has swayed by so many pixels.
    pub(crate) fn picture(&self, secs: f64, (dx, dy): (f32, f32)) -> Vec<f32> {
        let pixels = &self.clip.pictures[self.number_at(secs)];
        if (dx, dy) == (0.0, 0.0) {
            return pixels.iter().map(|value| f32::from(*value)).collect();
        }
        let (width, height) = self.size();
        let mut out = Vec::with_capacity(pixels.len());
        for y in 0..height {
            for x in 0..width {
                let sx = (x as f32 + dx).clamp(0.0, width as f32 - 1.001);
                let sy = (y as f32 + dy).clamp(0.0, height as f32 - 1.001);
                let (x0, y0) = (sx as usize, sy as usize);
                let (fx, fy) = (sx - x0 as f32, sy - y0 as f32);
                let next = (x0 + 1).min(width - 1);
                let below = (y0 + 1).min(height - 1);
                for channel in 0..3 {
                    let at = |x: usize, y: usize| f32::from(pixels[3 * (y * width + x) + channel]);
                    let upper = at(x0, y0) * (1.0 - fx) + at(next, y0) * fx;
                    let lower = at(x0, below) * (1.0 - fx) + at(next, below) * fx;
                    out.push(upper * (1.0 - fy) + lower * fy);
                }
            }
        }
        out
    }

    /// The share of the time, in seconds of the clip, in which persons or vehicles hide a place.
    pub(crate) fn hidden_share(&self, secs: std::ops::Range<f64>, place: &Rect) -> f64 {
        let place = place.shares(self.size());
        let covers = |b: &BoundingBox| {
            let wide = b.right.min(place.right) - b.left.max(place.left);
            let high = b.bottom.min(place.bottom) - b.top.max(place.top);
            wide.max(0.0) * high.max(0.0) > 0.3 * place.area()
        };
        let first = (secs.start * PACE) as usize;
        let all = ((secs.end - secs.start) * PACE).max(1.0) as usize;
        let is_hidden = |number: &usize| {
            let moving = self.moving.get(number % self.clip.pictures.len());
            moving.is_some_and(|boxes| boxes.iter().any(covers))
        };
        (first..first + all).filter(is_hidden).count() as f64 / all as f64
    }
}

impl Zone {
    fn of(table: ZoneTable) -> Self {
        let side = |axis: usize| {
            let values = table.polygon_px.iter().map(|corner| corner[axis]);
            (values.clone().fold(f32::MAX, f32::min), values.fold(0.0, f32::max))
        };
        let ((left, right), (top, bottom)) = (side(0), side(1));
        let place = Rect { left, top, width: right - left, height: bottom - top };
        let is_held_out = !TUNED.contains(&table.id.as_str());
        Self { id: table.id, place, is_held_out }
    }
}
