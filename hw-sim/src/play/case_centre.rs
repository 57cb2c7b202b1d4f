//! The case centre of a play. It works beside the judge, and the play prints its output.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::error::PlayError;
use crate::centre::broker_link::{BrokerLink, BrokerLinkSettings};
use crate::centre::profile::Profile;
use crate::centre::report::Report;
use crate::centre::run::Centre;
use crate::mqtt::BrokerAddress;

/// The topic prefix of every gateway of the play.
const PREFIX: &str = "cg/v1/+/+/+/+";
/// A running broker grants a subscription within milliseconds.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A centre at work. Ended on drop.
#[derive(Debug)]
pub(super) struct CaseCentre {
    centre: Centre,
    task: JoinHandle<()>,
    output: Output,
}

/// What the centre has written and the play has not yet printed.
#[derive(Debug, Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CaseCentre {
    /// Starts a centre with `profile`, and waits until it listens.
    pub(super) async fn start(profile: Profile, broker: BrokerAddress) -> Result<Self, PlayError> {
        let port = broker.port;
        let link = BrokerLink::open(&BrokerLinkSettings {
            broker,
            client_id: "hw-sim-centre".to_owned(),
            prefix: PREFIX.to_owned(),
        })?;
        let centre = Centre::new(profile);
        let output = Output::default();
        let (working, mut out) = (centre.clone(), output.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = working.work(link, CancellationToken::new(), &mut out).await {
                tracing::error!(%error, "the case centre has ended");
            }
        });
        let started = Self { centre, task, output };
        match timeout(LISTEN_TIMEOUT, started.centre.listening()).await {
            Ok(()) => Ok(started),
            Err(_elapsed) => Err(PlayError::NoSubscription { port }),
        }
    }

    /// Prints what the centre has written since the last time.
    pub(super) fn print(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let output = &self.output.0;
        let written = std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner));
        out.write_all(&written)
    }

    /// The state of the cases so far.
    pub(super) fn report(&self) -> Report {
        self.centre.report()
    }
}

impl Drop for CaseCentre {
    fn drop(&mut self) {
        self.task.abort();
    }
}
