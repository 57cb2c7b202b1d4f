//! One look for new cables round a two-wheeler.

use scene::{BoundingBox, Cable, CableSight, MOST_CABLE_POINTS, MOST_CABLES, Point};

use crate::alignment::{LEAST_AGREEMENT, align};
use crate::area::{Area, covered, floor, pixels};
use crate::heat::Heat;
use crate::line::{Line, lines, thinned};
use crate::pair::Overlay;
use crate::picture::Picture;
use crate::reference::{Objects, Reference};
use crate::tiling::{tiles, window};

/// Shares of the place from which on a look tells nothing.
const MOST_UNKNOWN: f32 = 0.3;
const MOST_HIDDEN: f32 = 0.4;

/// Of cables that the net is less sure of nothing is told: not even rules on trial would count them.
const LEAST_SCORE: f32 = 0.5;
/// Pixels: shorter ones are not told.
const SHORTEST_PX: f32 = 40.0;

/// What the net says of a pair of tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How surely a new cable is at each pixel, row by row, 0..=1.
    pub map: Vec<f32>,
    /// How surely the tile shows one, 0..=1.
    pub score: f32,
}

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The two-wheeler that stands there.
    pub bike: BoundingBox,
    /// All two-wheelers of the picture.
    pub two_wheelers: &'a [BoundingBox],
    /// People and vehicles.
    pub others: &'a [BoundingBox],
    /// From which value on a pixel of the net's map belongs to a cable.
    pub map_threshold: f32,
    /// Width of the camera's picture, of which `now` may be a smaller copy.
    pub camera_width_px: f32,
}

/// Looks for cables at `place` that the reference does not show. `net` is asked about a pair of tiles: planes of
/// red, green and blue of before, then of now, 0 to 255.
///
/// # Errors
/// The first one of `net`.
pub fn look<E>(
    reference: &Reference,
    now: &Picture<'_>,
    place: &Place<'_>,
    net: &mut dyn FnMut(&[f32]) -> Result<Answer, E>,
) -> Result<CableSight, E> {
    let size = now.size();
    let before = reference.picture().filter(|before| before.size() == size);
    let (Some(before), Some(window)) = (before, window(&place.bike, size)) else {
        return Ok(CableSight::NoReference);
    };
    let objects = Objects { two_wheelers: place.two_wheelers, others: place.others };
    let bike = covered(&place.bike, size);
    let mut hidden = objects.covered(size);
    hidden.push(bike);
    let mut overlay = Overlay { reference, before, now: *now, shift: (0, 0), covered: hidden };
    let (unknown, hides) = overlay.blind_shares(&window, &bike);
    if hides > MOST_HIDDEN {
        return Ok(CableSight::Hidden);
    }
    if unknown > MOST_UNKNOWN {
        return Ok(CableSight::NoReference);
    }
    let aligned = align(&before, now, &window, &overlay.covered);
    let Some(aligned) = aligned.filter(|it| it.agreement >= LEAST_AGREEMENT) else {
        return Ok(CableSight::Unaligned);
    };
    overlay.shift = aligned.shift;
    search(&overlay, &window, place, net).map(CableSight::Seen)
}

/// Asks the net about all tiles of the window.
fn search<E>(
    overlay: &Overlay<'_>,
    window: &Area,
    place: &Place<'_>,
    net: &mut dyn FnMut(&[f32]) -> Result<Answer, E>,
) -> Result<Vec<Cable>, E> {
    let mut heat = Heat::of(*window);
    let (mut values, mut scores) = (Vec::new(), Vec::new());
    for tile in tiles(window) {
        overlay.fill(&mut values, &tile);
        let answer = net(&values)?;
        heat.take(&tile, &answer.map);
        scores.push((tile, answer.score));
    }
    let cells = heat.above(place.map_threshold, |x, y| overlay.is_covered(x, y));
    let size = overlay.now.size();
    let told = lines(&heat, cells).into_iter().filter(|line| line.length_px >= SHORTEST_PX);
    let scored = told.map(|line| (score(&line, &scores), line));
    let scale = place.camera_width_px / pixels(size.0);
    let sure = scored.filter(|(score, _)| *score >= LEAST_SCORE);
    Ok(sure.take(MOST_CABLES).map(|(score, line)| cable(&line, score, size, scale)).collect())
}

/// The score of the surest tile that shows a third of the line or more.
fn score(line: &Line, scores: &[(Area, f32)]) -> f32 {
    let shows = |tile: &Area| {
        let inside = line.path.iter().filter(|(x, y)| tile.holds(floor(*x), floor(*y)));
        3 * inside.count() >= line.path.len()
    };
    let sure = scores.iter().filter(|(tile, _)| shows(tile)).map(|(_, score)| *score);
    sure.fold(0.0, f32::max).clamp(0.0, 1.0)
}

fn cable(line: &Line, score: f32, (width, height): (usize, usize), scale: f32) -> Cable {
    let normalised = |(x, y): (f32, f32)| Point {
        x: (x / pixels(width)).clamp(0.0, 1.0),
        y: (y / pixels(height)).clamp(0.0, 1.0),
    };
    let path = thinned(&line.path, MOST_CABLE_POINTS).into_iter().map(normalised).collect();
    let length_px = u32::try_from(floor((line.length_px * scale).round())).unwrap_or(u32::MAX);
    Cable { score, length_px, path }
}

#[cfg(test)]
mod tests;
