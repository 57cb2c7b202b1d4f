//! The server that gives out evidence: HTTPS, for those who hold a token; every access is written
//! down.
//!
//! It faces the network, so everything about it is bounded: connections, requests a second, and the
//! time for a handshake, for a request's head and for a whole connection.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::Request;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::answer::Guard;
use super::certificate::{Certificate, CertificateError};
use super::settings::{HandoutSettings, Patience};
use super::stock::Stock;
use crate::reception::{Crowd, Guest, Reception, Visited, serve_http};
use crate::server_thread::{ServerThread, ThreadError};

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
        let reception = Reception::new(Crowd::of_strangers(self.settings.patience.connections));
        let guard = Arc::new(Guard::new(&self.settings, stock));
        loop {
            let (stream, guest) = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                guest = reception.next(&listener) => guest,
            };
            let visit = Visit { guest, guard: Arc::clone(&guard) };
            tokio::spawn(visit.serve(stream, self.certificate.acceptor(), self.settings.patience));
        }
    }
}

/// One connection.
struct Visit {
    guest: Guest,
    guard: Arc<Guard>,
}

impl Visit {
    async fn serve(self, stream: TcpStream, tls: tokio_rustls::TlsAcceptor, patience: Patience) {
        let Self { guest, guard } = self;
        let from = guest.from();
        let handshake = tokio::time::timeout(patience.handshake, tls.accept(stream));
        let stream = tokio::select! {
            () = guest.asked_to_leave() => return guard.refuse("crowd", from),
            shaken = handshake => match shaken {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => {
                    debug!(%from, %error, "no TLS connection for evidence");
                    return guard.refuse("tls", from);
                }
                Err(_) => return guard.refuse("slow", from),
            },
        };
        let answer = |request: Request<hyper::body::Incoming>| {
            let (guard, guest) = (&guard, &guest);
            async move { guard.answer(guest, request.map(drop)).await }
        };
        match serve_http(stream, &guest, patience.of_visit(), answer).await {
            Visited::Ended => {}
            Visited::Broken(error) => debug!(%from, %error, "a connection for evidence broke"),
            Visited::TooSlow => guard.refuse("slow", from),
            Visited::MadeRoom => guard.refuse("crowd", from),
        }
    }
}
