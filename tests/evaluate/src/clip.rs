//! Pictures out of recorded clips and photographs, by the ffmpeg program.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::fallible::Fallible;

/// Pictures of one size, red, green, blue: three bytes a pixel.
#[derive(Clone, Default)]
pub(crate) struct Clip {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pictures: Vec<Vec<u8>>,
}

/// Pictures a second that are kept of a clip.
pub(crate) const PACE: f64 = 2.0;

impl Clip {
    /// The pictures of `path`, [`PACE`] of them a second.
    pub(crate) fn recorded(path: &Path, size: (usize, usize)) -> Fallible<Self> {
        Self::decoded(path, size, &["-vf", &format!("fps={PACE}")])
    }

    /// A photograph, or one picture of a clip.
    pub(crate) fn photograph(path: &Path, secs: f64, size: (usize, usize)) -> Fallible<Self> {
        let seek = format!("trim=start={secs}");
        let mut filter: &[&str] = &["-frames:v", "1"];
        let sought = ["-vf", seek.as_str(), "-frames:v", "1"];
        if secs > 0.0 {
            filter = &sought;
        }
        Self::decoded(path, size, filter)
    }

    fn decoded(path: &Path, (width, height): (usize, usize), filter: &[&str]) -> Fallible<Self> {
        let mut child = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(path)
            .args(filter)
            .args(["-f", "rawvideo", "-pix_fmt", "rgb24", "-"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut bytes = Vec::new();
        child.stdout.take().ok_or("no output")?.read_to_end(&mut bytes)?;
        if !child.wait()?.success() {
            return Err(format!("ffmpeg cannot decode {}", path.display()).into());
        }
        let picture = 3 * width * height;
        if bytes.is_empty() || bytes.len() % picture != 0 {
            let path = path.display();
            return Err(format!("{path} holds no pictures of {width} x {height}").into());
        }
        let pictures = bytes.chunks_exact(picture).map(<[u8]>::to_vec).collect();
        Ok(Self { width, height, pictures })
    }
}

/// Width and height of a clip or photograph.
pub(crate) fn size_of(path: &Path) -> Fallible<(usize, usize)> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height"])
        .args(["-of", "csv=p=0"])
        .arg(path)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut sides = text.trim().split(',').map(str::parse);
    match (sides.next(), sides.next()) {
        (Some(Ok(width)), Some(Ok(height))) => Ok((width, height)),
        _ => Err(format!("{} is no clip or photograph", path.display()).into()),
    }
}
