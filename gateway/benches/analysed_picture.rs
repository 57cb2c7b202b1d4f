//! What one analysed picture costs the gateway, beside its floor in the same run.
//!
//! The floor is what nobody can go below with these libraries: one thread that decodes as many
//! pictures of the same clip with ffmpeg's libavcodec as the gateway decoded for each analysed one,
//! then runs the same model once, and again. No network, no scaling, no reading of the result.
//! Both are CPU time. Rounds alternate gateway and floor, because the clock of a shared machine
//! drifts.
//!
//! The gateway is kept as busy as the floor: more cameras than it can look at as often as their
//! rules ask, on one worker. That is the state in which a millisecond decides how many cameras a
//! box carries; between the pictures of an idle box, the processor's caches run cold.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use detector::{Detector, InputTensor, Letterbox, Manifest, Precision, RgbPicture, Runtime};
use ffmpeg_next::{codec, codec::decoder, format, frame, media, threading};
use hw_sim::play::Cameras;
use hw_sim::scenario::Scenario;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

const ROUNDS: usize = 7;
const WINDOW: Duration = Duration::from_secs(10);
const INFERENCES: u32 = 150;
/// Five analysed pictures a second each: more than one worker can do.
const CAMERAS: u32 = 6;
/// Clock ticks a second of /proc (man 5 proc): a constant of the Linux user interface.
const TICKS_PER_SEC: f64 = 100.0;

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let clip = root.join(".media/street-h264.mp4");
    ensure!(clip.is_file(), "no recorded street: run `make setup` first");
    let work = tempfile::tempdir()?;
    let address = free_address()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let scenario = Scenario::parse(&scenario_toml(), &work.path().join("bench.toml"))?;
    let media = root.join(".media");
    let _cameras = runtime.block_on(Cameras::start(&scenario, &media, address))?;

    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "CPU ms per analysed picture, {CAMERAS} cameras of 768x576 H.264 at 25 fps, one busy worker"
    )?;
    writeln!(
        out,
        "{:>6} {:>8} {:>10} {:>10} {:>8}  program",
        "round", "decoded", "floor", "gateway", "ratio"
    )?;
    let mut floor = Floor::load(&root, &clip)?;
    // Another build of the gateway, to be measured in turn with this one.
    let other = std::env::var_os("OTHER_GATEWAY");
    let programs: Vec<OsString> =
        std::iter::once(env!("CARGO_BIN_EXE_gridwhistle").into()).chain(other).collect();
    let mut ratios = vec![Vec::new(); programs.len()];
    for round in 1..=ROUNDS {
        for (program, ratios) in programs.iter().zip(&mut ratios) {
            let number = round * programs.len() + ratios.len();
            let gateway = gateway_ms(program, &root, (work.path(), address), number)?;
            let floor_ms = floor.run_ms(gateway.decoded_per_analysed)?;
            let ratio = gateway.cpu_ms_per_analysed / floor_ms;
            ratios.push(ratio);
            writeln!(
                out,
                "{round:>6} {:>8.2} {floor_ms:>10.2} {:>10.2} {ratio:>8.3}  {}",
                gateway.decoded_per_analysed,
                gateway.cpu_ms_per_analysed,
                program.display(),
            )?;
        }
    }
    for (program, mut ratios) in programs.iter().zip(ratios) {
        let (median, precision) = (median(&mut ratios), floor.precision);
        writeln!(out, "median ratio {median:.3} ({precision})  {}", program.display())?;
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Decode and plain inference in one bare loop.
struct Floor {
    clip: PathBuf,
    session: Session,
    input: Vec<f32>,
    shape: [usize; 4],
    precision: &'static str,
}

impl Floor {
    fn load(root: &Path, clip: &Path) -> Result<Self> {
        let runtime = Runtime::load(&root.join(".ort/libonnxruntime.so"))?;
        let manifest = Manifest::load(&root.join("models/yolox-nano"))?;
        let chosen = Detector::load(&runtime, &manifest, Precision::Auto)?.precision();
        let (file, precision) = match (chosen, &manifest.int8) {
            (Precision::Int8, Some(file)) => (file, "int8"),
            _ => (&manifest.fp32, "fp32"),
        };
        let session = Session::builder(runtime.environment())?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(|error| anyhow!("{error}"))?
            .with_intra_threads(1)
            .map_err(|error| anyhow!("{error}"))?
            .commit_from_memory(&file.read()?)?;
        let (width, height) = (manifest.input.width(), manifest.input.height());
        let mut tensor = InputTensor::new(manifest.input);
        let pixels = vec![128; width * height * 3];
        let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
        let letterbox =
            Letterbox::fit(manifest.input.width_px, manifest.input.height_px, &manifest.input);
        tensor.fill(&picture, &letterbox)?;
        let input = tensor.values().to_vec();
        Ok(Self { clip: clip.to_owned(), session, input, shape: [1, 3, height, width], precision })
    }

    /// CPU milliseconds of one run, each after decoding `decoded` pictures on average.
    fn run_ms(&mut self, decoded: f64) -> Result<f64> {
        let mut clip = Clip::open(&self.clip)?;
        let mut owed = 0.0;
        let before = cpu_ms("self")?;
        for _ in 0..INFERENCES {
            owed += decoded;
            while owed >= 1.0 {
                clip.decode_next(&self.clip)?;
                owed -= 1.0;
            }
            let tensor = TensorRef::from_array_view((self.shape, self.input.as_slice()))?;
            self.session.run(ort::inputs![tensor])?;
        }
        // The simulated cameras of this process idle while nobody plays them.
        Ok((cpu_ms("self")? - before) / f64::from(INFERENCES))
    }
}

/// A clip under libavcodec, from its start again when it ends.
struct Clip {
    input: format::context::Input,
    decoder: decoder::Video,
    stream: usize,
}

impl Clip {
    fn open(path: &Path) -> Result<Self> {
        let input = format::input(path)?;
        let video = input.streams().best(media::Type::Video).ok_or(anyhow!("no video"))?;
        let stream = video.index();
        let mut context = codec::Context::from_parameters(video.parameters())?;
        context.set_threading(threading::Config::count(1));
        Ok(Self { decoder: context.decoder().video()?, stream, input })
    }

    fn decode_next(&mut self, path: &Path) -> Result<()> {
        let mut picture = frame::Video::empty();
        while self.decoder.receive_frame(&mut picture).is_err() {
            match self.input.packets().find(|(stream, _)| stream.index() == self.stream) {
                Some((_, packet)) => self.decoder.send_packet(&packet)?,
                None => *self = Self::open(path)?,
            }
        }
        Ok(())
    }
}

struct Measured {
    cpu_ms_per_analysed: f64,
    decoded_per_analysed: f64,
}

/// A gateway of its own for each round, measured after it has warmed up.
fn gateway_ms(
    program: &OsStr,
    root: &Path,
    (work, cameras): (&Path, SocketAddr),
    round: usize,
) -> Result<Measured> {
    let page = free_address()?;
    let config = write_config(root, &work.join(format!("round-{round}")), cameras, page)?;
    let child = Command::new(program)
        .args(["run", "--config"])
        .arg(&config)
        .env("RUST_LOG", "error")
        .stderr(Stdio::null())
        .spawn()?;
    let gateway = Running(child);
    let pid = gateway.0.id().to_string();
    let patience = Instant::now() + Duration::from_secs(30);
    while total(page, "gridwhistle_pictures_analysed_total", "").unwrap_or(0.0) < 20.0 {
        ensure!(Instant::now() < patience, "the gateway analyses nothing");
        std::thread::sleep(Duration::from_millis(100));
    }
    let counters = || -> Result<[f64; 3]> {
        Ok([
            cpu_ms_of_all(&pid)?,
            total(page, "gridwhistle_pictures_analysed_total", "")?,
            total(page, "gridwhistle_access_units_total", "fate=\"decoded\"")?,
        ])
    };
    let before = counters()?;
    std::thread::sleep(WINDOW);
    let after = counters()?;
    let [cpu_ms, analysed, decoded] = std::array::from_fn(|at| after[at] - before[at]);
    Ok(Measured {
        cpu_ms_per_analysed: cpu_ms / analysed,
        decoded_per_analysed: decoded / analysed,
    })
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// User and system time of a process, all threads, in milliseconds.
fn cpu_ms(pid: &str) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').ok_or(anyhow!("/proc/{pid}/stat has changed"))?.1;
    let mut ticks = fields.split_whitespace().skip(11).take(2);
    let mut next = || -> Result<f64> { Ok(ticks.next().ok_or(anyhow!("too short"))?.parse()?) };
    Ok((next()? + next()?) * 1000.0 / TICKS_PER_SEC)
}

/// Of the gateway and the processes that it has started: they look at the cameras.
fn cpu_ms_of_all(pid: &str) -> Result<f64> {
    let mut sum = cpu_ms(pid)?;
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        if status.lines().any(|line| line == format!("PPid:\t{pid}")) {
            sum += cpu_ms(&name)?;
        }
    }
    Ok(sum)
}

