//! Short recordings made by ffmpeg, coded as cameras code.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use hw_sim::camera::{Clip, Playback, Quirks, SimulatedCamera};
use tempfile::TempDir;

/// Runs ffmpeg on generated input. It writes `name` into a folder that lives as long as the result.
pub(crate) fn record(name: &str, arguments: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(&path)
        .status()
        .expect("ffmpeg is installed");
    assert!(status.success());
    (folder, path)
}

const SCENE: &str = "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -pix_fmt yuv420p";

/// Two seconds of H.264 Constrained Baseline, 320x240, 25 fps, a key frame a second.
pub(crate) fn h264() -> Arc<Clip> {
    let codec = "-c:v libx264 -preset ultrafast -profile:v baseline -g 25";
    open(record("h264.mp4", &format!("{SCENE} {codec}")))
}

/// The same in H.265 Main.
pub(crate) fn h265() -> Arc<Clip> {
    let codec = "-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params";
    let parameters = "keyint=25:min-keyint=25:open-gop=0:scenecut=0:bframes=0:log-level=none";
    open(record("h265.mp4", &format!("{SCENE} {codec} {parameters}")))
}

/// One second at a bit rate that soon fills every buffer.
pub(crate) fn heavy() -> Arc<Clip> {
    let scene = "-f lavfi -i testsrc2=size=640x360:rate=25:duration=1,noise=alls=80:allf=t";
    let codec = "-pix_fmt yuv420p -c:v libx264 -preset ultrafast -profile:v baseline -qp 22 -g 25";
    open(record("heavy.mp4", &format!("{scene} {codec}")))
}

fn open((_folder, path): (TempDir, PathBuf)) -> Arc<Clip> {
    Arc::new(open_path(&path))
}

fn open_path(path: &Path) -> Clip {
    Clip::open(path).unwrap_or_else(|error| panic!("{error}"))
}

/// A looping camera without a password.
pub(crate) fn camera(id: &str, clip: &Arc<Clip>) -> SimulatedCamera {
    SimulatedCamera {
        id: id.to_owned(),
        clip: Arc::clone(clip),
        playback: Playback::Loop,
        start_offset: std::time::Duration::ZERO,
        credentials: None,
        quirks: Quirks::default(),
    }
}
