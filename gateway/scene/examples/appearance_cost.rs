//! What looking at one picture of 1920x1080 as a whole costs.
//!
//! `cargo run --release -p scene --example appearance_cost`
#![expect(clippy::print_stdout, reason = "the figure is the example's output")]

use std::time::Instant;

use scene::Appearance;

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;
const PICTURES: u32 = 2_000;

fn main() {
    // Two pictures in turn, so that neither stays in the processor's nearest caches.
    let planes = [7_usize, 13].map(|step| {
        let luma = |i: usize| u8::try_from(i * step % 251).unwrap_or_default();
        (0..WIDTH * HEIGHT).map(luma).collect::<Vec<u8>>()
    });
    let begun = Instant::now();
    let mut seen = 0.0;
    for plane in planes.iter().cycle().take(PICTURES as usize) {
        let look = Appearance::of_luma(plane, WIDTH, HEIGHT, WIDTH);
        seen += look.map_or(0.0, |look| look.sharpness());
    }
    let micros = begun.elapsed().as_secs_f64() * 1e6 / f64::from(PICTURES);
    println!("{micros:.1} us a picture ({seen:.0})");
}