/// The sum of all series of a counter on the gateway's page.
fn total(page: SocketAddr, name: &str, label: &str) -> Result<f64> {
    let mut stream = TcpStream::connect(page)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let series = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
    Ok(series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn scenario_toml() -> String {
    let camera = |id: u32, offset: u32| {
        format!(
            "[[camera]]\nid = \"cam-0{id}\"\nclip = \"street-h264.mp4\"\nplayback = \"loop\"\n\
             start_offset_secs = {offset}.0\n"
        )
    };
    let cameras: String = (1..=CAMERAS).map(|id| camera(id, id * 11)).collect();
    format!("title = \"bench\"\nduration_secs = 60\n{cameras}")
}

fn write_config(
    root: &Path,
    folder: &Path,
    cameras: SocketAddr,
    page: SocketAddr,
) -> Result<PathBuf> {
    fs::create_dir_all(folder.join("cameras"))?;
    let gateway = format!(
        "[gateway]\nid = \"gw-bench\"\ntest = true\n\
         area = {{ county = \"110117\", street = \"001\", community = \"003\" }}\n\
         [mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[http]\nlisten = \"{page}\"\n\
         [storage]\nstate_dir = \"state\"\n\
         [inference]\nthreads = 1\nmodel_dir = \"{}\"\nonnxruntime_file = \"{}\"\n",
        root.join("models/yolox-nano").display(),
        root.join(".ort/libonnxruntime.so").display(),
    );
    fs::write(folder.join("gateway.toml"), gateway)?;
    for id in (1..=CAMERAS).map(|id| format!("cam-0{id}")) {
        // A dwell of 2 s asks for five pictures a second.
        let camera = format!(
            "id = \"{id}\"\nurl = \"rtsp://{cameras}/{id}\"\npicture_px = [768, 576]\n\
             [place]\nlongitude = 117.112\nlatitude = 40.144\naccuracy_metres = 15.0\n\
             [[zone]]\nid = \"corner\"\npolygon_px = [[0, 0], [40, 0], [40, 40], [0, 40]]\n\
             [[rule]]\nid = \"corner\"\ntype = \"other\"\nzone = \"corner\"\n\
             classes = [\"person\", \"car\", \"truck\", \"bus\"]\ndwell_secs = 2\n"
        );
        fs::write(folder.join(format!("cameras/{id}.toml")), camera)?;
    }
    Ok(folder.to_owned())
}
