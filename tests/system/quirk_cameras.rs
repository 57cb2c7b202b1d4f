//! The configuration of cameras with quirks, and of those beside them.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hw_sim::camera::quirk::Quirk;
use hw_sim::play::QUIRK_LOGIN;

/// A camera as the gateway is told of it.
#[derive(Debug)]
pub(crate) struct CameraFile {
    pub(crate) id: String,
    url: String,
    transport: &'static str,
    needs_login: bool,
    /// How long somebody must stand in the zone, and how long he may be out of sight. How often the
    /// gateway looks follows from it.
    dwell_and_gap_secs: [u32; 2],
}

impl CameraFile {
    /// The camera that shows a quirk, served at `listen`.
    pub(crate) fn of(quirk: &Quirk, listen: SocketAddr) -> Self {
        Self {
            id: quirk.name.to_owned(),
            url: format!("rtsp://{listen}/{}", quirk.name),
            transport: quirk.transport(),
            needs_login: quirk.needs_login(),
            dwell_and_gap_secs: [60, 20], // every 5 s
        }
    }

    /// The same camera, judged by a rule of another pace.
    pub(crate) fn judged_by(self, dwell_and_gap_secs: [u32; 2]) -> Self {
        Self { dwell_and_gap_secs, ..self }
    }

    /// A camera without quirks, one of several that show the same.
    pub(crate) fn healthy(number: usize, listen: SocketAddr) -> Self {
        Self {
            id: format!("healthy-{number}"),
            url: format!("rtsp://{listen}/plain"),
            transport: "tcp",
            needs_login: false,
            dwell_and_gap_secs: [20, 10], // every 2 s
        }
    }

    /// A camera that sends nonsense, at its `turn`th address.
    pub(crate) fn fuzzed(number: usize, listen: SocketAddr, turn: u64) -> Self {
        Self {
            id: format!("fuzzed-{number}"),
            url: format!("rtsp://{listen}/{turn}"),
            transport: "tcp",
            needs_login: true,
            dwell_and_gap_secs: [20, 10],
        }
    }
}

/// Adds a camera to the config folder, or puts it in the place of an earlier one.
pub(crate) fn write(config: &Path, camera: &CameraFile) {
    let CameraFile { id, url, transport, needs_login, dwell_and_gap_secs: [dwell, gap] } = camera;
    let [user, password] = QUIRK_LOGIN;
    let login = if *needs_login { "credentials_file = \"../quirks.login.toml\"\n" } else { "" };
    let login_file = config.join("quirks.login.toml");
    if *needs_login && !login_file.exists() {
        let path = login_file;
        let text = format!("user = \"{user}\"\npassword = \"{password}\"\n");
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    }
    let text = format!(
        r#"id = "{id}"
url = "{url}"
transport = "{transport}"
picture_px = [384, 288]
{login}[place]
longitude = 117.112
latitude = 40.144
accuracy_metres = 15.0
[[zone]]
id = "path"
polygon_px = [[230, 140], [260, 140], [260, 180], [230, 180]]
[[rule]]
id = "path"
type = "other"
zone = "path"
classes = ["person"]
dwell_secs = {dwell}
gap_tolerance_secs = {gap}
"#
    );
    // At once, so that the gateway never sees half of it.
    let unfinished = config.with_file_name(format!("{id}.unfinished"));
    fs::write(&unfinished, text).expect("written");
    fs::rename(unfinished, path(config, camera)).expect("renamed");
}

/// Where a camera stands in the config folder.
pub(crate) fn path(config: &Path, camera: &CameraFile) -> PathBuf {
    config.join("cameras").join(format!("{}.toml", camera.id))
}
