//! What is answered to a request for evidence, and what is written down about it.

use std::io::SeekFrom;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use ledger::HistoryEntry;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;
use tracing::{error, warn};

use super::settings::HandoutSettings;
use super::stock::Stock;
use crate::evidence::{EvidenceStore, FileKind, Tokens};
use runtime::metrics;
use runtime::utc_now;

/// The header that gives the reason for fetching what is not masked.
const REASON: &str = "x-reason";

/// A reason is one sentence; what is longer is cut.
const REASON_CHARACTERS: usize = 500;

/// Decides who gets what.
pub(super) struct Guard {
    token_file: PathBuf,
    originals_token_file: Option<PathBuf>,
    pace: DefaultDirectRateLimiter,
    stock: Stock,
}

/// A request refused: status, and a line that says why.
struct Refused(StatusCode, &'static str);

/// Who asks for what.
struct Access<'a> {
    method: &'a Method,
    holder: String,
    from: IpAddr,
    /// The path as asked for.
    path: &'a str,
    reason: Option<String>,
}

/// What is asked for.
enum Wanted<'a> {
    File(FileKind, &'a str),
    /// The picture as the camera took it, by the digest of the masked one.
    Original(&'a str),
}

impl<'a> Wanted<'a> {
    fn at(path: &'a str) -> Option<Self> {
        if let Some(name) = path.strip_prefix("/original/") {
            return name.strip_suffix(".jpg").map(Self::Original);
        }
        match EvidenceStore::parse(path.strip_prefix("/evidence/")?)? {
            (FileKind::Sealed, _) => None,
            (kind, sha256) => Some(Self::File(kind, sha256)),
        }
    }

    fn is_masked(&self) -> bool {
        matches!(self, Self::File(FileKind::Picture, _))
    }
}

impl Guard {
    pub(super) fn new(settings: &HandoutSettings, stock: Stock) -> Self {
        Self {
            token_file: settings.token_file.clone(),
            originals_token_file: settings.originals_token_file.clone(),
            pace: pace(settings.patience.requests_per_sec),
            stock,
        }
    }

    pub(super) async fn answer(&self, from: IpAddr, request: Request<()>) -> Response {
        match self.decide(from, &request).await {
            Ok(answer) => answer,
            Err(Refused(status, line)) => {
                metrics::evidence_refused(match status {
                    StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "token",
                    StatusCode::TOO_MANY_REQUESTS => "pace",
                    _ => "request",
                });
                let line = format!("{line}\n");
                match status {
                    StatusCode::UNAUTHORIZED => {
                        let ask = "Bearer realm=\"evidence\"";
                        (status, [(header::WWW_AUTHENTICATE, ask)], line).into_response()
                    }
                    StatusCode::TOO_MANY_REQUESTS => {
                        (status, [(header::RETRY_AFTER, "1")], line).into_response()
                    }
                    _ => (status, line).into_response(),
                }
            }
        }
    }

    async fn decide(&self, from: IpAddr, request: &Request<()>) -> Result<Response, Refused> {
        if self.pace.check().is_err() {
            return Err(Refused(StatusCode::TOO_MANY_REQUESTS, "too many requests"));
        }
        // The token comes first: without one, nobody learns even what is not here.
        let token = bearer(request.headers()).unwrap_or_default();
        let tokens = read_tokens(&self.token_file).await;
        let originals = match &self.originals_token_file {
            Some(file) => read_tokens(file).await,
            None => Tokens::default(),
        };
        let trusted = originals.holder(token);
        let holder = trusted.or_else(|| tokens.holder(token)).map(str::to_owned);
        let unknown = "a token is needed: Authorization: Bearer …";
        let holder = holder.ok_or(Refused(StatusCode::UNAUTHORIZED, unknown))?;
        let method = request.method();
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Err(Refused(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD"));
        }
        let path = request.uri().path();
        let wanted = Wanted::at(path).ok_or(Refused(StatusCode::NOT_FOUND, "nothing here"))?;
        let mut access = Access { method, holder, from, path, reason: None };
        if !wanted.is_masked() {
            if trusted.is_none() {
                let line = "this is not masked: another token is needed";
                return Err(Refused(StatusCode::FORBIDDEN, line));
            }
            access.reason = Some(reason(request.headers())?);
        }
        self.hand_out(&wanted, &access, request.headers()).await
    }

    async fn hand_out(
        &self,
        wanted: &Wanted<'_>,
        access: &Access<'_>,
        headers: &HeaderMap,
    ) -> Result<Response, Refused> {
        let gone = || Refused(StatusCode::NOT_FOUND, "unknown, or no longer kept");
        match wanted {
            Wanted::File(kind, sha256) => {
                let path = self.stock.evidence.find(*kind, sha256).ok_or_else(gone)?;
                self.write_down(access).await?;
                let mime = if *kind == FileKind::Clip { "video/mp4" } else { "image/jpeg" };
                send_file(&path, mime, access.method, headers).await
            }
            Wanted::Original(sha256) => {
                let sealed = self.stock.evidence.find(FileKind::Sealed, sha256).ok_or_else(gone)?;
                let originals = self.stock.originals.as_ref().ok_or_else(gone)?;
                self.write_down(access).await?;
                let sealed = tokio::fs::read(&sealed).await.map_err(|error| unreadable(&error))?;
                let jpeg = originals.open(&sealed, sha256).map_err(|error| unreadable(&error))?;
                Ok(([(header::CONTENT_TYPE, "image/jpeg"), NO_STORE], jpeg).into_response())
            }
        }
    }

    /// Who, when, what, from where, and why. What is not masked is given out only once that is
    /// durable; a masked picture also while the disk refuses.
    async fn write_down(&self, access: &Access<'_>) -> Result<(), Refused> {
        let body = serde_json::json!({
            "method": access.method.as_str(),
            "path": access.path,
            "by": access.holder,
            "from": access.from.to_string(),
            "reason": access.reason,
        });
        let entry = HistoryEntry {
            kind: "evidence_access".to_owned(),
            subject: access.path.to_owned(),
            at_micros: utc_now().unix_micros(),
            body: body.to_string().into_bytes(),
        };
        let (ledger, must) = (self.stock.ledger.clone(), access.reason.is_some());
        let note = move || match must {
            true => ledger.note(&entry, &[]),
            false => ledger.note_lazily(&entry),
        };
        let refusal = match tokio::task::spawn_blocking(note).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        error!(error = refusal, by = access.holder, path = access.path, "access not written down");
        if must {
            let line = "cannot be given out now: the access cannot be written down";
            return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, line));
        }
        Ok(())
    }
}

