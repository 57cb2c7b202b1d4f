//! Clips that are made by the encoders of ffmpeg: a still street in which something comes at a moment that is chosen.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use camera::AccessUnit;
use scene::{CaptureTime, Clock, ClockSource};

/// Pictures a second.
pub(crate) const FPS: u64 = 10;

/// From key frame to key frame, unless a clip says otherwise.
pub(crate) const GOP: Duration = Duration::from_secs(2);

/// When the thing begins to come.
pub(crate) const COMES_AT: u64 = 110;

/// How a clip is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recipe {
    /// What it shows.
    pub(crate) name: &'static str,
    /// Where the thing's left edge is, as an expression of ffmpeg in the seconds `t`.
    pub(crate) x: &'static str,
    /// Noise of the sensor, in steps of 256.
    pub(crate) noise: u32,
    /// What is done to the picture before the noise.
    pub(crate) light: &'static str,
    /// The encoder and its settings.
    pub(crate) coder: &'static str,
    /// How long it is.
    pub(crate) secs: u64,
}

/// At a constant quality, as cameras do with a variable bit rate.
pub(crate) const BY_QUALITY: &str =
    "-c:v libx264 -preset veryfast -g 20 -keyint_min 20 -sc_threshold 0 -crf 26";

/// A person with a parcel walks in, and puts it down within three seconds.
pub(crate) const WALKS_IN: &str = "if(lt(t,110),-60,min(-40+(t-110)*60,140))";

/// A cart is pushed in over 20 s.
pub(crate) const PUSHED_IN: &str = "if(lt(t,110),-60,min(-40+(t-110)*9,140))";

/// It is there from one picture to the next, just after a key frame.
pub(crate) const POPS_UP: &str = "if(lt(t,110.05),-60,140)";

impl Recipe {
    /// A still street by day.
    pub(crate) const DAY: Self =
        Self { name: "day", x: WALKS_IN, noise: 6, light: "null", coder: BY_QUALITY, secs: 150 };

    /// The coded pictures, in the order in which they are sent. Only their sizes are real: nobody decodes them.
    pub(crate) fn units(&self) -> Vec<AccessUnit> {
        units_of(&self.make(&["-f", "framecrc", "-"]), FPS)
    }

    /// Makes it and writes it as `output` says; answers what ffmpeg prints.
    pub(crate) fn make(&self, output: &[&str]) -> Vec<u8> {
        let street = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.media/leuvenB.jpg");
        let Self { x, noise, light, coder, secs, .. } = self;
        let graph = format!(
            "[0:v]scale=320:180,format=yuv420p[street];[1:v]trim=end_frame=1,loop=-1:1,format=yuv420p[thing];\
             [street][thing]overlay=x='{x}':y=100,{light},noise=alls={noise}:allf=t:all_seed=7,format=yuv420p"
        );
        let (rate, secs) = (FPS.to_string(), secs.to_string());
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-loop", "1", "-framerate", &rate, "-i"])
            .arg(&street)
            .args(["-f", "lavfi", "-i", &format!("testsrc2=size=36x56:rate={rate}")])
            .args(["-filter_complex", &graph, "-t", &secs, "-threads", "1"])
            .args(coder.split_whitespace())
            .args(output)
            .output()
            .expect("ffmpeg runs; run `make setup`");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    }
}

/// The coded pictures of which ffmpeg tells, so many a second, with nothing in them. Each line has stream, times,
/// duration, bytes and a checksum; and flags, if it is no key frame.
pub(crate) fn units_of(told: &[u8], fps: u64) -> Vec<AccessUnit> {
    let text = String::from_utf8_lossy(told);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let units = lines.enumerate().map(|(number, line)| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let bytes = fields[4].parse().unwrap();
        AccessUnit {
            data: vec![0; bytes].into(),
            captured_at: moment(number as u64 * 1000 / fps),
            clock: Clock { source: ClockSource::SenderReport, error_ms: None },
            is_random_access_point: !fields[6..].iter().any(|field| field.starts_with("F=")),
            recovery: 0,
            is_disposable: false,
            loss: 0,
        }
    });
    units.collect()
}

/// So many milliseconds after the clip's first picture.
pub(crate) fn moment(millis: u64) -> CaptureTime {
    CaptureTime::from_unix_micros(1_795_309_800_000_000).after(Duration::from_millis(millis))
}
