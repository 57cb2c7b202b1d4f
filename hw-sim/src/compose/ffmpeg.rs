//! ffmpeg at both ends: it decodes clips and photographs, and it encodes a camera's stream. The
//! pictures between them are raw I420, so that every edit falls on exactly one picture.

use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::crop::CropPx;
use super::error::ComposeError;
use super::picture::Picture;
use super::recipe::{Composition, Overlay};

/// Pictures a second of every composed scene.
pub(super) const PICTURES_PER_SEC: u32 = 25;

/// The same settings as for the recorded clips: Constrained Baseline, a key frame every 2 s, no B
/// frames. One thread, so that every machine makes the same file.
const CAMERA: &str = "-c:v libx264 -threads 1 -preset veryfast -profile:v baseline -bf 0 -g 50 \
    -keyint_min 50 -sc_threshold 0 -b:v 1500k -maxrate 2000k -bufsize 1500k -pix_fmt yuv420p";

/// The pictures of the base, in order.
pub(super) struct Decoder {
    child: Child,
    pictures: ChildStdout,
    base: PathBuf,
}

impl Decoder {
    /// Starts to decode the base of `scene` in a loop.
    pub(super) fn start(scene: &Composition, media: &Path) -> Result<Self, ComposeError> {
        let base = media.join(&scene.base);
        let mut command = ffmpeg();
        command.args(["-stream_loop", "-1", "-i"]).arg(&base);
        command.arg("-vf").arg(format!("fps={PICTURES_PER_SEC}"));
        command.args(["-ss", &scene.base_from.as_secs_f64().to_string(), "-an"]);
        command.args(["-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ComposeError::NoFfmpeg)?;
        let pictures = child.stdout.take().ok_or_else(|| no_pipe("decode"))?;
        Ok(Self { child, pictures, base })
    }

    /// Reads the next picture into `picture`.
    pub(super) fn next(&mut self, picture: &mut Picture) -> Result<(), ComposeError> {
        for plane in picture.planes_mut() {
            if self.pictures.read_exact(&mut plane.samples).is_err() {
                let task = format!("decode {}", self.base.display());
                return Err(ComposeError::Ffmpeg { task, reason: complaint(&mut self.child) });
            }
        }
        Ok(())
    }
}

impl Drop for Decoder {
    /// ffmpeg loops for ever: it has to be killed.
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A stream on its way into a file.
pub(super) struct Encoder {
    child: Child,
    pictures: ChildStdin,
    path: PathBuf,
}

impl Encoder {
    /// Starts to write pictures of `size_px` to `path`.
    pub(super) fn start(
        scene: &Composition,
        size_px: (u16, u16),
        path: &Path,
    ) -> Result<Self, ComposeError> {
        let mut command = ffmpeg();
        command.args(["-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size"]);
        command.arg(format!("{}x{}", size_px.0, size_px.1));
        command.args(["-framerate", &PICTURES_PER_SEC.to_string(), "-i", "pipe:0"]);
        command.args(CAMERA.split_whitespace());
        command.arg("-metadata").arg(format!("title=COMPOSED SCENE: {}", scene.title));
        command.arg("-metadata").arg(format!("comment={}", provenance(scene)));
        command.args(["-movflags", "+faststart", "-f", "mp4"]).arg(path);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ComposeError::NoFfmpeg)?;
        let pictures = child.stdin.take().ok_or_else(|| no_pipe("encode"))?;
        Ok(Self { child, pictures, path: path.to_owned() })
    }

    /// Appends a picture.
    pub(super) fn push(&mut self, picture: &Picture) -> Result<(), ComposeError> {
        for plane in picture.planes() {
            if self.pictures.write_all(&plane.samples).is_err() {
                let task = format!("write {}", self.path.display());
                return Err(ComposeError::Ffmpeg { task, reason: complaint(&mut self.child) });
            }
        }
        Ok(())
    }

    /// Completes the file.
    pub(super) fn finish(self) -> Result<(), ComposeError> {
        drop(self.pictures);
        let output = self.child.wait_with_output().map_err(ComposeError::NoFfmpeg)?;
        if output.status.success() {
            return Ok(());
        }
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(ComposeError::Ffmpeg { task: format!("write {}", self.path.display()), reason })
    }
}

/// The three planes of a part of a photograph, scaled, each at full size.
pub(super) fn crop(
    overlay: &Overlay,
    media: &Path,
    crop: CropPx,
    [width, height]: [usize; 2],
) -> Result<Vec<u8>, ComposeError> {
    let photo = media.join(&overlay.photo);
    let mut filter = format!(
        "scale=out_range=tv,format=yuv444p,crop={}:{}:{}:{}:exact=1,scale={width}:{height}:flags=area",
        crop.width, crop.height, crop.left, crop.top
    );
    if overlay.mirrored {
        filter.push_str(",hflip");
    }
    let mut command = ffmpeg();
    if !overlay.photo_at.is_zero() {
        command.args(["-ss", &overlay.photo_at.as_secs_f64().to_string()]);
    }
    command.arg("-i").arg(&photo).args(["-frames:v", "1", "-vf", &filter]);
    command.args(["-pix_fmt", "yuv444p", "-f", "rawvideo", "pipe:1"]);
    let output = command.stdin(Stdio::null()).output().map_err(ComposeError::NoFfmpeg)?;
    if output.status.success() && output.stdout.len() == 3 * width * height {
        return Ok(output.stdout);
    }
    Err(ComposeError::Ffmpeg {
        task: format!("cut {} out of {}", overlay.what, photo.display()),
        reason: match String::from_utf8_lossy(&output.stderr).trim() {
            "" => "there is no picture at that time".to_owned(),
            said => said.to_owned(),
        },
    })
}

/// What the file says about itself.
fn provenance(scene: &Composition) -> String {
    let mut text = format!("Not a recording. Base: {}.", scene.base.display());
    for overlay in &scene.overlays {
        text.push_str(&format!(" Laid in: {}, from {}.", overlay.what, overlay.photo.display()));
    }
    if !scene.view_faults.is_empty() {
        text.push_str(" The view is spoiled for a while.");
    }
    text
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error"]);
    command
}

fn complaint(child: &mut Child) -> String {
    let _ended_already = child.kill();
    let mut said = String::new();
    if let Some(stderr) = &mut child.stderr {
        let _partly_read = stderr.read_to_string(&mut said);
    }
    match said.trim() {
        "" => "it ended early and said nothing".to_owned(),
        said => said.to_owned(),
    }
}

fn no_pipe(task: &str) -> ComposeError {
    ComposeError::Ffmpeg { task: task.to_owned(), reason: "its pipe is not open".to_owned() }
}
