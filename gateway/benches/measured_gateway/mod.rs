//! A gateway under measurement: simulated cameras, its configuration, and what it tells of itself.

pub(crate) mod process;
pub(crate) mod programs;

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hw_sim::play::Cameras;
use hw_sim::scenario::Scenario;

use process::{MeasuredGateway, free_address};
use programs::{model_dir, root};

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
        let gateway = MeasuredGateway::start(program, &folder, page)?;
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

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
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
