//! The same cameras watched the usual ways: a loop over OpenCV, and Frigate's pattern. Both are Python, as they are in
//! the field; their detector, decoder and scaling are the same kind of native libraries as the gateway's.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

use super::process::{cpu_ms, with_children};
use super::profile::{Profile, camera_id};

/// Streams are open, and a running average of the scene has formed.
const WARM_UP: Duration = Duration::from_secs(20);

/// One of them.
pub(crate) struct Rival {
    /// As the table says it.
    pub(crate) name: &'static str,
    script: &'static str,
}

/// All of them.
pub(crate) const RIVALS: [Rival; 2] = [
    Rival { name: "OpenCV loop", script: "opencv_loop.py" },
    Rival { name: "Frigate's pattern", script: "frigate_pattern.py" },
];

/// What it costs, a camera and a second.
pub(crate) struct RivalPrice {
    /// Milliseconds of CPU.
    pub(crate) cpu_ms: f64,
    /// Pictures read, and pictures or regions that went through the detector.
    pub(crate) pictures: [f64; 2],
}

impl Rival {
    /// Runs it with so many cameras.
    ///
    /// # Errors
    /// If its packages are missing (`make bench-density` fetches them), or it stops.
    pub(crate) fn measure(
        &self,
        root: &Path,
        (profile, cameras): (Profile, u32),
        (cameras_at, window): (SocketAddr, Duration),
    ) -> Result<RivalPrice> {
        let scripts = root.join("gateway/benches/density");
        let packages = root.join(".setup/density");
        ensure!(packages.is_dir(), "the packages are missing: start `make bench-density`");
        let mut python = Command::new("python3");
        python.arg("-B").arg(scripts.join(self.script)).env("PYTHONPATH", packages);
        python.env("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|threads;1");
        python.arg(root.join("models/yolox-nano/yolox-nano.onnx"));
        for camera in 1..=cameras {
            let pace = profile.fixed_pace(camera);
            python.arg(format!("rtsp://{cameras_at}/{}={pace}", camera_id(camera)));
        }
        let child =
            python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut running = Running(child.context("python3 is missing")?);
        std::thread::sleep(WARM_UP);
        let pid = running.0.id();
        let before = tree_ms(pid)?;
        std::thread::sleep(window);
        let spent_ms = tree_ms(pid)? - before;
        let each = f64::from(cameras) * window.as_secs_f64();
        let lines = running.end()?;
        // A line a second: those of the window are the last.
        let lines: Vec<[f64; 2]> = lines.lines().filter_map(counts).collect();
        let secs = usize::try_from(window.as_secs())?;
        let last = *lines.last().ok_or_else(|| anyhow!("{} read nothing", self.script))?;
        let first = lines.len().checked_sub(secs + 1).and_then(|at| lines.get(at));
        let first = *first.ok_or_else(|| anyhow!("{} stopped early", self.script))?;
        let pictures = std::array::from_fn(|at| (last[at] - first[at]) / each);
        Ok(RivalPrice { cpu_ms: spent_ms / each, pictures })
    }
}

/// It ends with the value, and so do those that it has started: their pipes break.
struct Running(Child);

impl Running {
    /// Ends it, and gives what it has printed.
    fn end(&mut self) -> Result<String> {
        drop(self.0.stdin.take());
        let mut printed = String::new();
        let output = self.0.stdout.as_mut().ok_or_else(|| anyhow!("no output"))?;
        output.read_to_string(&mut printed)?;
        Ok(printed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn counts(line: &str) -> Option<[f64; 2]> {
    let (read, detected) = line.split_once(' ')?;
    Some([read.parse().ok()?, detected.parse().ok()?])
}

fn tree_ms(pid: u32) -> Result<f64> {
    with_children(pid).iter().map(|pid| cpu_ms(pid)).sum()
}
