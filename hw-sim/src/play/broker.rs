//! A real Mosquitto on loopback, with TLS and a store on disk that outlives a restart.

use std::fs;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::certificates::Certificates;
use super::error::PlayError;
use super::ports::free_port;
use super::process::Process;
use crate::mqtt::BrokerAddress;

/// Debian installs it in a folder that only root's PATH holds.
const PROGRAMS: [&str; 2] = ["mosquitto", "/usr/sbin/mosquitto"];
/// Who may publish and subscribe to what: the access list that we ship.
const ACCESS: &str = include_str!("../../../config/broker/mosquitto/acl");
const START_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_INTERVAL: Duration = Duration::from_millis(20);

/// A broker of our own. Killed on drop.
#[derive(Debug)]
pub struct Broker {
    port: u16,
    certificates: Certificates,
    config: PathBuf,
    log: PathBuf,
    process: Process,
}

impl Broker {
    /// Starts Mosquitto with its files in `work`, and waits until it accepts connections. Port 0
    /// takes any free port.
    ///
    /// # Errors
    /// If Mosquitto is missing, the port is taken, or it ends by itself.
    pub async fn start(work: &Path, port: u16) -> Result<Self, PlayError> {
        let store = work.join("broker");
        let in_store = |source| PlayError::File { path: store.clone(), source };
        fs::create_dir_all(&store).map_err(in_store)?;
        let store = store.canonicalize().map_err(in_store)?;
        let certificates = Certificates::ensure(&store.with_file_name("certificates"))?;
        let port = free_port(port)?;
        let config = store.join("mosquitto.conf");
        let log = store.join("mosquitto.log");
        let access = store.join("acl");
        fs::write(&access, ACCESS)
            .map_err(|source| PlayError::File { path: access.clone(), source })?;
        fs::write(&config, configuration(port, &store, &certificates))
            .map_err(|source| PlayError::File { path: config.clone(), source })?;
        let process = spawn(&config, &log)?;
        let mut broker = Self { port, certificates, config, log, process };
        broker.accepts().await?;
        Ok(broker)
    }

    /// TCP port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificates of the play.
    #[must_use]
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// How the command centre connects to it.
    #[must_use]
    pub fn address(&self) -> BrokerAddress {
        BrokerAddress {
            host: "localhost".to_owned(),
            port: self.port,
            ca: self.certificates.ca.clone(),
            identity: Some((
                self.certificates.centre.clone(),
                self.certificates.centre_key.clone(),
            )),
        }
    }

    /// Ends it with SIGTERM, so that it writes its store.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn stop(&mut self) -> Result<(), PlayError> {
        self.process.terminate().await
    }

    /// Ends it with SIGKILL. Only what it wrote before is kept.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn kill(&mut self) -> Result<(), PlayError> {
        self.process.kill().await
    }

    /// Ends it if it runs, and starts it again on the same port and store.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub async fn restart(&mut self) -> Result<(), PlayError> {
        self.stop().await?;
        free_port(self.port)?;
        self.process = spawn(&self.config, &self.log)?;
        self.accepts().await
    }

    async fn accepts(&mut self) -> Result<(), PlayError> {
        let deadline = Instant::now() + START_TIMEOUT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err() {
            self.process.check_alive()?;
            if Instant::now() > deadline {
                return Err(PlayError::BrokerSilent { port: self.port, log: self.log.clone() });
            }
            sleep(CONNECT_INTERVAL).await;
        }
        Ok(())
    }
}

pub(super) fn spawn(config: &Path, log: &Path) -> Result<Process, PlayError> {
    for program in PROGRAMS {
        match Process::start(Command::new(program).arg("-c").arg(config), log) {
            Err(PlayError::Start { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            other => return other,
        }
    }
    Err(PlayError::NoMosquitto)
}

/// Unlimited queues, and a store that is written on every change, so that it keeps what it
/// acknowledged. `user` matters only if root starts it: otherwise Mosquitto would change to a user
/// who cannot read the keys.
fn configuration(port: u16, store: &Path, certificates: &Certificates) -> String {
    format!(
        "listener {port} 127.0.0.1\n\
         allow_anonymous false\n\
         require_certificate true\n\
         use_identity_as_username true\n\
         acl_file {}/acl\n\
         cafile {}\n\
         certfile {}\n\
         keyfile {}\n\
         user root\n\
         persistence true\n\
         persistence_location {}/\n\
         autosave_on_changes true\n\
         autosave_interval 1\n\
         max_queued_messages 0\n\
         max_queued_bytes 0\n\
         log_dest stdout\n\
         log_timestamp_format %Y-%m-%dT%H:%M:%S\n",
        store.display(),
        certificates.ca.display(),
        certificates.broker.display(),
        certificates.broker_key.display(),
        store.display(),
    )
}
