//! A drawn street: rough ground, noise, light, things and shadows, shown to a watch look by look.

use fastrand::Rng;
use scene::{BoundingBox, CaptureTime, Point, Polygon};
use standing::{Findings, Picture, Settings, Workbench, ZoneLook, ZoneWatch};

pub(crate) const WIDTH: usize = 320;
pub(crate) const HEIGHT: usize = 240;

/// Looks in which a thing is told at the latest: half of the median's, those of a thing, and a few.
pub(crate) const PATIENCE: usize = 20;

/// A street and the watch that looks at it, once a second unless told otherwise.
pub(crate) struct Street {
    pub(crate) watch: ZoneWatch,
    ground: Vec<f32>,
    noise: f32,
    rng: Rng,
    secs: i64,
    /// Seconds from one look to the next.
    pub(crate) every_secs: i64,
    bench: Workbench,
    pub(crate) moving: Vec<BoundingBox>,
}

/// A rectangle in pixels: left, top, width, height.
pub(crate) type Rect = (usize, usize, usize, usize);

impl Street {
    pub(crate) fn new(noise: f32) -> Self {
        Self::with(Settings::default(), noise)
    }

    pub(crate) fn with(settings: Settings, noise: f32) -> Self {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let zone = Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec()).expect("a square");
        Self {
            watch: ZoneWatch::new(zone, settings),
            ground: ground(3),
            noise,
            rng: Rng::with_seed(1),
            secs: 0,
            every_secs: 1,
            bench: Workbench::default(),
            moving: Vec::new(),
        }
    }

    /// The sensor is as noisy from now on, a standard deviation.
    pub(crate) const fn set_noise(&mut self, noise: f32) {
        self.noise = noise;
    }

    /// Another camera, or this one turned: other ground.
    pub(crate) fn turn(&mut self, seed: u64) {
        self.ground = ground(seed);
    }

    /// One look, painted by `paint` from the grey of the ground: red, green and blue of a pixel.
    pub(crate) fn look(&mut self, paint: impl Fn(usize, usize, f32) -> [f32; 3]) -> Findings {
        let mut pixels = Vec::with_capacity(3 * WIDTH * HEIGHT);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let dice: f32 = (0..4).map(|_| self.rng.f32()).sum::<f32>() - 2.0;
                let noise = self.noise * 1.73 * dice;
                pixels.extend(paint(x, y, self.ground[y * WIDTH + x]).map(|v| byte(v + noise)));
            }
        }
        self.secs += self.every_secs;
        let look = ZoneLook {
            picture: Picture::new(WIDTH, HEIGHT, &pixels).expect("a picture"),
            time: CaptureTime::from_unix_micros(self.secs * 1_000_000),
            moving: &self.moving,
        };
        self.watch.look(&look, &mut self.bench)
    }

    /// `count` looks of the same; how many told something, and the last.
    pub(crate) fn looks(
        &mut self,
        count: usize,
        paint: impl Fn(usize, usize, f32) -> [f32; 3],
    ) -> (usize, Findings) {
        let mut told = 0;
        let mut last = None;
        for _ in 0..count {
            let findings = self.look(&paint);
            told += usize::from(!findings.standing.is_empty());
            last = Some(findings);
        }
        (told, last.expect("at least one look"))
    }

    /// The first looks, of the empty street.
    pub(crate) fn learned(noise: f32) -> Self {
        let mut street = Self::new(noise);
        street.looks(14, |_, _, ground| grey(ground));
        street
    }
}

pub(crate) fn grey(value: f32) -> [f32; 3] {
    [value; 3]
}

/// A carton in a rectangle: a front with a seam, brown; elsewhere the ground.
pub(crate) fn carton(rect: Rect, x: usize, y: usize, ground: f32) -> [f32; 3] {
    let (left, top, width, height) = rect;
    if !(left..left + width).contains(&x) || !(top..top + height).contains(&y) {
        return grey(ground);
    }
    let seam = (x - left).abs_diff(width / 2) < 2;
    let lid = y - top < height / 4;
    let light = if seam {
        1.25
    } else if lid {
        1.1
    } else {
        0.85
    };
    [170.0 * light, 130.0 * light, 85.0 * light]
}

/// A rectangle of pixels in shares of the zone.
pub(crate) fn share((left, top, width, height): Rect) -> BoundingBox {
    BoundingBox {
        left: left as f32 / WIDTH as f32,
        top: top as f32 / HEIGHT as f32,
        right: (left + width) as f32 / WIDTH as f32,
        bottom: (top + height) as f32 / HEIGHT as f32,
    }
}

/// Grey from 75 to 135 in patches of three sizes, and dark joints.
fn ground(seed: u64) -> Vec<f32> {
    let mut rng = Rng::with_seed(seed);
    let mut grey = vec![105.0; WIDTH * HEIGHT];
    for (patch, strength) in [(32, 14.0), (7, 9.0), (2, 7.0)] {
        let columns = WIDTH / patch + 1;
        let dice: Vec<f32> = (0..columns * (HEIGHT / patch + 1)).map(|_| rng.f32() - 0.5).collect();
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                grey[y * WIDTH + x] += 2.0 * strength * dice[y / patch * columns + x / patch];
            }
        }
    }
    let mut joints =
        |length: usize| -> Vec<usize> { (0..7).map(|_| rng.usize(..length)).collect() };
    let (columns, rows) = (joints(WIDTH), joints(HEIGHT));
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let joint = columns.iter().any(|at| x.abs_diff(*at) < 2)
                || rows.iter().any(|at| y.abs_diff(*at) < 2);
            if joint {
                grey[y * WIDTH + x] -= 45.0;
            }
        }
    }
    grey
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}
