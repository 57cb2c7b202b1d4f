//! The configuration of the gateway under chaos.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hw_sim::play::Ports;

pub(super) const USER: &str = "guard";
pub(super) const PASSWORD: &str = "gate 7";

/// Where all devices stand.
pub(super) const PLACE: &str =
    "place = { longitude = 117.1121, latitude = 40.1441, accuracy_metres = 5.0 }\n";

/// A rule that tells every event by an alert of its own: what is told again once that is cleared is seen.
pub(super) fn event_rule(code: &str, event: &str) -> String {
    format!(
        "[[rule]]\nid = \"{code}\"\ntype = \"{code}\"\nkind = \"event\"\nevents = [\"{event}\"]\n\
         within_secs = 1\nclear_after_secs = 1\nreopen_after_secs = 600000\ndaily_cap = 1000\n"
    )
}

/// Writes the folder of a gateway with these devices (id, file).
pub(super) fn write(work: &Path, ports: Ports, devices: &[(String, String)]) -> PathBuf {
    let folder = work.join("config");
    for part in ["cameras", "devices"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    for (name, password) in [("right.password", PASSWORD), ("wrong.password", "gate 8")] {
        let path = folder.join(name);
        fs::write(&path, password).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let text = format!(
        "[gateway]\nid = \"gw-demo\"\ntest = true\n\
         area = {{ county = \"110117\", street = \"001\", community = \"003\" }}\n\
         [mqtt]\nurl = \"mqtts://localhost:{broker}\"\nca_file = \"{certificates}/ca.pem\"\n\
         client_cert_file = \"{certificates}/gateway.pem\"\n\
         client_key_file = \"{certificates}/gateway.key\"\n\
         [http]\nlisten = \"127.0.0.1:{page}\"\n[storage]\nstate_dir = \"{state}\"\n\
         [inference]\nmodel_dir = \"{model}\"\n",
        broker = ports.broker,
        page = ports.page,
        certificates = work.join("certificates").display(),
        state = work.join("state").display(),
        model = root.join("models/yolox-nano").display(),
    );
    fs::write(folder.join("gateway.toml"), text).unwrap();
    for (id, text) in devices {
        fs::write(folder.join(format!("devices/{id}.toml")), text).unwrap();
    }
    folder
}
