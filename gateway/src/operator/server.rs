//! Serving it: own thread, own runtime, so that a browser never slows an alert.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::page::{self, Overview};
use crate::evidence::{EvidenceStore, FileKind};

/// How long open requests may take once the gateway stops.
const STOP_LIMIT: Duration = Duration::from_secs(1);

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
    /// The system refuses a thread.
    #[error("cannot start the page's thread: {0}")]
    Thread(std::io::Error),
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
    /// [`OperatorError::Thread`].
    pub(crate) fn serve(
        self,
        overview: Overview,
        evidence: Arc<EvidenceStore>,
        metrics: PrometheusHandle,
    ) -> Result<Page, OperatorError> {
        let shared = Shared { overview: Arc::new(overview), evidence, metrics };
        Page::start("operator", move |stop| async move {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let stopped = stop.cancelled_owned();
            axum::serve(listener, routes(shared)).with_graceful_shutdown(stopped).await
        })
    }
}

/// A page under way, on a thread of its own.
pub(crate) struct Page {
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Page {
    /// Serves on a new thread of this name until stopped.
    ///
    /// # Errors
    /// [`OperatorError::Thread`].
    pub(super) fn start<F>(
        name: &'static str,
        serve: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Result<Self, OperatorError>
    where
        F: Future<Output = std::io::Result<()>>,
    {
        let stop = CancellationToken::new();
        let page_stop = stop.clone();
        let (ended_sender, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(OperatorError::Thread)?;
        let serve = move || {
            if let Err(error) = runtime.block_on(serve(stop)) {
                error!(%error, name, "serving has stopped");
            }
            // Not a plain drop: that would wait for a reader that hangs.
            runtime.shutdown_background();
            // Nobody waits if the process is ending anyway.
            let _unheard = ended_sender.send(());
        };
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(serve).map_err(OperatorError::Thread)?;
        Ok(Self { stop: page_stop, ended })
    }

    /// Stops serving. A browser that stalls in the middle of a picture is not waited for.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        if tokio::time::timeout(STOP_LIMIT, self.ended).await.is_err() {
            warn!("a browser is still reading; the page ends without waiting for it");
        }
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

/// Ready: at least one camera delivers pictures.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    if shared.overview.roster.cameras().iter().any(|camera| camera.is_online()) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no camera delivers pictures\n")
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
        // What is not masked has its own door.
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
