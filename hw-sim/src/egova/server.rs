//! The endpoint's HTTP server, with faults on demand.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use url::form_urlencoded;

use super::account::{Account, Tokens};
use super::action::{Actions, Counts};
use super::envelope::{CallError, Envelope, Reply};
use super::picture::Pictures;
use super::replies::Replies;
use crate::centre::chance::{SeededRandom, Share};
use crate::centre::page::{self, PictureLink};
use crate::centre::run::Centre;

/// How many replies are remembered.
const MAX_REPLIES: usize = 100_000;
/// A report carries several pictures of some megabytes in base64. By default axum refuses more than
/// 2 MiB with 413.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// What goes wrong at the endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Faults {
    /// Share of calls that are answered 500 before anything is done.
    pub fails_before: Share,
    /// Share of calls that are answered 502 after everything is done.
    pub fails_after: Share,
    /// Share of calls that are answered with half a reply after everything is done.
    pub garbled: Share,
    /// Share of calls before which the token expires.
    pub expires: Share,
    /// An action that is refused because the system is busy.
    pub busy_for: Option<&'static str>,
    /// How long every answer takes at least.
    pub slowness: Duration,
}

/// What the endpoint has served so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Served {
    /// Calls, of all kinds.
    pub calls: usize,
    /// Cases reported, each counted once.
    pub reports: usize,
    /// Reports of cases that were known.
    pub repeated_reports: usize,
    /// Results of re-checks.
    pub checks: usize,
    /// Cases withdrawn.
    pub cancels: usize,
    /// Notices signed for.
    pub signed: usize,
    /// Calls refused for their content.
    pub refused: usize,
    /// Calls that had one of the [`Faults`].
    pub faulted: usize,
    /// Tokens given out.
    pub tokens: u64,
}

/// Why the endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum EgovaError {
    /// The address is taken, or it is not an address of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A running endpoint. Ended on drop.
#[derive(Debug)]
pub struct Egova {
    address: SocketAddr,
    endpoint: Arc<Endpoint>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Endpoint {
    centre: Centre,
    account: Account,
    state: Mutex<EndpointState>,
}

#[derive(Debug)]
struct EndpointState {
    tokens: Tokens,
    pictures: Pictures,
    counts: Counts,
    served: Served,
    faults: Faults,
    random: SeededRandom,
    replies: Replies,
}

impl Egova {
    /// Serves `centre` on `address`; port 0 takes any free port.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub async fn serve(
        centre: Centre,
        account: Account,
        address: SocketAddr,
    ) -> Result<Self, EgovaError> {
        let fail = |source| EgovaError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let state = EndpointState {
            tokens: Tokens::default(),
            pictures: Pictures::default(),
            counts: Counts::default(),
            served: Served::default(),
            faults: Faults::default(),
            random: SeededRandom::new(0, "egova"),
            replies: Replies::keep(MAX_REPLIES),
        };
        let endpoint = Arc::new(Endpoint { centre, account, state: Mutex::new(state) });
        let router = Router::new()
            .route("/oauth/extras/openapi/pubkey", get(public_key))
            .route("/oauth/extras/openapi/client", post(give_token))
            .route("/openapi/third", post(call))
            .route("/", get(overview_page))
            .route("/case/{alert_id}", get(case_page))
            .route("/picture/{alert_id}/{index}", get(picture))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(Arc::clone(&endpoint));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the endpoint has ended");
            }
        });
        Ok(Self { address, endpoint, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on calls have these faults.
    pub fn set_faults(&self, faults: Faults) {
        self.endpoint.state().faults = faults;
    }

    /// What it has served so far.
    #[must_use]
    pub fn served(&self) -> Served {
        let state = self.endpoint.state();
        let Counts { reports, repeated_reports, checks, cancels, signed } = state.counts;
        let tokens = state.tokens.given();
        Served { reports, repeated_reports, checks, cancels, signed, tokens, ..state.served }
    }
}

impl Egova {
    /// The pictures that came with a case: usage, such as 上报, and size in bytes.
    #[must_use]
    pub fn pictures(&self, case_id: &str) -> Vec<(String, usize)> {
        let state = self.endpoint.state();
        let pictures = state.pictures.of(case_id).iter();
        pictures.map(|picture| (picture.usage.clone(), picture.bytes.len())).collect()
    }
}

impl Drop for Egova {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Endpoint {
    fn state(&self) -> MutexGuard<'_, EndpointState> {
        // A panic while it was held does no harm: every step leaves the state complete.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// There is no key: the secret is sent in plain text, and the answer says so.
async fn public_key() -> Response {
    json_response(StatusCode::OK, &json!({ "success": true, "data": { "algorithm": "none" } }))
}

async fn give_token(State(endpoint): State<Arc<Endpoint>>, body: Bytes) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let account = &endpoint.account;
    let refusal = if field("grant_type") != "client_credentials" {
        Some("unsupported_grant_type")
    } else if field("client_id") != account.client_id
        || field("client_secret") != account.client_secret
    {
        Some("invalid_client")
    } else {
        None
    };
    if let Some(error) = refusal {
        return json_response(StatusCode::UNAUTHORIZED, &json!({ "error": error }));
    }
    let token = endpoint.state().tokens.give(account, Timestamp::now());
    let granted = json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": account.token_life.as_secs(),
    });
    json_response(StatusCode::OK, &granted)
}

