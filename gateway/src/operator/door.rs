//! The door to evidence: HTTPS, for who holds a token, and every access written down.
//!
//! It faces the network, so everything about it is bounded: connections, requests a second, and the
//! time for a handshake, for a request's head and for a whole connection.

mod answer;
mod certificate;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use ledger::Ledger;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::server::{OperatorError, Page};
use crate::evidence::{EvidenceStore, Originals};
use answer::Guard;
use certificate::Certificate;
pub(crate) use certificate::CertificateError;
use runtime::metrics;

/// Where evidence is given out, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct DoorSettings {
    /// Address and port.
    pub(crate) listen: SocketAddr,
    /// Certificate chain, PEM; a renewed one is used from the next connection on.
    pub(crate) cert_file: PathBuf,
    /// Its key, PEM.
    pub(crate) key_file: PathBuf,
    /// Who may fetch masked evidence; read for every request.
    pub(crate) token_file: PathBuf,
    /// Who may fetch what is not masked.
    pub(crate) originals_token_file: Option<PathBuf>,
    /// How much it puts up with.
    pub(crate) patience: Patience,
}

/// What the door puts up with before it closes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Connections at a time; further ones wait in the system's queue.
    pub(crate) connections: usize,
    /// Requests a second of all clients together; twice as many in a burst.
    pub(crate) requests_per_sec: u32,
    /// For a TLS handshake.
    pub(crate) handshake: Duration,
    /// For the head of a request, once it is due.
    pub(crate) head: Duration,
    /// For a whole connection, slow readers included.
    pub(crate) connection: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connections: 64,
            requests_per_sec: 50,
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            connection: Duration::from_mins(2),
        }
    }
}

/// What lies behind the door.
#[derive(Clone)]
pub(crate) struct Stock {
    /// The files.
    pub(crate) evidence: Arc<EvidenceStore>,
    /// Pictures as the camera took them, if they are kept.
    pub(crate) originals: Option<Arc<Originals>>,
    /// Where access is written down.
    pub(crate) ledger: Ledger,
}

/// A bound, not yet serving socket: ports are claimed before anything else starts.
pub(crate) struct EvidenceDoor {
    listener: std::net::TcpListener,
    certificate: Certificate,
    settings: DoorSettings,
}

/// Why there is no door.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoorError {
    /// Another program listens there, or the address is not ours.
    #[error("cannot listen on {listen} ({source}); change evidence.listen in gateway.toml")]
    Bind {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its certificate or key.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl EvidenceDoor {
    /// Claims the address and reads the certificate.
    ///
    /// # Errors
    /// [`DoorError`], naming the setting to change.
    pub(crate) fn bind(settings: DoorSettings) -> Result<Self, DoorError> {
        let certificate = Certificate::load(&settings.cert_file, &settings.key_file)?;
        let fail = |source| DoorError::Bind { listen: settings.listen, source };
        let listener = std::net::TcpListener::bind(settings.listen).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        Ok(Self { listener, certificate, settings })
    }

    /// Where it really listens.
    #[cfg(test)]
    pub(super) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Serves until stopped.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn serve(self, stock: Stock) -> Result<Page, OperatorError> {
        Page::start("evidence", move |stop| self.let_in(stock, stop))
    }

    async fn let_in(mut self, stock: Stock, stop: CancellationToken) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let places = Arc::new(Semaphore::new(self.settings.patience.connections));
        let guard = Arc::new(Guard::new(&self.settings, stock));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
            let (stream, from) = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, for one: it passes, the door stays.
                        error!(%error, "cannot take a connection for evidence");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let tls = self.certificate.acceptor();
            let visit = Visit { from, guard: Arc::clone(&guard), _place: place };
            tokio::spawn(visit.serve(stream, tls, self.settings.patience));
        }
    }
}

/// One connection.
struct Visit {
    from: SocketAddr,
    guard: Arc<Guard>,
    /// Given back when the connection ends.
    _place: OwnedSemaphorePermit,
}

impl Visit {
    async fn serve(self, stream: TcpStream, tls: tokio_rustls::TlsAcceptor, patience: Patience) {
        let from = self.from;
        let stream = match tokio::time::timeout(patience.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                metrics::evidence_refused("tls");
                debug!(%from, %error, "no TLS connection for evidence");
                return;
            }
            Err(_) => return metrics::evidence_refused("slow"),
        };
        let guard = Arc::clone(&self.guard);
        let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
            let guard = Arc::clone(&guard);
            async move { Ok::<_, Infallible>(guard.answer(from.ip(), request.map(drop)).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.head)
            .keep_alive(true)
            .serve_connection(TokioIo::new(stream), service);
        match tokio::time::timeout(patience.connection, connection).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%from, %error, "a connection for evidence broke"),
            Err(_) => {
                metrics::evidence_refused("slow");
                warn!(%from, "a connection for evidence took too long and was cut");
            }
        }
    }
}

#[cfg(test)]
mod tests;
