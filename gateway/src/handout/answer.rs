//! What is answered to a request for evidence, and what is written down about it.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::HistoryEntry;
use tokio::sync::Semaphore;
use tracing::{error, warn};

use super::body::{self, Wish};
use super::pace::Pace;
use super::settings::HandoutSettings;
use super::stock::Stock;
use crate::evidence::{EvidenceStore, FileKind, Tokens};
use crate::reception::{Guest, RefusalLog, Seldom};
use runtime::metrics;
use runtime::utc_now;

/// The header that gives the reason for fetching what is not masked.
const REASON: &str = "x-reason";

/// A reason is one sentence; what is longer is cut.
const REASON_CHARACTERS: usize = 500;

/// Clips that lie decrypted in memory at a time; further ones wait.
const CLIPS_IN_MEMORY: usize = 4;

/// Whoever comes too often without a token waits this long for each answer.
const STRANGERS_WAIT: Duration = Duration::from_millis(200);

/// Decides who gets what.
pub(super) struct Guard {
    token_file: PathBuf,
    originals_token_file: Option<PathBuf>,
    pace: Pace,
    clips_in_memory: Arc<Semaphore>,
    stock: Stock,
    refusals: RefusalLog,
    spoilt_tokens: Seldom,
    unwritten: Seldom,
}

