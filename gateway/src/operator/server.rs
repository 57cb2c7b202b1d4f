//! The operator page as it is served: on this machine, and bounded all the same.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use ledger::HistoryEntry;
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::utc_now;
use tokio::net::TcpStream;
use tracing::{debug, error, info};
use url::Url;

use super::caller::Callers;
use super::metrics_text::of_those_here;
use super::page::{self, Overview};
use crate::analysis::Readiness;
use crate::evidence::{EvidenceStore, FileKind};
use crate::reception::{Crowd, Guest, Reception, VisitLimits, Visited, serve_http};
use crate::server_thread::{ServerThread, ThreadError};

/// Where the page is served unless something else is said: on this machine only.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:18080";

/// Connections at a time: a few browsers, each with six, and what collects the metrics.
const CONNECTIONS: usize = 64;

/// A value of a histogram is eight bytes, and a busy gateway has some hundred a second.
const SUM_UP_EVERY: Duration = Duration::from_secs(5);

/// A browser asks again every five seconds.
const LIMITS: VisitLimits =
    VisitLimits { head: Duration::from_secs(10), connection: Duration::from_mins(2) };

/// Pictures and style of its own, and nothing else from anywhere.
const CONTENT: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
);

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

    /// Serves until stopped; `public_url` is where others reach the page.
    ///
    /// # Errors
    /// [`ThreadError`].
    pub(crate) fn serve(
        self,
        (overview, public_url): (Overview, &Url),
        evidence: Arc<EvidenceStore>,
        metrics: PrometheusHandle,
    ) -> Result<ServerThread, ThreadError> {
        let shared = Shared { overview: Arc::new(overview), evidence, metrics: metrics.clone() };
        let page = Arc::new(Page {
            callers: Callers::new(public_url),
            routes: TowerToHyperService::new(routes(shared)),
        });
        ServerThread::start("operator", move |stop| async move {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            tokio::spawn(sum_up(metrics));
            let reception = Reception::new(Crowd::of_neighbours(CONNECTIONS));
            loop {
                let (stream, guest) = tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    guest = reception.next(&listener) => guest,
                };
                tokio::spawn(visit(Arc::clone(&page), stream, guest));
            }
        })
    }
}

/// Who may call what.
struct Page {
    callers: Callers,
    routes: TowerToHyperService<Router>,
}

impl Page {
    async fn answer(&self, request: Request<Incoming>) -> Response {
        let mut answer = match self.callers.check(request.method(), request.headers()) {
            Err(refused) => refused.into_response(),
            Ok(()) => match self.routes.call(request).await {
                Ok(answer) => answer,
                Err(impossible) => match impossible {},
            },
        };
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer
    }
}

async fn visit(page: Arc<Page>, stream: TcpStream, guest: Guest) {
    let answer = |request| {
        guest.has_asked();
        page.answer(request)
    };
    match serve_http(stream, &guest, LIMITS, answer).await {
        Visited::Broken(error) => debug!(%error, "a connection to the page broke"),
        Visited::Ended | Visited::TooSlow | Visited::MadeRoom => {}
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
        .route("/zones/{camera}/{zone}/free", post(free))
        .with_state(shared)
}

async fn overview(State(shared): State<Shared>) -> Html<String> {
    Html(page::render(&shared.overview, &shared.evidence))
}

async fn metrics(State(shared): State<Shared>) -> String {
    let here = shared.overview.names().into_keys().collect();
    of_those_here(&shared.metrics.render(), &here)
}

/// Sums up what was measured. Without it every value would be kept until somebody asks, and perhaps
/// nobody ever does.
async fn sum_up(metrics: PrometheusHandle) {
    let mut tick = tokio::time::interval(SUM_UP_EVERY);
    loop {
        tick.tick().await;
        metrics.run_upkeep();
    }
}

/// Ready: the pictures of at least one camera arrive and are analysed; without cameras, a door or
/// sensor answers.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    let Overview { cameras, devices, .. } = &*shared.overview;
    if cameras.all().is_empty() && devices.is_any_online() {
        return (StatusCode::OK, "ready\n");
    }
    match cameras.readiness(Instant::now()) {
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

/// An operator says that what stands in a zone now belongs there.
async fn free(
    State(shared): State<Shared>,
    Path((camera, zone)): Path<(String, String)>,
) -> Response {
    if !shared.overview.desk.mark_free(&camera, &zone) {
        let line = "no such zone is watched for things of no class\n";
        return (StatusCode::NOT_FOUND, line).into_response();
    }
    info!(camera, zone, "an operator says that what stands in the zone belongs there");
    let entry = HistoryEntry {
        kind: "zone_freed".to_owned(),
        subject: zone.clone(),
        at_micros: utc_now().unix_micros(),
        body: serde_json::json!({ "camera": camera, "zone": zone }).to_string().into_bytes(),
    };
    let ledger = shared.overview.ledger.clone();
    let noted = tokio::task::spawn_blocking(move || ledger.note(&entry, &[])).await;
    let refusal = noted.map_or_else(|e| Some(e.to_string()), |it| it.err().map(|e| e.to_string()));
    if let Some(refusal) = refusal {
        error!(error = refusal, camera, zone, "that a zone was called free is not written down");
    }
    Redirect::to("/").into_response()
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

#[cfg(test)]
mod tests;
