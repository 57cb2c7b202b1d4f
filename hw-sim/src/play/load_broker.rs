//! A Mosquitto for the load of many gateways: it holds nothing back, and before it acknowledges a
//! message it has handed it to every connected subscriber.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::broker::spawn;
use super::certificates::Certificates;
use super::error::PlayError;
use super::ports::unused_port;
use super::process::Process;

const START_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_INTERVAL: Duration = Duration::from_millis(10);

/// A broker with TLS for gateways and plain TCP for those who watch it. Killed on drop.
#[derive(Debug)]
pub struct LoadBroker {
    /// TLS, on 127.0.0.1.
    pub tls_port: u16,
    /// Plain TCP, on 127.0.0.1.
    pub plain_port: u16,
    /// The certificates that gateways need to trust it.
    pub certificates: Certificates,
    config: PathBuf,
    log: PathBuf,
    process: Process,
}

impl LoadBroker {
    /// Starts Mosquitto with its files in `work`, and waits until it accepts connections.
    ///
    /// # Errors
    /// If Mosquitto is missing or ends by itself.
    pub async fn start(work: &Path) -> Result<Self, PlayError> {
        let store = work.join("load-broker");
        let in_store = |source| PlayError::File { path: store.clone(), source };
        fs::create_dir_all(&store).map_err(in_store)?;
        let certificates = Certificates::ensure(&work.join("certificates"))?;
        let (tls_port, plain_port) = (unused_port()?, unused_port()?);
        let config = store.join("mosquitto.conf");
        let log = store.join("mosquitto.log");
        fs::write(&config, configuration(tls_port, plain_port, &store, &certificates))
            .map_err(|source| PlayError::File { path: config.clone(), source })?;
        let process = spawn(&config, &log)?;
        let mut broker = Self { tls_port, plain_port, certificates, config, log, process };
        broker.accepts().await?;
        Ok(broker)
    }

    /// Ends it with SIGTERM, so that it writes its store.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn stop(&mut self) -> Result<(), PlayError> {
        self.process.terminate().await
    }

    /// Ends it with SIGKILL. What it received in the last second may be lost.
    ///
    /// # Errors
    /// If it cannot be signalled.
    pub async fn kill(&mut self) -> Result<(), PlayError> {
        self.process.kill().await
    }

    /// Starts it again after [`LoadBroker::stop`] or [`LoadBroker::kill`], with the same ports and
    /// store.
    ///
    /// # Errors
    /// As [`LoadBroker::start`].
    pub async fn restart(&mut self) -> Result<(), PlayError> {
        self.process = spawn(&self.config, &self.log)?;
        self.accepts().await
    }

    async fn accepts(&mut self) -> Result<(), PlayError> {
        let deadline = Instant::now() + START_TIMEOUT;
        for port in [self.plain_port, self.tls_port] {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
                self.process.check_alive()?;
                if Instant::now() > deadline {
                    return Err(PlayError::BrokerSilent { port, log: self.log.clone() });
                }
                sleep(CONNECT_INTERVAL).await;
            }
        }
        Ok(())
    }
}

/// No limit on messages in flight or queued, so that a SIGKILL destroys no message that waits inside
/// the broker. The store, written each second, holds sessions and retained messages.
fn configuration(
    tls_port: u16,
    plain_port: u16,
    store: &Path,
    certificates: &Certificates,
) -> String {
    format!(
        "user root\nallow_anonymous true\n\
         max_inflight_messages 0\nmax_queued_messages 0\nmax_queued_bytes 0\n\
         persistence true\npersistence_location {}/\nautosave_interval 1\n\
         log_dest stdout\nlog_timestamp_format %Y-%m-%dT%H:%M:%S\nset_tcp_nodelay true\n\
         listener {plain_port} 127.0.0.1\n\
         listener {tls_port} 127.0.0.1\ncafile {}\ncertfile {}\nkeyfile {}\n",
        store.display(),
        certificates.ca.display(),
        certificates.broker.display(),
        certificates.broker_key.display(),
    )
}