/// A request refused: status, and a line that says why.
struct Refused(StatusCode, &'static str);

impl Refused {
    /// In a word, for metrics and log.
    fn reason(&self) -> &'static str {
        match self.0 {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "token",
            StatusCode::TOO_MANY_REQUESTS => "pace",
            _ => "request",
        }
    }
}

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
    /// A masked picture.
    Picture(&'a str),
    /// A clip, by the digest of its video.
    Clip(&'a str),
    /// The picture as the camera took it, by the digest of the masked one.
    Original(&'a str),
}

impl<'a> Wanted<'a> {
    fn at(path: &'a str) -> Option<Self> {
        if let Some(name) = path.strip_prefix("/original/") {
            return name.strip_suffix(".jpg").map(Self::Original);
        }
        match EvidenceStore::parse(path.strip_prefix("/evidence/")?)? {
            (FileKind::Picture, sha256) => Some(Self::Picture(sha256)),
            (FileKind::PlainClip, sha256) => Some(Self::Clip(sha256)),
            // As they lie there they are of no use to anybody.
            (FileKind::Sealed | FileKind::Clip, _) => None,
        }
    }

    fn is_masked(&self) -> bool {
        matches!(self, Self::Picture(_))
    }
}

impl Guard {
    pub(super) fn new(settings: &HandoutSettings, stock: Stock) -> Self {
        Self {
            token_file: settings.token_file.clone(),
            originals_token_file: settings.originals_token_file.clone(),
            pace: Pace::new(settings.patience.requests_per_sec),
            clips_in_memory: Arc::new(Semaphore::new(CLIPS_IN_MEMORY)),
            stock,
            refusals: RefusalLog::new("evidence"),
            spoilt_tokens: Seldom::default(),
            unwritten: Seldom::default(),
        }
    }

    /// A connection on which nothing was asked yet is refused.
    pub(super) fn refuse(&self, reason: &'static str, from: IpAddr) {
        metrics::evidence_refused(reason);
        self.refusals.note(reason, from);
    }

    pub(super) async fn answer(&self, guest: &Guest, request: Request<()>) -> Response {
        let refused = match self.decide(guest, &request).await {
            Ok(answer) => return answer,
            Err(refused) => refused,
        };
        self.refuse(refused.reason(), guest.from());
        let Refused(status, line) = refused;
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

    async fn decide(&self, guest: &Guest, request: &Request<()>) -> Result<Response, Refused> {
        // The token comes first: without one, nobody learns even what is not here, and nobody uses up
        // what is left to holders.
        let token = bearer(request.headers()).unwrap_or_default();
        let tokens = self.read_tokens(&self.token_file).await;
        let originals = match &self.originals_token_file {
            Some(file) => self.read_tokens(file).await,
            None => Tokens::default(),
        };
        let trusted = originals.holder(token);
        let Some(holder) = trusted.or_else(|| tokens.holder(token)).map(str::to_owned) else {
            return Err(self.turn_away(guest.from()).await);
        };
        guest.trust();
        if !self.pace.admits_holder(&holder) {
            return Err(Refused(StatusCode::TOO_MANY_REQUESTS, "too many requests"));
        }
        let method = request.method();
        if !matches!(*method, Method::GET | Method::HEAD) {
            return Err(Refused(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD"));
        }
        let path = request.uri().path();
        let wanted = Wanted::at(path).ok_or(Refused(StatusCode::NOT_FOUND, "nothing here"))?;
        let mut access = Access { method, holder, from: guest.from(), path, reason: None };
        if !wanted.is_masked() {
            if trusted.is_none() {
                let line = "this is not masked: another token is needed";
                return Err(Refused(StatusCode::FORBIDDEN, line));
            }
            access.reason = Some(reason(request.headers())?);
        }
        self.hand_out(&wanted, &access, request.headers()).await
    }

    /// The answer to who has no token; whoever comes too often waits for it.
    async fn turn_away(&self, from: IpAddr) -> Refused {
        if self.pace.admits_stranger(from) {
            return Refused(StatusCode::UNAUTHORIZED, "a token is needed: Authorization: Bearer …");
        }
        tokio::time::sleep(STRANGERS_WAIT).await;
        Refused(StatusCode::TOO_MANY_REQUESTS, "too many requests without a token")
    }

    async fn hand_out(
        &self,
        wanted: &Wanted<'_>,
        access: &Access<'_>,
        headers: &HeaderMap,
    ) -> Result<Response, Refused> {
        let gone = || Refused(StatusCode::NOT_FOUND, "unknown, or no longer kept");
        let wish = Wish::of(access.method, headers);
        match wanted {
            Wanted::Picture(sha256) => {
                let path = self.stock.evidence.find(FileKind::Picture, sha256).ok_or_else(gone)?;
                self.write_down(access).await?;
                body::file(&path, &wish).await.map_err(|error| unreadable(&error))
            }
            Wanted::Clip(sha256) => {
                let length = self.stock.clips.size(sha256).ok_or_else(gone)?;
                self.write_down(access).await?;
                if wish.is_head() {
                    return Ok(body::clip_head(length, &wish));
                }
                let place = Arc::clone(&self.clips_in_memory).acquire_owned().await;
                let place = place.map_err(|error| unreadable(&error))?;
                let (clips, sha256) = (self.stock.clips.clone(), (*sha256).to_owned());
                let opened = tokio::task::spawn_blocking(move || clips.get(&sha256)).await;
                let opened = opened.map_err(|error| unreadable(&error))?;
                let mp4 = opened.map_err(|error| unreadable(&error))?.ok_or_else(gone)?;
                Ok(body::clip(mp4, &wish, place))
            }
            Wanted::Original(sha256) => {
                let sealed = self.stock.evidence.find(FileKind::Sealed, sha256).ok_or_else(gone)?;
                self.write_down(access).await?;
                let sealed = tokio::fs::read(&sealed).await.map_err(|error| unreadable(&error))?;
                let opened = self.stock.originals.open(&sealed, sha256);
                let jpeg = opened.map_err(|error| unreadable(&error))?;
                Ok(([(header::CONTENT_TYPE, "image/jpeg"), NO_STORE], jpeg).into_response())
            }
        }
    }

    /// Read for every request: whoever is removed from the file has no access from then on.
    async fn read_tokens(&self, file: &Path) -> Tokens {
        let path = file.to_owned();
        let text = tokio::task::spawn_blocking(move || filing::text(&path)).await;
        let text = text.map_err(|error| error.to_string());
        let text = text.and_then(|text| text.map_err(|error| error.to_string()));
        let tokens = text.and_then(|text| Tokens::parse(&text).map_err(|error| error.to_string()));
        tokens.unwrap_or_else(|error| {
            if self.spoilt_tokens.is_due() {
                warn!(file = %file.display(), error, "nobody can fetch evidence by this file");
            }
            Tokens::default()
        })
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
        if self.unwritten.is_due() {
            let (by, path) = (&access.holder, access.path);
            error!(error = refusal, by, path, "an access to evidence is not written down");
        }
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
