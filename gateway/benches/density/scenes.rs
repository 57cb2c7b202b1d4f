//! What the cameras of the bench show: three scenes with different motion, in the sizes and codecs of a street.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// One kind of camera.
pub(crate) struct Scene {
    /// As the table says it.
    pub(crate) name: &'static str,
    /// Beside the recorded street.
    pub(crate) file: &'static str,
    source: Source,
    filter: &'static str,
    encoder: &'static [&'static str],
}

enum Source {
    /// The recorded street (OpenCV's `vtest.avi`), 80 s.
    Street,
    /// A photographed street (`leuvenB.jpg`), shown for 40 s.
    Photograph,
}

/// 1080p at 25 pictures a second, a key frame every 2 s, no B-frames.
const H264: &[&str] = &["libx264", "-preset", "veryfast", "-profile:v", "main", "-bf", "0"];
const H265: &[&str] = &["libx265", "-preset", "ultrafast", "-tag:v", "hvc1"];
const CROP: &str = "scale=1920:1440:flags=lanczos,crop=1920:1080,fps=25";

/// The scenes.
pub(crate) const SCENES: [Scene; 5] = [
    Scene {
        name: "street by day, H.264, 2 Mbit/s",
        file: "density-day-2m.mp4",
        source: Source::Street,
        filter: "null",
        encoder: H264,
    },
    Scene {
        name: "street at night (dark, noisy), H.264, 2 Mbit/s",
        file: "density-night-2m.mp4",
        source: Source::Street,
        filter: "hue=s=0.15,eq=brightness=-0.28:contrast=0.55,noise=alls=14:allf=t",
        encoder: H264,
    },
    Scene {
        name: "empty lane (a photograph with a sensor's noise), H.264, 2 Mbit/s",
        file: "density-lane-2m.mp4",
        source: Source::Photograph,
        filter: "noise=alls=4:allf=t",
        encoder: H264,
    },
    Scene {
        name: "street by day, H.264, 4 Mbit/s",
        file: "density-day-4m.mp4",
        source: Source::Street,
        filter: "null",
        encoder: H264,
    },
    Scene {
        name: "street by day, H.265, 2 Mbit/s",
        file: "density-day-h265-2m.mp4",
        source: Source::Street,
        filter: "null",
        encoder: H265,
    },
];

impl Scene {
    /// Makes its clip, if it is not there.
    ///
    /// # Errors
    /// If ffmpeg or what it reads is missing.
    pub(crate) fn make(&self, root: &Path) -> Result<()> {
        let clip = root.join(".media").join(self.file);
        if clip.is_file() {
            return Ok(());
        }
        let draft = clip.with_extension("draft.mp4");
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-v", "error", "-y"]);
        match self.source {
            Source::Street => ffmpeg.arg("-i").arg(root.join(".setup/vtest.avi")),
            Source::Photograph => ffmpeg
                .args(["-loop", "1", "-framerate", "25", "-t", "40", "-i"])
                .arg(root.join(".media/leuvenB.jpg")),
        };
        let rate = if self.file.contains("4m") { "4000k" } else { "2000k" };
        ffmpeg.args([
            "-an",
            "-vf",
            &format!("{CROP},{}", self.filter),
            "-pix_fmt",
            "yuv420p",
            "-c:v",
        ]);
        ffmpeg
            .args(self.encoder)
            .args(["-g", "50", "-b:v", rate, "-maxrate", rate, "-bufsize", rate]);
        let is_h265 = self.encoder == H265;
        ffmpeg.args(if is_h265 {
            ["-x265-params", "keyint=50:min-keyint=50:scenecut=0:bframes=0:log-level=error"]
        } else {
            ["-x264-params", "keyint=50:min-keyint=50:scenecut=0"]
        });
        let made =
            ffmpeg.arg(&draft).status().context("ffmpeg is missing: run `make setup` first")?;
        ensure!(made.success(), "ffmpeg cannot make {}: run `make setup` first", self.file);
        Ok(std::fs::rename(draft, clip)?)
    }
}
