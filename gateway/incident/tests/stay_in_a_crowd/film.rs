//! What a detector would see of people whose ways are known: boxes that tremble, that hide each other and
//! that are left out now and then.

use scene::{BoundingBox, Class, Detection};

pub(crate) const PICTURES_A_SECOND: u32 = 12;
/// A person, in shares of the picture.
pub(crate) const WIDTH: f32 = 0.05;
pub(crate) const HEIGHT: f32 = 0.22;

/// Each edge of a box is off by up to this share of its size.
const TREMBLE: f32 = 0.06;
/// So often a box is left out for no reason.
const LEFT_OUT: f32 = 0.04;
/// Of who is hidden by more than this, only a part is seen; by more than the other, nothing.
const HALF_HIDDEN: f32 = 0.35;
const HIDDEN: f32 = 0.7;
/// Of two boxes of a class that overlap more, the detector keeps the surer one.
const SUPPRESSED: f32 = 0.5;

/// Chance that is the same every time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to 1.
    pub(crate) fn share(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// From -1 to 1.
    fn off(&mut self) -> f32 {
        2.0 * self.share() - 1.0
    }
}

/// A person and his way.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) size: f32,
    /// How far down the picture his feet are: who is lower is nearer and hides others.
    pub(crate) foot: f32,
    /// When his middle is where; between these he walks, and before and after them he is not there.
    pub(crate) way: Vec<(f64, f32)>,
}

impl Person {
    /// One who stands at (x, foot) from `from` until `to`.
    pub(crate) fn standing((x, foot): (f32, f32), from: f64, to: f64) -> Self {
        Self { size: 1.0, foot, way: vec![(from, x), (to, x)] }
    }

    pub(crate) fn at(&self, time: f64) -> Option<BoundingBox> {
        let leg = self.way.windows(2).find(|leg| (leg[0].0..leg[1].0).contains(&time))?;
        let [(from, begin), (to, end)] = leg else { return None };
        let x = begin + (end - begin) * share(time - from, to - from);
        let (half, height) = (WIDTH * self.size / 2.0, HEIGHT * self.size);
        let bbox = BoundingBox {
            left: x - half,
            top: self.foot - height,
            right: x + half,
            bottom: self.foot,
        };
        (bbox.left > 0.0 && bbox.right < 1.0).then_some(bbox)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place needs no double precision")]
fn share(part: f64, whole: f64) -> f32 {
    (part / whole) as f32
}

/// How many pass, and how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// People, or pairs of them, a second.
    pub(crate) rate: f32,
    /// Widths of a body a second.
    pub(crate) speed: (f32, f32),
}

impl Crowd {
    /// All who pass in this many seconds.
    pub(crate) fn people(self, seed: u64, seconds: f64) -> Vec<Person> {
        let mut dice = Dice::new(seed);
        let mut people = Vec::new();
        // The street is full at the start.
        let mut time = -60.0;
        while time < seconds {
            time += f64::from(-(1.0 - dice.share()).ln() / self.rate);
            let speed = WIDTH * (self.speed.0 + dice.share() * (self.speed.1 - self.speed.0));
            let (right, foot) = (dice.share() < 0.5, 0.62 + 0.12 * dice.off());
            let lasts = f64::from((1.0 + 2.0 * WIDTH) / speed);
            let (begin, end) = if right { (-WIDTH, 1.0 + WIDTH) } else { (1.0 + WIDTH, -WIDTH) };
            let together = if dice.share() < 0.3 { 2_u8 } else { 1 };
            for n in 0..together {
                let from = time + f64::from(f32::from(n) * 0.9 * WIDTH / speed);
                let way = vec![(from, begin), (from + lasts, end)];
                people.push(Person {
                    size: 0.9 + 0.2 * dice.share(),
                    foot: foot + 0.01 * f32::from(n),
                    way,
                });
            }
        }
        people
    }
}

/// All pictures of these people.
pub(crate) fn film(people: &[Person], pictures: usize, seed: u64) -> Vec<Vec<Detection>> {
    let mut dice = Dice::new(seed);
    let times = (0_u32..).take(pictures).map(|n| f64::from(n) / f64::from(PICTURES_A_SECOND));
    let there =
        |time: f64| people.iter().filter_map(move |person| person.at(time)).collect::<Vec<_>>();
    times.map(|time| picture(&there(time), &mut dice)).collect()
}

/// What is seen of people in these places.
fn picture(there: &[BoundingBox], dice: &mut Dice) -> Vec<Detection> {
    let mut found: Vec<Detection> = Vec::new();
    for bbox in there {
        let hides = there.iter().filter(|other| other.bottom > bbox.bottom);
        let share = |other: &BoundingBox| bbox.common_area(other) / bbox.area();
        let worst = hides.max_by(|a, b| share(a).total_cmp(&share(b)));
        let hidden = worst.map_or(0.0, share);
        let score = 0.68 - 0.6 * hidden + 0.12 * dice.off();
        let (trembling, left_out) = (tremble(bbox, dice), dice.share() < LEFT_OUT);
        if left_out || hidden > HIDDEN || score < 0.1 {
            continue;
        }
        let bbox = match worst {
            Some(other) if hidden > HALF_HIDDEN => visible_part(bbox, trembling, other),
            _ => trembling,
        };
        found.push(Detection { class: Class::new("person"), score, bbox });
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for seen in found {
        if !kept.iter().any(|surer| surer.bbox.iou(&seen.bbox) > SUPPRESSED) {
            kept.push(seen);
        }
    }
    kept
}

fn tremble(bbox: &BoundingBox, dice: &mut Dice) -> BoundingBox {
    let (x, y) = (TREMBLE * bbox.width(), TREMBLE * bbox.height());
    BoundingBox {
        left: bbox.left + x * dice.off(),
        top: bbox.top + y * dice.off(),
        right: bbox.right + x * dice.off(),
        bottom: bbox.bottom + y * dice.off(),
    }
}

/// What of `seen`, the box of who is at `bbox`, is not behind `other`; three tenths at least.
fn visible_part(bbox: &BoundingBox, seen: BoundingBox, other: &BoundingBox) -> BoundingBox {
    let least = 0.3 * bbox.width();
    if other.centre().x > bbox.centre().x {
        BoundingBox { right: seen.right.min(other.left.max(bbox.left + least)), ..seen }
    } else {
        BoundingBox { left: seen.left.max(other.right.min(bbox.right - least)), ..seen }
    }
}
