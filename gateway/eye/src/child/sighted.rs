//! What a zone shows, in the words and the place of the whole picture.

use scene::{
    BoundingBox, CaptureTime, MOST_FOOT_PARTS, MOST_THINGS, Point, StandingLook, StandingThing,
};
use standing::{Findings, Settings, Standing};

use super::zone_place::{in_picture, out_of};
use crate::picture::Outline;

/// What this look shows, the longest standing first.
pub(crate) fn seen(findings: &Findings) -> impl Iterator<Item = &Standing> {
    findings.standing.iter().filter(|it| it.is_seen).take(MOST_THINGS)
}

/// What is found in a zone, in the picture.
pub(crate) fn thing(found: &Standing, place: &BoundingBox, time: CaptureTime) -> StandingThing {
    let foot = foot_parts(&found.foot, &found.bounds);
    StandingThing {
        bounds: in_picture(&found.bounds, place),
        foot: foot.into_iter().map(|y| out_of(place, 0.0, y).y).collect(),
        // The clock may have been set since.
        since: found.since.min(time),
        looks: found.looks.min(Settings::default().looks),
        sure: ((found.sure * 100.0).round() / 100.0).clamp(0.0, 1.0),
    }
}

/// The outlines of the things that a look tells of, and of what it says is gone.
pub(crate) fn outlines(
    findings: &Findings,
    look: &StandingLook,
    place: &BoundingBox,
) -> Vec<Outline> {
    let outline = |(found, told): (&Standing, &StandingThing)| Outline {
        bounds: told.bounds,
        corners: found.outline.iter().map(|corner| out_of(place, corner.x, corner.y)).collect(),
        is_way: false,
    };
    let gone =
        look.gone.iter().map(|it| Outline { bounds: *it, corners: corners(it), is_way: false });
    seen(findings).zip(&look.things).map(outline).chain(gone).collect()
}

/// The lowest point of each of equal parts of the width.
fn foot_parts(foot: &[Point], bounds: &BoundingBox) -> Vec<f32> {
    let count = foot.len().clamp(1, MOST_FOOT_PARTS);
    let mut lowest: Vec<Option<f32>> = vec![None; count];
    for point in foot {
        let share = (point.x - bounds.left) / bounds.width().max(f32::EPSILON);
        let part = floor(share * pixels_of(count)).min(count - 1);
        if let Some(y) = lowest.get_mut(part) {
            *y = Some(y.map_or(point.y, |known| known.max(point.y)));
        }
    }
    // Between the parts of a thing that fell apart there is none.
    let mut latest = bounds.bottom;
    let filled = |y: Option<f32>| {
        latest = y.unwrap_or(latest);
        latest
    };
    lowest.into_iter().map(filled).collect()
}

/// The corners of a box, clockwise.
fn corners(of: &BoundingBox) -> Vec<Point> {
    let BoundingBox { left, top, right, bottom } = *of;
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    corners.map(|(x, y)| Point { x, y }).to_vec()
}

#[expect(clippy::cast_precision_loss, reason = "a thing has few parts")]
fn pixels_of(count: usize) -> f32 {
    count as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn floor(value: f32) -> usize {
    value as usize
}