/// No proxy may keep what is not masked.
const NO_STORE: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

fn unreadable(error: &dyn std::fmt::Display) -> Refused {
    error!(%error, "cannot read evidence");
    Refused(StatusCode::INTERNAL_SERVER_ERROR, "cannot read it")
}

/// Read for every request: whoever is removed from the file has no access from then on.
async fn read_tokens(file: &Path) -> Tokens {
    let text = tokio::fs::read_to_string(file).await.map_err(|error| error.to_string());
    let tokens = text.and_then(|text| Tokens::parse(&text).map_err(|error| error.to_string()));
    tokens.unwrap_or_else(|error| {
        warn!(file = %file.display(), error, "nobody can fetch evidence by this file");
        Tokens::default()
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn reason(headers: &HeaderMap) -> Result<String, Refused> {
    let text = headers.get(REASON).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let text: String = text.unwrap_or_default().trim().chars().take(REASON_CHARACTERS).collect();
    if text.is_empty() {
        let line = "say why, in the header X-Reason: it is written down";
        return Err(Refused(StatusCode::BAD_REQUEST, line));
    }
    Ok(text)
}

async fn send_file(
    path: &Path,
    mime: &'static str,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let open = async {
        let file = tokio::fs::File::open(path).await?;
        let length = file.metadata().await?.len();
        Ok::<_, std::io::Error>((file, length))
    };
    let (mut file, length) = open.await.map_err(|error| unreadable(&error))?;
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let span = match range.and_then(|range| span(range, length)) {
        Some(Err(())) => {
            let whole = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
        }
        Some(Ok(span)) => Some(span),
        None => None,
    };
    let (from, to) = span.unwrap_or((0, length));
    file.seek(SeekFrom::Start(from)).await.map_err(|error| unreadable(&error))?;
    let body = match *method {
        Method::HEAD => Body::empty(),
        _ => Body::from_stream(ReaderStream::new(file.take(to - from))),
    };
    let status = if span.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let heads = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_LENGTH, (to - from).to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    let mut answer = (status, heads, body).into_response();
    if span.is_some()
        && let Ok(value) = format!("bytes {from}-{}/{length}", to.saturating_sub(1)).parse()
    {
        answer.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(answer)
}

/// First byte and the one behind the last, of one range (RFC 9110 §14.1.2); `None` if it is of
/// another form and therefore ignored, an error if the file has no such bytes.
pub(super) fn span(range: &str, length: u64) -> Option<Result<(u64, u64), ()>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if first.is_empty() {
        let count = number(last)?.min(length);
        return Some(if count == 0 { Err(()) } else { Ok((length - count, length)) });
    }
    let first = number(first)?;
    let end = if last.is_empty() { length } else { number(last)?.saturating_add(1).min(length) };
    Some(if first < end { Ok((first, end)) } else { Err(()) })
}

/// Lets this many requests through in a second, of all clients together; twice as many in a burst.
fn pace(per_sec: u32) -> DefaultDirectRateLimiter {
    let of = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    RateLimiter::direct(Quota::per_second(of(per_sec)).allow_burst(of(per_sec.saturating_mul(2))))
}
