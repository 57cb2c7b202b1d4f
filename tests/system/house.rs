//! What the system tests stand on: the repository, free ports, and a gateway's config folder.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hw_sim::play::{Ports, unused_port};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The gateway under test, as cargo built it.
pub(crate) const GATEWAY: &str = env!("CARGO_BIN_EXE_gridwhistle");

/// The machine, in halves. A test that holds none of it costs nearly nothing.
static MACHINE: Semaphore = Semaphore::const_new(2);

/// For a test that keeps all cores busy, or measures what others would disturb. Waits until it is alone
/// among those that hold a part of the machine.
pub(crate) async fn whole_machine() -> SemaphorePermit<'static> {
    MACHINE.acquire_many(2).await.expect("never closed")
}

/// For a test that plays a street and mostly waits for it: two of them run side by side.
pub(crate) async fn half_machine() -> SemaphorePermit<'static> {
    MACHINE.acquire().await.expect("never closed")
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("gateway/ lies in the repository").to_owned()
}

/// The recorded street, which `make setup` fetches.
pub(crate) fn media() -> PathBuf {
    let media = root().join(".media");
    assert!(media.join("street-h264.mp4").is_file(), "no recorded street: run `make setup` first");
    media
}

/// Ports that nobody listens on now.
pub(crate) fn free_ports() -> Ports {
    let port = || unused_port().expect("a free port");
    Ports { broker: port(), cameras: port(), page: port() }
}

/// Runs the gateway's command line to its end.
pub(crate) fn gridwhistle(args: &[&str]) -> Output {
    Command::new(GATEWAY).args(args).output().expect("the gateway starts")
}

/// Standard error of a command that must have failed with `code`.
pub(crate) fn complaint(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    text
}

/// A camera of the test street.
pub(crate) struct StreetCamera {
    pub(crate) id: &'static str,
    pub(crate) transport: &'static str,
    pub(crate) digest: bool,
    pub(crate) watches_lamp: bool,
}

/// Writes a gateway's config folder into `work`.
pub(crate) fn write_config(work: &Path, ports: Ports, cameras: &[StreetCamera]) -> PathBuf {
    let folder = work.join("config");
    fs::create_dir_all(folder.join("cameras")).expect("a folder");
    fs::write(folder.join("gateway.toml"), gateway_toml(work, ports)).expect("written");
    for camera in cameras {
        let path = folder.join("cameras").join(format!("{}.toml", camera.id));
        fs::write(path, camera_toml(camera, ports.cameras)).expect("written");
        if camera.digest {
            let scenarios = root().join("hw-sim/scenarios");
            let password = fs::read_to_string(scenarios.join(format!("{}.password", camera.id)));
            let login = format!(
                "user = \"gridwhistle\"\npassword = \"{}\"\n",
                password.expect("the scenario's password").trim()
            );
            let path = folder.join(format!("{}.login.toml", camera.id));
            fs::write(&path, login).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        }
    }
    folder
}

fn gateway_toml(work: &Path, ports: Ports) -> String {
    let certificates = work.join("certificates");
    format!(
        r#"[gateway]
id = "gw-demo"
test = true
area = {{ county = "110117", street = "001", community = "003" }}
[mqtt]
url = "mqtts://localhost:{broker}"
ca_file = "{certificates}/ca.pem"
client_cert_file = "{certificates}/gateway.pem"
client_key_file = "{certificates}/gateway.key"
[http]
listen = "127.0.0.1:{page}"
[evidence]
listen = "127.0.0.1:{evidence}"
cert_file = "{certificates}/evidence.pem"
key_file = "{certificates}/evidence.key"
token_file = "{certificates}/evidence.tokens"
clip_before_secs = 2
clip_after_secs = 1
[storage]
state_dir = "{state}"
[inference]
model_dir = "{model}"
"#,
        broker = ports.broker,
        page = ports.page,
        evidence = free_ports().page,
        certificates = certificates.display(),
        state = work.join("state").display(),
        model = root().join("models/yolox-nano").display(),
    )
}

fn camera_toml(camera: &StreetCamera, port: u16) -> String {
    let StreetCamera { id, transport, digest, watches_lamp } = camera;
    let mut text = format!(
        "id = \"{id}\"\nurl = \"rtsp://127.0.0.1:{port}/{id}\"\ntransport = \"{transport}\"\n\
         picture_px = [768, 576]\n"
    );
    if *digest {
        writeln!(text, "credentials_file = \"../{id}.login.toml\"").expect("a String takes all");
    }
    text.push_str("[place]\nlongitude = 117.112\nlatitude = 40.144\naccuracy_metres = 15.0\n");
    text.push_str(&zone("shutter", "[[640, 80], [732, 80], [732, 112], [640, 112]]"));
    text.push_str(&rule("shutter", "fire_passage_blocked", "[\"car\", \"truck\", \"bus\"]", 10));
    text.push_str(&zone("path", "[[460, 280], [520, 280], [520, 360], [460, 360]]"));
    text.push_str(&rule("path", "other", "[\"person\"]", 8));
    if *watches_lamp {
        text.push_str(&zone("lamp", "[[362, 244], [446, 244], [446, 278], [362, 278]]"));
        text.push_str(&rule("lamp", "other", "[\"person\"]", 4));
    }
    text
}

fn zone(id: &str, polygon: &str) -> String {
    format!("[[zone]]\nid = \"{id}\"\npolygon_px = {polygon}\n")
}

fn rule(zone: &str, code: &str, classes: &str, dwell_secs: u32) -> String {
    format!(
        "[[rule]]\nid = \"{zone}\"\ntype = \"{code}\"\nkind = \"standing\"\nzone = \"{zone}\"\nclasses = {classes}\n\
         dwell_secs = {dwell_secs}\nclear_after_secs = 10\n"
    )
}