async fn call(
    State(endpoint): State<Arc<Endpoint>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let slowness = endpoint.state().faults.slowness;
    sleep(slowness).await;
    let now = Timestamp::now();
    let mut state = endpoint.state();
    let EndpointState { tokens, pictures, counts, served, faults, random, replies } = &mut *state;
    served.calls += 1;
    if random.happens(faults.expires) {
        served.faulted += 1;
        tokens.expire();
    }
    if !token_of(query.as_deref(), &headers).is_some_and(|token| tokens.accept(&token, now)) {
        let refused = json!({ "error": "invalid_token" });
        return json_response(StatusCode::UNAUTHORIZED, &refused);
    }
    if random.happens(faults.fails_before) {
        served.faulted += 1;
        return broken(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let busy_for = faults.busy_for;
    let mut actions = Actions { centre: &endpoint.centre, pictures, counts, busy_for, now };
    let reply = match answer(&mut actions, &endpoint.account, replies, &body) {
        Ok(reply) => reply,
        Err(error) => {
            served.refused += 1;
            error.reply()
        }
    };
    if random.happens(faults.fails_after) {
        served.faulted += 1;
        return broken(StatusCode::BAD_GATEWAY);
    }
    if random.happens(faults.garbled) {
        served.faulted += 1;
        let whole = serde_json::to_string(&reply).unwrap_or_default();
        let half: String = whole.chars().take(whole.chars().count() / 2).collect();
        return ([(header::CONTENT_TYPE, "application/json")], half).into_response();
    }
    json_response(StatusCode::OK, &serde_json::to_value(&reply).unwrap_or_default())
}

/// A call that only reads is answered from the register each time. The reply to every other call is
/// remembered by its `uid`.
fn answer(
    actions: &mut Actions<'_>,
    account: &Account,
    replies: &mut Replies,
    body: &[u8],
) -> Result<Reply, CallError> {
    let call = Envelope::parse(body)?;
    if call.sender_code != account.sender_code {
        return Err(CallError::Sender(call.sender_code));
    }
    if call.uid.trim().is_empty() {
        return Err(CallError::Missing("uid".to_owned()));
    }
    let reads = call.action.starts_with("GET_");
    if let Some(earlier) = replies.get(&call.uid)
        && !reads
    {
        if call.action == "REPORT" {
            actions.counts.repeated_reports += 1;
        }
        return Ok(earlier.clone());
    }
    let reply = actions.perform(&call)?;
    if !reads {
        replies.insert(call.uid, reply.clone());
    }
    Ok(reply)
}

/// The token is in the query or in the header; clients use both.
fn token_of(query: Option<&str>, headers: &HeaderMap) -> Option<String> {
    let query = query.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let in_query = pairs.find(|(name, _)| name == "egova_openapi_token");
    in_query.map(|(_, token)| token.into_owned()).or_else(|| {
        let header = headers.get("X-EGOVA-Authorization")?.to_str().ok()?;
        header.strip_prefix("Bearer ").map(str::to_owned)
    })
}

async fn overview_page(State(endpoint): State<Arc<Endpoint>>) -> Response {
    let page = page::overview(&endpoint.centre.register());
    html(page)
}

async fn case_page(
    State(endpoint): State<Arc<Endpoint>>,
    Path(alert_id): Path<String>,
) -> Response {
    let received = endpoint.state().pictures.of(&alert_id).to_vec();
    let register = endpoint.centre.register();
    let Some(case) = register.case(&alert_id) else {
        return (StatusCode::NOT_FOUND, "no such case").into_response();
    };
    let received = received.iter().enumerate().filter(|(_, picture)| !picture.bytes.is_empty());
    let received = received.map(|(index, picture)| PictureLink {
        caption: picture.usage.clone(),
        address: format!("../picture/{alert_id}/{index}"),
    });
    let pictures: Vec<PictureLink> =
        page::named_pictures(case).into_iter().chain(received).collect();
    html(page::case(case, &register, &pictures))
}

async fn picture(
    State(endpoint): State<Arc<Endpoint>>,
    Path((alert_id, index)): Path<(String, usize)>,
) -> Response {
    match endpoint.state().pictures.of(&alert_id).get(index) {
        Some(picture) if !picture.bytes.is_empty() => {
            let headers =
                [(header::CONTENT_TYPE, "image/jpeg"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, picture.bytes.clone()).into_response()
        }
        _ => (StatusCode::NOT_FOUND, "no such picture").into_response(),
    }
}

/// A page may load nothing but pictures.
fn html(page: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; img-src 'self' http: https:; style-src 'unsafe-inline'",
        ),
    ];
    (headers, page).into_response()
}

fn broken(status: StatusCode) -> Response {
    (status, "<html><body>error</body></html>").into_response()
}

fn json_response(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
