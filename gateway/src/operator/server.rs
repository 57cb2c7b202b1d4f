//! The operator page as it is served.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tracing::error;

use super::page::{self, Overview};
use crate::analysis::Readiness;
use crate::evidence::{EvidenceStore, FileKind};
use crate::server_thread::{ServerThread, ThreadError};

/// Where the page is served unless something else is said: on this machine only.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:18080";

/// Why the page is not served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OperatorError {
    /// Another program listens there, or the address is not ours.
    #[error(
        "cannot listen on {listen} ({source}); is another gateway running? Change http.listen in gateway.toml"
    )]
    Bind {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A bound, not yet serving socket: ports are claimed before anything else starts.
pub(crate) struct OperatorServer {
    listener: std::net::TcpListener,
}

#[derive(Clone)]
struct Shared {
    overview: Arc<Overview>,
    evidence: Arc<EvidenceStore>,
    metrics: PrometheusHandle,
}

impl OperatorServer {
    /// Claims `listen`.
    ///
    /// # Errors
    /// [`OperatorError::Bind`], naming the setting to change.
    pub(crate) fn bind(listen: SocketAddr) -> Result<Self, OperatorError> {
        let fail = |source| OperatorError::Bind { listen, source };
        let listener = std::net::TcpListener::bind(listen).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        Ok(Self { listener })
    }

    /// Serves until `stop`.
    ///
    /// # Errors
    /// [`ThreadError`].
    pub(crate) fn serve(
        self,
        overview: Overview,
        evidence: Arc<EvidenceStore>,
        metrics: PrometheusHandle,
    ) -> Result<ServerThread, ThreadError> {
        let shared = Shared { overview: Arc::new(overview), evidence, metrics };
        ServerThread::start("operator", move |stop| async move {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let stopped = stop.cancelled_owned();
            axum::serve(listener, routes(shared)).with_graceful_shutdown(stopped).await
        })
    }
}

fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/metrics", get(metrics))
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/health/delivering", get(delivering))
        .route("/evidence/{name}", get(evidence))
        .with_state(shared)
}

async fn overview(State(shared): State<Shared>) -> Html<String> {
    Html(page::render(&shared.overview, &shared.evidence.latest(12)))
}

async fn metrics(State(shared): State<Shared>) -> String {
    shared.metrics.run_upkeep();
    shared.metrics.render()
}

/// Ready: the pictures of at least one camera arrive and are analysed.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    match shared.overview.cameras.readiness(Instant::now()) {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::NoPictures => (StatusCode::SERVICE_UNAVAILABLE, "no camera delivers pictures\n"),
        Readiness::NotJudged => {
            (StatusCode::SERVICE_UNAVAILABLE, "pictures arrive, but none of them are analysed\n")
        }
    }
}

/// Delivering: the broker takes what is recorded.
async fn delivering(State(shared): State<Shared>) -> (StatusCode, String) {
    let health = shared.overview.delivery.borrow().clone();
    match (health.connected_since, health.trouble) {
        (Some(_), None) => (StatusCode::OK, "delivering\n".to_owned()),
        (_, trouble) => {
            let reason = trouble.unwrap_or_else(|| "not connected yet".to_owned());
            (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n"))
        }
    }
}

async fn evidence(State(shared): State<Shared>, Path(name): Path<String>) -> Response {
    let found = match EvidenceStore::parse(&name) {
        Some((FileKind::Picture, sha256)) => shared.evidence.find(FileKind::Picture, sha256),
        // What is not masked is handed out over HTTPS only.
        _ => None,
    };
    let Some(path) = found else {
        return (StatusCode::NOT_FOUND, "no such picture, or no longer kept\n").into_response();
    };
    match tokio::fs::read(&path).await {
        Ok(jpeg) => {
            let kind = HeaderValue::from_static("image/jpeg");
            // The name is the digest of the content: it can never change.
            let lasting = HeaderValue::from_static("private, immutable, max-age=86400");
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, lasting)], jpeg).into_response()
        }
        Err(error) => {
            error!(%error, path = %path.display(), "cannot read evidence");
            (StatusCode::INTERNAL_SERVER_ERROR, "cannot read the picture\n").into_response()
        }
    }
}
