//! Things drawn into recorded looks: boxes, bags, planks, white goods, each with its shadow.

use fastrand::Rng;

use crate::place::Rect;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Carton,
    Bag,
    Plank,
    WhiteGoods,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::Carton, Kind::Bag, Kind::Plank, Kind::WhiteGoods];

type Colour = [f32; 3];

/// A thing at its place.
#[derive(Clone)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    pub(crate) place: Rect,
    colour: Colour,
    grain: Vec<f32>,
    shadow: f32,
    lean: f32,
    angle: f32,
}

const GRAIN: usize = 16;

impl Thing {
    /// A thing of a random colour, `size` pixels high, somewhere in a zone; none if it is too large.
    pub(crate) fn placed(kind: Kind, size: f32, zone: &Rect, rng: &mut Rng) -> Option<Self> {
        let dice = (rng.f32(), rng.f32());
        let place = zone.foothold((size * aspect(kind), size), dice)?;
        let base: Colour = match kind {
            Kind::Carton => [165.0, 130.0, 90.0],
            Kind::Bag => {
                [[40.0, 42.0, 48.0], [60.0, 70.0, 120.0], [130.0, 50.0, 50.0], [90.0, 95.0, 90.0]]
                    [rng.usize(..4)]
            }
            Kind::Plank => [185.0, 150.0, 105.0],
            Kind::WhiteGoods => [222.0, 224.0, 226.0],
        };
        let mut shifted = || 0.8 + 0.4 * rng.f32();
        let all = shifted();
        let colour = base.map(|channel| (channel * all * (0.9 + 0.2 * shifted() / 1.2)).min(240.0));
        let grain = (0..GRAIN * GRAIN).map(|_| rng.f32() * 2.0 - 1.0).collect();
        let lean = if rng.bool() { 1.0 } else { -1.0 };
        let (shadow, angle) = (0.45 + 0.3 * rng.f32(), rng.f32() * 0.9 - 0.45);
        Some(Self { kind, place, colour, grain, shadow, lean, angle })
    }

    /// Draws it, moved by `shift`, with four samples a pixel.
    pub(crate) fn draw(&self, picture: &mut [f32], width: usize, shift: (f32, f32)) {
        let height = picture.len() / 3 / width;
        let size = self.place.height;
        let (left, top) = (self.place.left - shift.0, self.place.top - shift.1);
        let (right, bottom) = (left + self.place.width, top + size);
        let reach = 0.9 * size;
        let from = ((top - 2.0).max(0.0) as usize, (left - reach).max(0.0) as usize);
        let to =
            (((bottom + reach * 0.4) as usize).min(height), ((right + reach) as usize).min(width));
        for y in from.0..to.0 {
            for x in from.1..to.1 {
                let pixel = &mut picture[3 * (y * width + x)..][..3];
                let mut sum = [0.0; 3];
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let u = (x as f32 + dx - left) / size;
                    let v = (y as f32 + dy - top) / size;
                    let under = [pixel[0], pixel[1], pixel[2]];
                    let seen = self.at(u, v).unwrap_or_else(|| under.map(|c| c * self.shade(u, v)));
                    sum = [0, 1, 2].map(|c| sum[c] + seen[c] / 4.0);
                }
                pixel.copy_from_slice(&sum);
            }
        }
    }

    /// The factor of its shadow on the ground: a slanted patch from its foot, soft at the rim.
    fn shade(&self, u: f32, v: f32) -> f32 {
        let wide = aspect(self.kind);
        let along = (v - 1.0) / 0.28;
        let middle = wide / 2.0 + self.lean * 0.35 * wide;
        let across = (u - middle).abs() / (wide * 0.75);
        let depth = (1.0 - (along * along + across * across).sqrt()) * 4.0;
        1.0 - (1.0 - self.shadow) * depth.clamp(0.0, 1.0)
    }

    fn grain_at(&self, u: f32, v: f32) -> f32 {
        let cell = |value: f32| (value * GRAIN as f32).max(0.0) as usize % GRAIN;
        self.grain[cell(v) * GRAIN + cell(u)]
    }

    /// The colour at a place in units of its size, none beside it.
    fn at(&self, u: f32, v: f32) -> Option<Colour> {
        let lit = |factor: f32, grain: f32| {
            let grain = grain * self.grain_at(u, v);
            self.colour.map(|c| (c * factor + grain).clamp(0.0, 250.0))
        };
        match self.kind {
            Kind::Carton => self.block(u, v, 0.22).map(|face| {
                let tape = face == Face::Front && (u - 0.36).abs() < 0.05;
                lit(face.light() * if tape { 1.2 } else { 1.0 }, 6.0)
            }),
            Kind::WhiteGoods => self.block(u, v, 0.08).map(|face| {
                let seam = face == Face::Front && (v - 0.42).abs() < 0.012;
                let handle = face == Face::Front && (u - 0.08).abs() < 0.02 && v > 0.5 && v < 0.7;
                lit(face.light() * if seam || handle { 0.5 } else { 1.0 }, 2.0)
            }),
            Kind::Bag => {
                let (x, y) = ((u - 0.5) / 0.5, (v - 0.6) / 0.4);
                let body = x.abs().powf(2.6) + y.abs().powf(2.6) <= 1.0;
                let ring = (u - 0.5).hypot(v - 0.22);
                let handle = v < 0.3 && (0.16..0.22).contains(&ring);
                let fold = 1.0 + 0.35 * (x * 5.0 + y * 2.0).sin() * (1.0 - y.abs()).max(0.0);
                (body || handle).then(|| lit((1.15 - 0.3 * y) * fold, 8.0))
            }
            Kind::Plank => {
                let (x, y) = (u - 0.75, v - 0.5);
                let (sin, cos) = self.angle.sin_cos();
                let (along, across) = (x * cos + y * sin, y * cos - x * sin);
                let inside = along.abs() < 0.72 && across.abs() < 0.085;
                let edge = across > 0.05;
                inside.then(|| lit(if edge { 0.6 } else { 1.0 }, 10.0))
            }
        }
    }

    /// A block seen a little from above and from its left: front, top and right side.
    fn block(&self, u: f32, v: f32, rise: f32) -> Option<Face> {
        let wide = aspect(self.kind);
        let front = 0.75 * wide;
        let slant = (wide - front) / rise.max(0.01);
        if (0.0..front).contains(&u) && (rise..1.0).contains(&v) {
            return Some(Face::Front);
        }
        let back = slant * (rise - v);
        if (0.0..rise).contains(&v) && (back..front + back).contains(&u) {
            return Some(Face::Top);
        }
        let lift = (u - front) / slant;
        ((front..wide).contains(&u) && (rise - lift..1.0 - lift).contains(&v)).then_some(Face::Side)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Front,
    Top,
    Side,
}

impl Face {
    fn light(self) -> f32 {
        match self {
            Self::Front => 0.95,
            Self::Top => 1.1,
            Self::Side => 0.68,
        }
    }
}

/// Width over height.
fn aspect(kind: Kind) -> f32 {
    match kind {
        Kind::Carton => 1.1,
        Kind::Bag => 1.0,
        Kind::Plank => 1.5,
        Kind::WhiteGoods => 0.7,
    }
}
