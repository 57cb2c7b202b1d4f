//! Computed pictures of one made-up street: patches of light and shade, fine texture, sensor noise.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use scene::Appearance;

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
/// Pixels from one patch to the next: two cells of the grid.
const PATCH: usize = 20;

/// The look of the `n`th picture: `s` the sound view, `i` by infrared lamps (flat, bright, a fifth
/// of the patches inverted), `g` at dusk, `m` with traffic over a third of it, `c` covered, `t`
/// turned by a third, `v` tilted by a third, `b` out of focus, `d` in the dark, `f` frozen and coded again, `.` one
/// that cannot be looked at.
pub(crate) fn picture(letter: &str, n: u32) -> Option<Appearance> {
    // Each is computed once for all tests.
    static LOOKS: Mutex<BTreeMap<(String, u32), Option<Appearance>>> = Mutex::new(BTreeMap::new());
    let mut looks = LOOKS.lock().unwrap();
    looks.entry((letter.to_owned(), n)).or_insert_with(|| compute(letter, n as usize)).clone()
}

fn compute(letter: &str, n: usize) -> Option<Appearance> {
    let plane = match letter {
        "d" => taken("s", n).iter().map(|luma| 16 + luma / 32).collect(),
        "f" => coded_again(&taken("s", 0), n),
        "m" => traffic(n),
        "." => return None,
        _ => taken(letter, n),
    };
    Some(Appearance::of_luma(&plane, WIDTH, HEIGHT, WIDTH).unwrap())
}

/// A view as the sensor takes it: its noise, 0 to 4, is another in each picture.
fn taken(letter: &str, n: usize) -> Vec<u8> {
    // Dice for every pixel of every picture would take most of the tests' time. So they are thrown
    // for one, and each picture begins to read them elsewhere.
    static NOISE: LazyLock<Vec<u8>> =
        LazyLock::new(|| plane(|x, y| level(hash(x, y, 1000) % 5)).repeat(2));
    let first = n * 7919 % (WIDTH * HEIGHT);
    view(letter).iter().zip(&NOISE[first..]).map(|(luma, noise)| luma + noise).collect()
}

/// What stands before the camera, computed once for all pictures of it.
fn view(letter: &str) -> Arc<[u8]> {
    static VIEWS: Mutex<BTreeMap<String, Arc<[u8]>>> = Mutex::new(BTreeMap::new());
    let mut views = VIEWS.lock().unwrap();
    let computed = || match letter {
        "s" => plane(street),
        "t" => plane(|x, y| street(x + WIDTH / 3, y)),
        "v" => plane(|x, y| street(x, y + HEIGHT / 3)),
        "i" => plane(infrared),
        "g" => plane(|x, y| 20 + street(x, y) / 4),
        "b" => out_of_focus(),
        "c" => plane(|x, y| level(70 + x / 8 + y / 6)),
        _ => unreachable!("no view is called {letter}"),
    };
    Arc::clone(views.entry(letter.to_owned()).or_insert_with(|| computed().into()))
}

fn plane(luma: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))).map(|(x, y)| luma(x, y)).collect()
}

fn street(x: usize, y: usize) -> u8 {
    patch(x, y) + texture(x, y)
}

/// Half as contrasty, brighter; foliage and clothes shine, which turns light and shade around.
fn infrared(x: usize, y: usize) -> u8 {
    let shines = hash(x / PATCH, y / PATCH, 77).is_multiple_of(5);
    if shines { 220 - street(x, y) / 2 } else { 100 + street(x, y) / 2 }
}

/// Four large vehicles, elsewhere in each picture: together over a third of it.
fn traffic(n: usize) -> Vec<u8> {
    let mut plane = taken("s", n);
    for lane in 0..4 {
        let left = (n * 37 + lane * 83) % (WIDTH - 72);
        let shade = level(hash(lane, n / 3, 5) % 200);
        for y in lane * 44..(lane * 44 + 44).min(HEIGHT) {
            for x in left..left + 72 {
                plane[y * WIDTH + x] = shade + texture(x - left, y);
            }
        }
    }
    plane
}

/// A box filter over nine pixels.
fn out_of_focus() -> Vec<u8> {
    let clear = plane(street);
    plane(|x, y| {
        let around =
            (0..9).map(|i| usize::from(clear[y * WIDTH + (x + i).clamp(4, WIDTH + 3) - 4]));
        level(around.sum::<usize>() / 9)
    })
}

/// 20 to 180, smooth from patch to patch.
fn patch(x: usize, y: usize) -> u8 {
    let corner = |right, down| hash(x / PATCH + right, y / PATCH + down, 1) % 160;
    let (right, down) = (x % PATCH, y % PATCH);
    let upper = corner(0, 0) * (PATCH - right) + corner(1, 0) * right;
    let lower = corner(0, 1) * (PATCH - right) + corner(1, 1) * right;
    level(20 + (upper * (PATCH - down) + lower * down) / (PATCH * PATCH))
}

/// 0 to 30: bricks, leaves, letters.
fn texture(x: usize, y: usize) -> u8 {
    level(hash(x / 2, y / 2, 2) % 31)
}

/// One block of eight by eight pixels in 32 is a level brighter, others in each picture.
fn coded_again(plane: &[u8], n: usize) -> Vec<u8> {
    let brighter = |i: usize| {
        let (x, y) = (i % WIDTH, i / WIDTH);
        u8::from(hash(x / 8, y / 8, 2000 + n).is_multiple_of(32))
    };
    plane.iter().enumerate().map(|(i, luma)| luma + brighter(i)).collect()
}

fn level(luma: usize) -> u8 {
    u8::try_from(luma).unwrap()
}

fn hash(x: usize, y: usize, salt: usize) -> usize {
    let mixed = (x * 0x9E37_79B1) ^ (y * 0x85EB_CA77) ^ (salt * 0xC2B2_AE3D);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    ((mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39) >> 16) & 0xFFFF
}
