//! What a look costs, and how much that is in blurs of the same picture.
//!
//! `cargo run --release -p standing --example standing_cost`
#![expect(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "the figures are the example's output"
)]

use scene::{CaptureTime, Point, Polygon};
use standing::{Picture, Settings, Workbench, ZoneLook, ZoneWatch};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const LEARNING: usize = 12;
const LOOKS: usize = 160;
const BLURS: usize = 2000;

fn main() -> Fallible<()> {
    for (width, height) in [(320, 240), (480, 360), (960, 720), (1920, 1080)] {
        let (look, blur) = (look_ms(width, height)?, blur_ms(width, height)?);
        println!(
            "{width}x{height}: {look:.2} ms a look, {:.1} times a blur of {blur:.2} ms",
            look / blur
        );
    }
    Ok(())
}

/// The mean over the looks; those of the learning are left out. In the second half a thing stands
/// there.
fn look_ms(width: usize, height: usize) -> Fallible<f64> {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let zone = Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec())?;
    let mut watch = ZoneWatch::new(zone, Settings::default());
    let mut bench = Workbench::default();
    let looks: Vec<Vec<u8>> = (0..12).map(|i| picture(width, height, i, i >= 6)).collect();
    let mut begun = 0.0;
    for look in 0..LEARNING + LOOKS {
        if look == LEARNING {
            begun = processor_ms()?;
        }
        let part = if look < LEARNING + LOOKS / 2 { 0 } else { 6 };
        let shown = ZoneLook {
            picture: Picture::new(width, height, &looks[part + look % 6])?,
            time: CaptureTime::from_unix_micros(look as i64 * 1_000_000),
            moving: &[],
        };
        std::hint::black_box(watch.look(&shown, &mut bench));
    }
    Ok((processor_ms()? - begun) / LOOKS as f64)
}

/// A box blur of three by three pixels in the working size, three channels: the floor.
fn blur_ms(width: usize, height: usize) -> Fallible<f64> {
    let (width, height) = if width > 480 { (480, 480 * height / width) } else { (width, height) };
    let pixels = picture(width, height, 1, false);
    let stride = 3 * width;
    let mut sums = vec![0_u16; stride];
    let mut out = pixels.clone();
    let begun = processor_ms()?;
    for _ in 0..BLURS {
        for y in 1..height - 1 {
            let rows = [y - 1, y, y + 1].map(|y| &pixels[y * stride..][..stride]);
            let three = rows[0].iter().zip(rows[1]).zip(rows[2]);
            for (sum, ((a, b), c)) in sums.iter_mut().zip(three) {
                *sum = u16::from(*a) + u16::from(*b) + u16::from(*c);
            }
            let three = sums.iter().zip(&sums[3..]).zip(&sums[6..]);
            for (out, ((a, b), c)) in out[y * stride + 3..][..stride - 6].iter_mut().zip(three) {
                *out = ((u32::from(a + b + c) * 7282) >> 16) as u8;
            }
        }
        std::hint::black_box(&out);
    }
    Ok((processor_ms()? - begun) / BLURS as f64)
}

/// Milliseconds for which this thread has had a processor: others on the machine do not count.
fn processor_ms() -> Fallible<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanos / 1e6)
}

/// Rough ground with noise, and perhaps a thing.
fn picture(width: usize, height: usize, seed: usize, thing: bool) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed as u64);
    let mut pixels = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x * 480 / width, y * 480 / width);
            let ground = 80 + (u / 7 * 31 + v / 5 * 17) % 40 + rng.usize(..6);
            let inside = thing && (200..260).contains(&u) && (120..180).contains(&v);
            let grey = if inside { 200 - (v % 9) * 6 } else { ground };
            pixels.extend([grey as u8, grey as u8, (grey * 9 / 10) as u8]);
        }
    }
    pixels
}
