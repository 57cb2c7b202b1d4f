//! Certificates of a play: an authority of its own, and the certificates it signs. They are for
//! loopback only; real ones come from the city's authority.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use sha2::{Digest as _, Sha256};

use super::error::PlayError;

/// The id of the gateway in every play. It is the name in its certificate, and the broker's access
/// list goes by it.
pub const GATEWAY: &str = "gw-demo";

/// The id of the sensor that publishes at the broker in plays with one, and the name in its certificate.
pub const SENSOR: &str = "smoke-1";

/// The name of the command centre in the access list that we ship.
const CENTRE: &str = "centre";

/// PEM files in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The authority: `ca.pem`.
    pub ca: PathBuf,
    /// The broker's certificate, for `localhost` and 127.0.0.1: `broker.pem`.
    pub broker: PathBuf,
    /// Its key: `broker.key`.
    pub broker_key: PathBuf,
    /// The gateway's certificate as a client of the broker, for [`GATEWAY`]: `gateway.pem`.
    pub gateway: PathBuf,
    /// Its key: `gateway.key`.
    pub gateway_key: PathBuf,
    /// The command centre's certificate as a client of the broker: `centre.pem`.
    pub centre: PathBuf,
    /// Its key: `centre.key`.
    pub centre_key: PathBuf,
    /// A sensor's certificate as a client of the broker, for [`SENSOR`]: `sensor.pem`.
    pub sensor: PathBuf,
    /// Its key: `sensor.key`.
    pub sensor_key: PathBuf,
    /// The gateway's certificate for serving evidence, for `localhost` and 127.0.0.1:
    /// `evidence.pem`.
    pub evidence: PathBuf,
    /// Its key: `evidence.key`.
    pub evidence_key: PathBuf,
    /// Who may fetch evidence: `evidence.tokens`, one line `judge:<token>`.
    pub evidence_tokens: PathBuf,
}

impl Certificates {
    /// Makes the certificates in `folder`, unless all of them exist.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn ensure(folder: &Path) -> Result<Self, PlayError> {
        let certificates = Self {
            ca: folder.join("ca.pem"),
            broker: folder.join("broker.pem"),
            broker_key: folder.join("broker.key"),
            gateway: folder.join("gateway.pem"),
            gateway_key: folder.join("gateway.key"),
            centre: folder.join("centre.pem"),
            centre_key: folder.join("centre.key"),
            sensor: folder.join("sensor.pem"),
            sensor_key: folder.join("sensor.key"),
            evidence: folder.join("evidence.pem"),
            evidence_key: folder.join("evidence.key"),
            evidence_tokens: folder.join("evidence.tokens"),
        };
        if !certificates.complete() {
            fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
            certificates.make(folder)?;
        }
        Ok(certificates)
    }

    fn complete(&self) -> bool {
        [
            &self.ca,
            &self.broker,
            &self.broker_key,
            &self.gateway,
            &self.gateway_key,
            &self.centre,
            &self.centre_key,
            &self.sensor,
            &self.sensor_key,
            &self.evidence,
            &self.evidence_key,
            &self.evidence_tokens,
        ]
        .iter()
        .all(|path| path.is_file())
    }

    fn make(&self, folder: &Path) -> Result<(), PlayError> {
        let failed = |source| PlayError::Certificate { path: folder.to_owned(), source };
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "Simulated city authority");
        let key = KeyPair::generate().map_err(failed)?;
        let ca = authority.self_signed(&key).map_err(failed)?;
        let issuer = Issuer::new(authority, key);

        let server = ExtendedKeyUsagePurpose::ServerAuth;
        let (broker, broker_key) =
            signed(&["localhost", "127.0.0.1"], "broker", server, &issuer).map_err(failed)?;
        let client = ExtendedKeyUsagePurpose::ClientAuth;
        let (gateway, gateway_key) =
            signed(&[], GATEWAY, client.clone(), &issuer).map_err(failed)?;
        let (centre, centre_key) = signed(&[], CENTRE, client.clone(), &issuer).map_err(failed)?;
        let (sensor, sensor_key) = signed(&[], SENSOR, client, &issuer).map_err(failed)?;
        write(&self.ca, &ca.pem())?;
        write(&self.broker, &broker)?;
        write(&self.broker_key, &broker_key)?;
        write(&self.gateway, &gateway)?;
        write(&self.gateway_key, &gateway_key)?;
        write(&self.centre, &centre)?;
        write(&self.centre_key, &centre_key)?;
        write(&self.sensor, &sensor)?;
        write(&self.sensor_key, &sensor_key)?;
        self.make_evidence(&issuer, failed)
    }

    fn make_evidence(
        &self,
        issuer: &Issuer<'_, KeyPair>,
        failed: impl Fn(rcgen::Error) -> PlayError,
    ) -> Result<(), PlayError> {
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        let names = ["localhost", "127.0.0.1"];
        let (certificate, key) = signed(&names, "evidence", usage, issuer).map_err(&failed)?;
        // A key is as random as a token must be.
        let token = KeyPair::generate().map_err(failed)?.serialize_der();
        let token = hex::encode(Sha256::digest(token));
        write(&self.evidence, &certificate)?;
        write(&self.evidence_key, &key)?;
        write(&self.evidence_tokens, &format!("judge:{token}\n"))
    }
}

/// Certificate and key as PEM.
fn signed(
    names: &[&str],
    common_name: &str,
    usage: ExtendedKeyUsagePurpose,
    issuer: &Issuer<'_, KeyPair>,
) -> Result<(String, String), rcgen::Error> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Only the owner may read the file. Keys need that, and it does no harm to certificates.
fn write(path: &Path, pem: &str) -> Result<(), PlayError> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(pem.as_bytes()))
        .map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: std::io::Error) -> PlayError {
    PlayError::File { path: path.to_owned(), source }
}
