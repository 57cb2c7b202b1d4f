//! What the second look says of crops, to measure it on pictures of one's own: a line for each crop comes in,
//! and the same line with the answer goes out.
//!
//! ```text
//! echo street.jpg 640 360 100 50 220 180 | cargo run --example second_look -- models/efficientnet-lite0
//! ```
//!
//! The numbers are the picture's width and height and the box's left, top, right and bottom, in pixels. In the
//! end it says what a look takes, and what the model holds in memory.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a table for a person; sides of crops are small"
)]

use std::error::Error;
use std::io::{BufRead, stdin};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use detector::{RgbPicture, Runtime, SecondLook, SecondLookFiles, square_around};
use scene::BoundingBox;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name the folder of the model")?;
    let library = std::env::var_os("ORT_DYLIB_PATH").ok_or("ORT_DYLIB_PATH is not set")?;
    let runtime = Runtime::load(Path::new(&library))?;
    let files = SecondLookFiles::read(Path::new(&folder))?;
    let without = resident_kib()?;
    let mut model = SecondLook::of(&runtime, &files)?;
    let (mut looks, mut took) = (0, Duration::ZERO);
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [file, width, height, left, top, right, bottom] = words.as_slice() else {
            return Err(format!("`{line}`: expected a picture and six numbers").into());
        };
        let size: (u32, u32) = (width.parse()?, height.parse()?);
        let (width, height) = (size.0 as f32, size.1 as f32);
        let bbox = BoundingBox {
            left: left.parse::<f32>()? / width,
            top: top.parse::<f32>()? / height,
            right: right.parse::<f32>()? / width,
            bottom: bottom.parse::<f32>()? / height,
        };
        let pixels = decoded(file, size)?;
        let (width, height) = (size.0 as usize, size.1 as usize);
        let picture = RgbPicture { width, height, stride: 3 * width, pixels: &pixels };
        let square = square_around(&bbox, size);
        let started = cpu_time()?;
        let answer = model.look(&picture, &square, square.side as u32)?;
        (looks, took) = (looks + 1, took + (cpu_time()? - started));
        println!("{line} {answer:?}");
    }
    let (each, held) = (took / looks.max(1), (resident_kib()? - without) / 1024);
    eprintln!(
        "{looks} looks, {each:.1?} of a core each; the model and what it works with hold {held} MiB"
    );
    Ok(())
}

/// For how long this thread has had a core: on a busy machine a look lasts longer.
fn cpu_time() -> Result<Duration, Box<dyn Error>> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = told.split(' ').next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// What this process holds in memory, beside the files that it maps.
fn resident_kib() -> Result<i64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    Ok(line.ok_or("no RssAnon")?.trim().trim_end_matches(" kB").parse()?)
}

fn decoded(file: &str, (width, height): (u32, u32)) -> Result<Vec<u8>, Box<dyn Error>> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i", file, "-frames:v", "1", "-f", "rawvideo"])
        .args(["-pix_fmt", "rgb24", "-"])
        .output()?;
    if output.stdout.len() == width as usize * height as usize * 3 {
        return Ok(output.stdout);
    }
    Err(format!("{file}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
