//! How large a camera's pictures are shown to the model: small things need a larger input, which costs
//! more.
//!
//! Chosen by itself, from what the rules look for and where. On a calibrated camera the ground tells
//! how large something at the far end of a zone is, as far as that lies below the horizon. Elsewhere a zone is taken to be as wide as
//! what may stand in it. The smallest input is taken in which the smallest of these things is large
//! enough, but none that would cost more than the rate of the looks allows.

use std::fmt;
use std::time::Duration;

use detector::{InputFormat, Manifest};
use incident::RuleSettings;
use rule::Wanted;
use scene::{Class, GroundPlane, Point, Polygon};

/// What is narrower than this in the input, in its pixels, is often missed.
const ENOUGH_PX: f32 = 24.0;

/// Larger inputs may cost no more in a second than one look with the usual input.
const MOST_LOOKS_A_SECOND: f64 = 1.0;

/// How wide things are at least, in metres, as seen along them.
const WIDTHS_M: [(&str, f64); 6] = [
    ("person", 0.5),
    ("bicycle", 0.5),
    ("motorcycle", 0.7),
    ("car", 1.7),
    ("bus", 2.4),
    ("truck", 2.2),
];

/// Anything else.
const OTHER_WIDTH_M: f64 = 0.5;

/// Half of the step, as a share of the picture's width, by which the ground is measured.
const STEP: f32 = 0.005;

/// The input with which a camera is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InputChoice {
    /// Its number among the manifest's inputs.
    pub(crate) number: usize,
    size: (u32, u32),
    /// How wide the smallest thing is in it, in its pixels; none if there is none, or it is as far as the
    /// horizon.
    smallest_px: Option<f32>,
    /// A larger one would do better, but costs too much at this rate.
    held_back: bool,
}

impl InputChoice {
    /// For these rules, which ask for a look this often.
    pub(crate) fn of(
        rules: &[RuleSettings],
        ground: Option<&GroundPlane>,
        every: Duration,
        manifest: &Manifest,
    ) -> Self {
        let shares = rules.iter().filter_map(|rule| smallest_share(rule, ground, &manifest.input));
        let smallest = shares.min_by(f32::total_cmp);
        let pixels = |input: &InputFormat| smallest.map(|share| share * input.width_px as f32);
        let is_enough = |input: &InputFormat| pixels(input).is_none_or(|px| px >= ENOUGH_PX);
        let is_affordable = |input: &InputFormat| {
            let cost = area(input) / area(&manifest.input);
            cost <= MOST_LOOKS_A_SECOND * every.as_secs_f64()
        };
        let inputs: Vec<&InputFormat> = manifest.inputs().collect();
        let wanted = inputs.iter().position(|input| is_enough(input));
        let wanted = wanted.unwrap_or(inputs.len().saturating_sub(1));
        let may = |number: &usize| inputs.get(*number).is_some_and(|input| is_affordable(input));
        let number = (1..=wanted).rev().find(may).unwrap_or(0);
        let input = inputs.get(number).copied().unwrap_or(&manifest.input);
        Self {
            number,
            size: (input.width_px, input.height_px),
            smallest_px: pixels(input).filter(|px| *px > 0.0),
            held_back: number < wanted,
        }
    }
}

impl fmt::Display for InputChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (width, height) = self.size;
        write!(f, "looked at in {width} x {height} px")?;
        if let Some(px) = self.smallest_px {
            write!(f, ", where the smallest object of its rules is about {px:.0} px wide")?;
            if px < ENOUGH_PX {
                write!(f, " and is often missed below {ENOUGH_PX:.0}")?;
            }
        }
        if self.held_back {
            write!(f, "; a larger input would cost too much at the pace of its rules")?;
        }
        Ok(())
    }
}

fn area(input: &InputFormat) -> f64 {
    f64::from(input.width_px) * f64::from(input.height_px)
}

/// How wide the smallest thing that the rule looks for is at the far end of its zone, as a share of the
/// picture's width; none if it looks for none. A zone at the horizon has no far end: nothing there is
/// too small.
fn smallest_share(
    rule: &RuleSettings,
    ground: Option<&GroundPlane>,
    usual: &InputFormat,
) -> Option<f32> {
    rule.kind.thresholds()?;
    let zone = &rule.zone.polygon;
    Some(match ground.filter(|_| rule.kind.lies_on_ground()) {
        Some(ground) => {
            let metre = share_of_a_metre(zone, ground);
            metre.map_or(0.0, |share| share * width_m(&rule.kind.classes()))
        }
        None => {
            let bounds = zone.bounds();
            let upright = bounds.height() * usual.height_px as f32 / usual.width_px as f32;
            bounds.width().min(upright)
        }
    })
}

/// The narrowest of what is looked for, in metres.
fn width_m(wanted: &Wanted) -> f32 {
    let of_class = |class: &Class| {
        let known = WIDTHS_M.iter().find(|(name, _)| *name == class.as_str());
        known.map_or(OTHER_WIDTH_M, |(_, width)| *width)
    };
    let narrowest = match wanted {
        Wanted::Only(classes) => classes.iter().map(of_class).min_by(f64::total_cmp),
        Wanted::All => None,
    };
    narrow(narrowest.unwrap_or(OTHER_WIDTH_M))
}

/// The share of the picture's width that a metre across takes at the corner of the zone where it takes
/// least, of those below the horizon; none if all are at it or above.
fn share_of_a_metre(zone: &Polygon, ground: &GroundPlane) -> Option<f32> {
    let shares = zone.corners().iter().filter_map(|corner| {
        let at = |x| ground.locate(Point { x, ..*corner });
        let (left, right) = (at(corner.x - STEP)?, at(corner.x + STEP)?);
        let metres = left.distance_m(right);
        (metres > 0.0).then(|| narrow(f64::from(2.0 * STEP) / metres))
    });
    shares.min_by(f32::total_cmp)
}

#[expect(clippy::cast_possible_truncation, reason = "shares and metres fit in 7 digits")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests;
