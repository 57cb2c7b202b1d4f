//! Simulated cameras of a profile, and gateways that watch them.

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use hw_sim::play::Cameras;
use hw_sim::scenario::Scenario;

use super::process::{MeasuredGateway, free_address};
use super::profile::{Profile, camera_id};
use super::programs::{model_dir, root};

/// So many cameras of a profile. They play until this is dropped.
pub(crate) struct Site {
    profile: Profile,
    count: u32,
    /// Where they play.
    pub(crate) cameras_at: SocketAddr,
    root: PathBuf,
    work: tempfile::TempDir,
    _cameras: Cameras,
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    /// Starts the cameras.
    pub(crate) fn open(profile: Profile, count: u32) -> Result<Self> {
        let (root, work, cameras_at) = (root()?, tempfile::tempdir()?, free_address()?);
        let runtime = tokio::runtime::Runtime::new()?;
        let scenario =
            Scenario::parse(&profile.scenario_toml(count), &work.path().join("density.toml"))?;
        let cameras =
            runtime.block_on(Cameras::start(&scenario, &root.join(".media"), cameras_at))?;
        Ok(Self { profile, count, cameras_at, root, work, _cameras: cameras, _runtime: runtime })
    }

    /// A gateway of its own that watches them.
    pub(crate) fn run(&self, program: &OsStr) -> Result<MeasuredGateway> {
        let page = free_address()?;
        let folder = self.work.path().join(format!("gateway-{}", page.port()));
        fs::create_dir_all(folder.join("cameras"))?;
        let gateway = format!(
            "[gateway]\nid = \"gw-bench\"\ntest = true\n\
             area = {{ county = \"110117\", street = \"001\", community = \"003\" }}\n\
             [mqtt]\nurl = \"mqtt://127.0.0.1:1\"\n[http]\nlisten = \"{page}\"\n\
             [storage]\nstate_dir = \"state\"\n\
             [inference]\nmodel_dir = \"{}\"\nonnxruntime_file = \"{}\"\n",
            model_dir(&self.root).display(),
            self.root.join(".ort/libonnxruntime.so").display(),
        );
        fs::write(folder.join("gateway.toml"), gateway)?;
        for camera in 1..=self.count {
            let text = self.profile.camera_toml(camera, self.cameras_at);
            fs::write(folder.join(format!("cameras/{}.toml", camera_id(camera))), text)?;
        }
        MeasuredGateway::start(program, &folder, page)
    }
}
