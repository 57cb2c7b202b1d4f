//! Cables drawn into recorded looks: from a two-wheeler upwards, of kinds that the net for wires was trained on, and
//! of kinds that it never saw.

use std::f32::consts::TAU;

use fastrand::Rng;

use crate::place::Rect;

/// How it runs and how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Taut,
    Sag,
    Bend,
    /// Some turns hang in it. Striped; green or violet.
    Coil,
    /// It is hung up at several hooks. Twisted; green or violet.
    Festoon,
}

/// As `models/charging-wire/cables.py` has them.
pub(crate) const TRAINED: [Kind; 3] = [Kind::Taut, Kind::Sag, Kind::Bend];
pub(crate) const HELD_OUT: [Kind; 2] = [Kind::Coil, Kind::Festoon];

type Colour = [f32; 3];
type Way = Vec<(f32, f32)>;

/// Black, grey, white, orange, red, blue, brown, yellow: how often of a hundred.
const COLOURS: [(Colour, u32); 8] = [
    ([22.0, 22.0, 24.0], 34),
    ([95.0, 95.0, 100.0], 10),
    ([232.0, 232.0, 226.0], 20),
    ([225.0, 105.0, 30.0], 10),
    ([190.0, 40.0, 38.0], 8),
    ([40.0, 75.0, 170.0], 7),
    ([95.0, 62.0, 40.0], 5),
    ([222.0, 190.0, 50.0], 6),
];
const GREEN: Colour = [45.0, 140.0, 70.0];
const VIOLET: Colour = [120.0, 60.0, 150.0];
const STRIPE: Colour = [225.0, 205.0, 60.0];

/// Points of its way.
const POINTS: usize = 240;
/// Levels by which it must differ from what is behind it, as the figures of the net count it.
const LEAST_CONTRAST: f32 = 8.0;

/// One line of a cable.
#[derive(Clone)]
struct Strand {
    way: Way,
    width: f32,
    colour: Colour,
}

/// A cable at its place.
#[derive(Clone)]
pub(crate) struct Cable {
    pub(crate) kind: Kind,
    way: Way,
    width: f32,
    strands: Vec<Strand>,
}

impl Cable {
    /// One that hangs from somewhere to this two-wheeler.
    pub(crate) fn to(bike: &Rect, kind: Kind, rng: &mut Rng) -> Self {
        let near =
            (bike.left + bike.width * (0.35 + 0.3 * rng.f32()), bike.top + 0.25 * bike.height);
        let (aside, up) = ((rng.f32() - 0.5) * 260.0, 170.0 + 90.0 * rng.f32());
        let far = (near.0 + aside, (near.1 - up).max(4.0));
        let way = way(kind, far, near, rng);
        let width = (1.8_f32.ln() + rng.f32() * (6.0_f32 / 1.8).ln()).exp();
        let mut colour = if HELD_OUT.contains(&kind) {
            [GREEN, VIOLET][rng.usize(..2)]
        } else {
            any_colour(rng)
        };
        let light = 0.7 + 0.5 * rng.f32();
        colour = colour.map(|channel| (channel * light).min(250.0));
        let strands = strands(kind, &way, width, colour);
        Self { kind, way, width, strands }
    }

    /// The smallest box around it.
    pub(crate) fn place(&self) -> Rect {
        let (mut left, mut top) = (f32::MAX, f32::MAX);
        let (mut right, mut bottom) = (0.0_f32, 0.0_f32);
        for (x, y) in &self.way {
            (left, top) = (left.min(*x), top.min(*y));
            (right, bottom) = (right.max(*x), bottom.max(*y));
        }
        Rect { left, top, width: right - left, height: bottom - top }
    }

    /// What it is, for a table.
    pub(crate) fn what(&self) -> String {
        format!("{:?} cable, {:.1} px wide", self.kind, self.width)
    }

    /// How many pixels of its way outside of `bike` differ from this picture.
    pub(crate) fn visible_px(&self, picture: &[f32], width: usize, bike: &Rect) -> f32 {
        let height = picture.len() / 3 / width;
        let right = bike.left + bike.width;
        let is_bike = |x: f32, y: f32| (bike.left..right).contains(&x) && y >= bike.top;
        let differs = |x: f32, y: f32, colour: &Colour| {
            let at = 3 * ((y as usize).min(height - 1) * width + (x as usize).min(width - 1));
            let under = &picture[at..at + 3];
            under.iter().zip(colour).any(|(one, other)| (one - other).abs() >= LEAST_CONTRAST)
        };
        let mut visible = 0.0;
        for strand in &self.strands {
            for (from, to) in strand.way.iter().zip(strand.way.iter().skip(1)) {
                if !is_bike(to.0, to.1) && differs(to.0, to.1, &strand.colour) {
                    visible += (to.0 - from.0).hypot(to.1 - from.1);
                }
            }
        }
        // Two strands that are twisted lie side by side.
        if self.kind == Kind::Festoon { visible / 2.0 } else { visible }
    }

