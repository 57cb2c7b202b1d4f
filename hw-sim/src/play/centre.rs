//! The case centre of a play, which works beside the judge and is heard through the stage.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::PlayError;
use crate::centre::{Centre, Line, LineSettings, Profile, Report};
use crate::judge::BrokerAddress;

/// Every gateway of the play.
const PREFIX: &str = "cg/v1/+/+/+/+";
/// A subscription at a broker that runs is a matter of milliseconds.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(10);

/// A centre at work. Ended on drop.
#[derive(Debug)]
pub(super) struct CaseCentre {
    centre: Centre,
    task: JoinHandle<()>,
    told: Told,
}

/// What the centre tells, until the stage passes it on.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CaseCentre {
    /// Starts a centre in the city of `profile`, and waits until it listens.
    pub(super) async fn start(profile: Profile, broker: BrokerAddress) -> Result<Self, PlayError> {
        let port = broker.port;
        let line = Line::open(&LineSettings {
            broker,
            identity: None,
            client_id: "hw-sim-centre".to_owned(),
            prefix: PREFIX.to_owned(),
        })?;
        let centre = Centre::new(profile);
        let told = Told::default();
        let (working, mut out) = (centre.clone(), told.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = working.work(line, CancellationToken::new(), &mut out).await {
                tracing::error!(%error, "the case centre has ended");
            }
        });
        let started = Self { centre, task, told };
        match timeout(LISTEN_TIMEOUT, started.centre.listening()).await {
            Ok(()) => Ok(started),
            Err(_elapsed) => Err(PlayError::Deaf { port }),
        }
    }

    /// Passes on what the centre told since the last time.
    pub(super) fn tell(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let told = std::mem::take(&mut *self.told.0.lock().unwrap_or_else(PoisonError::into_inner));
        out.write_all(&told)
    }

    /// What became of the cases so far.
    pub(super) fn report(&self) -> Report {
        self.centre.report()
    }
}

impl Drop for CaseCentre {
    fn drop(&mut self) {
        self.task.abort();
    }
}
