//! A gateway under measurement: simulated cameras, its configuration, and what it tells of itself.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use hw_sim::play::Cameras;
use hw_sim::scenario::Scenario;

/// Clock ticks a second of /proc (man 5 proc): a constant of the Linux user interface.
const TICKS_PER_SEC: f64 = 100.0;
/// Until all cameras have been looked at a few times.
const WARM_UP: Duration = Duration::from_mins(1);
const LOOKS_EACH: f64 = 3.0;

/// The recorded street from this many simulated cameras, and where gateways write.
pub(crate) struct Street {
    root: PathBuf,
    work: tempfile::TempDir,
    address: SocketAddr,
    _cameras: Cameras,
    _runtime: tokio::runtime::Runtime,
}

/// How many cameras a gateway has, and how busy they keep it.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) cameras: u32,
    /// Ten pictures of each are looked at in this time.
    pub(crate) dwell_secs: u32,
    pub(crate) workers: u32,
}

/// A gateway at work. It ends with the value.
pub(crate) struct MeasuredGateway {
    child: Child,
    page: SocketAddr,
}

/// The gateway of this build, and one of another (`OTHER_GATEWAY`) to be measured in turn with it.
pub(crate) fn programs() -> Vec<OsString> {
    let other = std::env::var_os("OTHER_GATEWAY");
    std::iter::once(env!("CARGO_BIN_EXE_gridwhistle").into()).chain(other).collect()
}

impl Street {
    pub(crate) fn open(cameras: u32) -> Result<Self> {
        let root = root()?;
        let media = root.join(".media");
        let clip = media.join("street-h264.mp4");
        ensure!(clip.is_file(), "no recorded street: run `make setup` first");
        let work = tempfile::tempdir()?;
        let address = free_address()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let scenario = Scenario::parse(&scenario_toml(cameras), &work.path().join("bench.toml"))?;
        let cameras = runtime.block_on(Cameras::start(&scenario, &media, address))?;
        Ok(Self { root, work, address, _cameras: cameras, _runtime: runtime })
    }

    /// A gateway of its own, after it has warmed up.
    pub(crate) fn run(&self, program: &OsStr, load: Load) -> Result<MeasuredGateway> {
        let page = free_address()?;
        let folder = self.work.path().join(format!("gateway-{}", page.port()));
        self.write_config(&folder, page, load)?;
        let child = Command::new(program)
            .args(["run", "--config"])
            .arg(&folder)
            .env("RUST_LOG", "error")
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let gateway = MeasuredGateway { child, page };
        let patience = Instant::now() + WARM_UP;
        let enough = f64::from(load.cameras) * LOOKS_EACH;
        while gateway.total("gridwhistle_pictures_analysed_total", "").unwrap_or(0.0) < enough {
            ensure!(Instant::now() < patience, "{} analyses nothing", program.display());
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(gateway)
    }

    fn write_config(&self, folder: &Path, page: SocketAddr, load: Load) -> Result<()> {
        fs::create_dir_all(folder.join("cameras"))?;
        let gateway = format!(
            "[gateway]\nid = \"gw-bench\"\ntest = true\n\
             area = {{ county = \"110117\", street = \"001\", community = \"003\" }}\n\
             [mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[http]\nlisten = \"{page}\"\n\
             [storage]\nstate_dir = \"state\"\n\
             [inference]\nthreads = {}\nmodel_dir = \"{}\"\nonnxruntime_file = \"{}\"\n",
            load.workers,
            model_dir(&self.root).display(),
            self.root.join(".ort/libonnxruntime.so").display(),
        );
        fs::write(folder.join("gateway.toml"), gateway)?;
        for id in (1..=load.cameras).map(camera_id) {
            let camera = format!(
                "id = \"{id}\"\nurl = \"rtsp://{}/{id}\"\npicture_px = [768, 576]\n\
                 [place]\nlongitude = 117.112\nlatitude = 40.144\naccuracy_metres = 15.0\n\
                 [[zone]]\nid = \"corner\"\npolygon_px = [[0, 0], [40, 0], [40, 40], [0, 40]]\n\
                 [[rule]]\nid = \"corner\"\ntype = \"other\"\nzone = \"corner\"\n\
                 classes = [\"person\", \"car\", \"truck\", \"bus\"]\ndwell_secs = {}\n",
                self.address, load.dwell_secs,
            );
            fs::write(folder.join(format!("cameras/{id}.toml")), camera)?;
        }
        Ok(())
    }
}

impl MeasuredGateway {
    /// User and system time of the gateway and of the eyes that it has started, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<f64> {
        self.processes().iter().map(|pid| cpu_ms(pid)).sum()
    }

    /// Memory of all of them in MiB; what several share counts once.
    pub(crate) fn memory_mib(&self) -> Result<f64> {
        let mut kib = 0.0;
        for pid in self.processes() {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            let pss = pss.and_then(|rest| rest.split_whitespace().next());
            kib += pss.ok_or(anyhow!("/proc/{pid}/smaps_rollup has changed"))?.parse::<f64>()?;
        }
        Ok(kib / 1024.0)
    }

    /// The sum of all series of a metric on the gateway's page.
    pub(crate) fn total(&self, name: &str, label: &str) -> Result<f64> {
        let mut stream = TcpStream::connect(self.page)?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let series = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        Ok(series.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    fn processes(&self) -> Vec<String> {
        let gateway = self.child.id().to_string();
        let parent = format!("PPid:\t{gateway}");
        let is_eye = |pid: &String| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|line| line == parent)
        };
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let names = all.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let numbers = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        std::iter::once(gateway).chain(numbers.filter(is_eye)).collect()
    }
}

impl Drop for MeasuredGateway {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// User and system time of a process, all threads, in milliseconds.
pub(crate) fn cpu_ms(pid: &str) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').ok_or(anyhow!("/proc/{pid}/stat has changed"))?.1;
    let mut ticks = fields.split_whitespace().skip(11).take(2);
    let mut next = || -> Result<f64> { Ok(ticks.next().ok_or(anyhow!("too short"))?.parse()?) };
    Ok((next()? + next()?) * 1000.0 / TICKS_PER_SEC)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The shipped model, or one that the other build knows, too (`MODEL_DIR`).
pub(crate) fn model_dir(root: &Path) -> PathBuf {
    std::env::var_os("MODEL_DIR").map_or_else(|| root.join("models/yolox-nano"), PathBuf::from)
}

/// Of this repository.
pub(crate) fn root() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?)
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn camera_id(number: u32) -> String {
    format!("cam-{number:02}")
}

fn scenario_toml(cameras: u32) -> String {
    let camera = |number: u32| {
        format!(
            "[[camera]]\nid = \"{}\"\nclip = \"street-h264.mp4\"\nplayback = \"loop\"\n\
             start_offset_secs = {}.0\n",
            camera_id(number),
            number * 11 % 60,
        )
    };
    let cameras: String = (1..=cameras).map(camera).collect();
    format!("title = \"bench\"\nduration_secs = 60\n{cameras}")
}
