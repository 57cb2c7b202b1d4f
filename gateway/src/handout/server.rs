//! The server that gives out evidence: HTTPS, for those who hold a token; every access is written
//! down.
//!
//! It faces the network, so everything about it is bounded: connections, requests a second, and the
//! time for a handshake, for a request's head and for a whole connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::answer::Guard;
use super::certificate::{Certificate, CertificateError};
use super::settings::{HandoutSettings, Patience};
use super::stock::Stock;
use crate::server_thread::{ServerThread, ThreadError};
use runtime::metrics;

/// A bound, not yet serving socket: ports are claimed before anything else starts.
pub(crate) struct EvidenceServer {
    listener: std::net::TcpListener,
    certificate: Certificate,
    settings: HandoutSettings,
}

/// Why evidence cannot be given out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandoutError {
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

impl EvidenceServer {
    /// Claims the address and reads the certificate.
    ///
    /// # Errors
    /// [`HandoutError`], naming the setting to change.
    pub(crate) fn bind(settings: HandoutSettings) -> Result<Self, HandoutError> {
        let certificate = Certificate::load(&settings.cert_file, &settings.key_file)?;
        let fail = |source| HandoutError::Bind { listen: settings.listen, source };
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
    pub(crate) fn serve(self, stock: Stock) -> Result<ServerThread, ThreadError> {
        ServerThread::start("evidence", move |stop| self.accept(stock, stop))
    }

    async fn accept(mut self, stock: Stock, stop: CancellationToken) -> std::io::Result<()> {
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
                        // Out of file descriptors, for one: it passes, the server stays.
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
