//! The configuration of a gateway under measurement, on a real broker.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hw_sim::play::{Certificates, LoadBroker};

use super::street::PASSWORD;

/// Where gateways write, and whom they tell.
pub(crate) struct Site<'a> {
    pub(crate) work: &'a Path,
    pub(crate) broker: &'a LoadBroker,
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
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
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
        Ok(folder)
    }
}
