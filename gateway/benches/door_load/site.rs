//! The configuration of a gateway under measurement, on a real broker.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hw_sim::play::{Certificates, LoadBroker};

use super::street::{CHECKPOINTS, PASSWORD};

/// The recorded street from so many simulated cameras. Each sees one checkpoint.
pub(crate) const CAMERAS: usize = 2;

/// Where gateways write, and whom they tell.
pub(crate) struct Site<'a> {
    pub(crate) work: &'a Path,
    pub(crate) broker: &'a LoadBroker,
    /// Where the cameras serve.
    pub(crate) cameras: SocketAddr,
}

impl Site<'_> {
    /// Writes the configuration of a gateway with these devices (id, file), and gives its folder.
    pub(crate) fn write(
        &self,
        id: &str,
        page: SocketAddr,
        devices: &[(String, String)],
    ) -> Result<PathBuf> {
        let folder = self.work.join(id);
        fs::create_dir_all(folder.join("devices"))?;
        let password = folder.join("door.password");
        fs::write(&password, PASSWORD)?;
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600))?;
        let root = root()?;
        let Certificates { ca, gateway, gateway_key, .. } = &self.broker.certificates;
        let text = format!(
            "[gateway]\nid = \"{id}\"\ntest = true\n\
             area = {{ county = \"110117\", street = \"001\", community = \"003\" }}\n\
             [mqtt]\nurl = \"mqtts://localhost:{}\"\nca_file = \"{}\"\n\
             client_cert_file = \"{}\"\nclient_key_file = \"{}\"\n\
             [http]\nlisten = \"{page}\"\n[storage]\nstate_dir = \"state\"\n\
             [inference]\nmodel_dir = \"{}\"\nonnxruntime_file = \"{}\"\n",
            self.broker.tls_port,
            ca.display(),
            gateway.display(),
            gateway_key.display(),
            root.join("models/yolox-nano").display(),
            root.join(".ort/libonnxruntime.so").display(),
        );
        fs::write(folder.join("gateway.toml"), text)?;
        for (device, text) in devices {
            fs::write(folder.join(format!("devices/{device}.toml")), text)?;
        }
        fs::create_dir_all(folder.join("cameras"))?;
        for camera in 0..CAMERAS {
            let text = camera_toml(camera, self.cameras);
            fs::write(folder.join(format!("cameras/cam-{camera}.toml")), text)?;
        }
        if !devices.is_empty() {
            fs::create_dir_all(folder.join("checkpoints"))?;
            for number in 0..CHECKPOINTS {
                let text = checkpoint_toml(number);
                fs::write(folder.join(format!("checkpoints/kk-{number}.toml")), text)?;
            }
        }
        Ok(folder)
    }
}

/// Of this repository.
pub(crate) fn root() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?)
}

/// What the cameras play.
pub(crate) fn scenario_toml() -> String {
    let camera = |number: usize| {
        format!(
            "[[camera]]\nid = \"cam-{number}\"\nclip = \"street-h264.mp4\"\nplayback = \"loop\"\n\
             start_offset_secs = {}.0\n",
            number * 11
        )
    };
    let cameras: String = (0..CAMERAS).map(camera).collect();
    format!("title = \"bench\"\nduration_secs = 60\n{cameras}")
}

const PLACE: &str = "place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }\n";

/// It counts who leaves the street, for its checkpoint.
fn camera_toml(number: usize, at: SocketAddr) -> String {
    format!(
        "id = \"cam-{number}\"\nurl = \"rtsp://{at}/cam-{number}\"\npicture_px = [768, 576]\n{PLACE}\
         [[zone]]\nid = \"exit\"\npolygon_px = [[20, 180], [200, 180], [200, 290], [20, 290]]\n\
         [[rule]]\nid = \"line\"\ntype = \"door_tailgating\"\nkind = \"crossing\"\nzone = \"exit\"\n\
         classes = [\"person\"]\nline_px = [[100, 195], [100, 275]]\n"
    )
}

/// The guard signs in at its door. The first ones have a camera.
fn checkpoint_toml(number: usize) -> String {
    let door = format!("checkpoint-{number}/gate");
    let camera = format!("camera = \"cam-{number}\"\nline = \"line\"\n");
    let camera = if number < CAMERAS { camera } else { String::new() };
    format!(
        "doors = [\"{door}\"]\n{camera}{PLACE}[duty]\nhours = [\"Mon-Sun 00:00-24:00\"]\n\
         sign_in = [\"{door}\"]\n"
    )
}