    /// Draws it, moved by `shift`, with soft rims.
    pub(crate) fn draw(&self, picture: &mut [f32], width: usize, shift: (f32, f32)) {
        let height = picture.len() / 3 / width;
        for strand in &self.strands {
            let mut cover = vec![0.0_f32; width * height];
            let radius = strand.width / 2.0;
            for (x, y) in dense(&strand.way) {
                let (x, y) = (x - shift.0, y - shift.1);
                let reach = radius + 1.0;
                let span = |middle: f32, most: usize| {
                    (middle - reach).max(0.0) as usize
                        ..((middle + reach).max(0.0) as usize + 1).min(most)
                };
                for row in span(y, height) {
                    for column in span(x, width) {
                        let far = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                        let share = (radius + 0.5 - far).clamp(0.0, 1.0);
                        let cell = &mut cover[row * width + column];
                        *cell = cell.max(share);
                    }
                }
            }
            for (at, share) in cover.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                for (channel, colour) in strand.colour.iter().enumerate() {
                    let value = &mut picture[3 * at + channel];
                    *value += (colour - *value) * share;
                }
            }
        }
    }
}

fn any_colour(rng: &mut Rng) -> Colour {
    let mut dice = rng.u32(..100);
    for (colour, often) in COLOURS {
        if dice < often {
            return colour;
        }
        dice -= often;
    }
    COLOURS[0].0
}

/// From one end to the other.
fn way(kind: Kind, from: (f32, f32), to: (f32, f32), rng: &mut Rng) -> Way {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let span = dx.hypot(dy);
    let (across, amount) = ((-dy / span, dx / span), rng.f32());
    let (turns, hooks) = (1 + rng.u32(..3), 2 + rng.u32(..3));
    let mut point = |step: usize| {
        let t = step as f32 / (POINTS - 1) as f32;
        let (x, y) = (from.0 + t * dx, from.1 + t * dy);
        match kind {
            Kind::Taut => (x, y),
            Kind::Sag => (x, y + (0.05 + 0.25 * amount) * span * 4.0 * t * (1.0 - t)),
            Kind::Bend => {
                let bow = (0.05 + 0.12 * amount) * span * (TAU * 0.8 * t).sin();
                (x + across.0 * bow, y + across.1 * bow)
            }
            Kind::Coil => {
                let radius = (0.06 + 0.08 * amount) * span;
                let turn = TAU * turns as f32 * ((t - 0.3) / 0.4).clamp(0.0, 1.0);
                (x + radius * turn.sin(), y + radius * (1.0 - turn.cos()))
            }
            Kind::Festoon => {
                let part = (t * hooks as f32).fract();
                let hang = (0.1 + 0.2 * amount) * span / hooks as f32 * 8.0 * part * (1.0 - part);
                (x, y + hang)
            }
        }
    };
    (0..POINTS).map(&mut point).collect()
}

/// The lines of which it consists.
fn strands(kind: Kind, way: &Way, width: f32, colour: Colour) -> Vec<Strand> {
    match kind {
        Kind::Coil => {
            let long = (6.0_f32.max(3.0 * width) / 2.0) as usize + 1;
            let pieces = way.windows(long + 1).step_by(long).enumerate();
            pieces
                .map(|(number, piece)| Strand {
                    way: piece.to_vec(),
                    width,
                    colour: if number % 2 == 0 { STRIPE } else { colour },
                })
                .collect()
        }
        Kind::Festoon => {
            let other = colour.map(|channel| channel * 0.55 + 60.0);
            let swung = |side: f32| {
                let moved = way.iter().enumerate().map(move |(step, (x, y))| {
                    let swing =
                        side * 0.45 * width * (step as f32 * 2.0 / (1.6 * width).max(3.0)).sin();
                    (x + swing, y + 0.3 * swing)
                });
                moved.collect::<Way>()
            };
            let strand = |side, colour| Strand { way: swung(side), width: 0.6 * width, colour };
            vec![strand(1.0, colour), strand(-1.0, other)]
        }
        Kind::Taut | Kind::Sag | Kind::Bend => vec![Strand { way: way.clone(), width, colour }],
    }
}

/// The same way with a point every half pixel.
fn dense(way: &Way) -> impl Iterator<Item = (f32, f32)> {
    way.iter().zip(way.iter().skip(1)).flat_map(|(from, to)| {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = (2.0 * dx.hypot(dy)).ceil().max(1.0) as usize;
        (0..steps).map(move |step| {
            let t = step as f32 / steps as f32;
            (from.0 + t * dx, from.1 + t * dy)
        })
    })
}
