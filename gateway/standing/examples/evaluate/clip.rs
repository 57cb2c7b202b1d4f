//! Looks out of recorded clips, and looks sent through an encoder, by the ffmpeg program.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Any failure here ends the program; it says what was tried.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Pictures of one size, three bytes a pixel.
#[derive(Clone, Default)]
pub(crate) struct Clip {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) looks: Vec<Vec<u8>>,
}

impl Clip {
    /// Decodes `path`, `per_second` looks a second, scaled to `width` x `height`.
    pub(crate) fn decoded(
        path: &Path,
        (width, height): (usize, usize),
        per_second: f64,
    ) -> Fallible<Self> {
        let filter = format!("fps={per_second},scale={width}:{height}");
        let mut child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(path)
            .args(["-vf", &filter, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut bytes = Vec::new();
        child.stdout.take().ok_or("no output")?.read_to_end(&mut bytes)?;
        if !child.wait()?.success() {
            return Err(format!("ffmpeg cannot decode {}", path.display()).into());
        }
        let looks: Vec<Vec<u8>> =
            bytes.chunks_exact(3 * width * height).map(<[u8]>::to_vec).collect();
        if looks.is_empty() {
            return Err(format!("{} holds no picture", path.display()).into());
        }
        Ok(Self { width, height, looks })
    }

    /// The same looks as a camera that has to save bits would send them: each a key frame, at this
    /// quantiser.
    pub(crate) fn squeezed(self, quantiser: u32) -> Fallible<Self> {
        let size = format!("{}x{}", self.width, self.height);
        let encoder = ["-c:v", "libx264", "-preset", "veryfast", "-g", "1", "-bf", "0"];
        let mut child = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size, "-i", "-"])
            .args(encoder)
            .args(["-qp", &quantiser.to_string(), "-pix_fmt", "yuv420p", "-threads", "1"])
            .args(["-f", "h264", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let encoded = through(&mut child, self.looks)?;
        let mut child = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "h264", "-i", "-", "-fps_mode", "passthrough"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let decoded = through(&mut child, vec![encoded])?;
        let frame = 3 * self.width * self.height;
        let looks = decoded.chunks_exact(frame).map(<[u8]>::to_vec).collect();
        Ok(Self { looks, ..self })
    }
}

/// Writes `input` to a program while its output is read.
fn through(child: &mut std::process::Child, input: Vec<Vec<u8>>) -> Fallible<Vec<u8>> {
    let mut stdin = child.stdin.take().ok_or("no input")?;
    let mut stdout = child.stdout.take().ok_or("no output")?;
    let writer =
        std::thread::spawn(move || input.iter().try_for_each(|part| stdin.write_all(part)));
    let mut bytes = Vec::new();
    stdout.read_to_end(&mut bytes)?;
    writer.join().map_err(|_| "the writer panicked")??;
    if child.wait()?.success() { Ok(bytes) } else { Err("ffmpeg failed".into()) }
}
