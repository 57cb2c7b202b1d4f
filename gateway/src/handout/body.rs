//! What a request gets of a file or of a clip: all of it, or the span that it asked for.

use std::io::SeekFrom;
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::io::ReaderStream;

/// A clip goes out in pieces of this size.
const PIECE_BYTES: usize = 64 * 1024;

/// What a request says about the part that it wants.
pub(super) struct Wish<'a> {
    is_head: bool,
    range: Option<&'a str>,
}

/// The bytes from `from` to the one before `to`, of `length`.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
    length: u64,
    is_part: bool,
}

impl<'a> Wish<'a> {
    pub(super) fn of(method: &Method, headers: &'a HeaderMap) -> Self {
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        Self { is_head: *method == Method::HEAD, range }
    }

    /// Whether only the head of the answer is wanted.
    pub(super) fn is_head(&self) -> bool {
        self.is_head
    }

    /// What is sent of `length` bytes, or the answer that there are no such bytes.
    #[expect(clippy::result_large_err, reason = "the error is the answer, made once a request")]
    fn span(&self, length: u64) -> Result<Span, Response> {
        let (is_part, (from, to)) = match self.range.and_then(|range| span(range, length)) {
            Some(Ok(span)) => (true, span),
            None => (false, (0, length)),
            Some(Err(())) => {
                let whole = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
                return Err((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
            }
        };
        Ok(Span { from, to, length, is_part })
    }
}

impl Span {
    fn answer(self, mime: &'static str, body: Body) -> Response {
        let Self { from, to, length, is_part } = self;
        let status = if is_part { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let heads = [
            (header::CONTENT_TYPE, mime.to_owned()),
            (header::CONTENT_LENGTH, (to - from).to_string()),
            (header::ACCEPT_RANGES, "bytes".to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        ];
        let mut answer = (status, heads, body).into_response();
        if is_part
            && let Ok(value) = format!("bytes {from}-{}/{length}", to.saturating_sub(1)).parse()
        {
            answer.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        answer
    }
}

/// A picture's file.
pub(super) async fn file(path: &Path, wish: &Wish<'_>) -> std::io::Result<Response> {
    let mut file = tokio::fs::File::open(path).await?;
    let span = match wish.span(file.metadata().await?.len()) {
        Ok(span) => span,
        Err(answer) => return Ok(answer),
    };
    file.seek(SeekFrom::Start(span.from)).await?;
    let body = match wish.is_head {
        true => Body::empty(),
        false => Body::from_stream(ReaderStream::new(file.take(span.to - span.from))),
    };
    Ok(span.answer("image/jpeg", body))
}

/// The head of the answer to who asks for a clip of this length.
pub(super) fn clip_head(length: u64, wish: &Wish<'_>) -> Response {
    wish.span(length).map_or_else(|answer| answer, |span| span.answer("video/mp4", Body::empty()))
}

/// A clip that lies in memory; `place` is given back when its last piece is under way.
pub(super) fn clip(mp4: Vec<u8>, wish: &Wish<'_>, place: OwnedSemaphorePermit) -> Response {
    let span = match wish.span(mp4.len() as u64) {
        Ok(span) => span,
        Err(answer) => return answer,
    };
    let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(mp4.len());
    let (from, to) = (within(span.from), within(span.to));
    let rest = Bytes::from(mp4).slice(from..to);
    let pieces = stream::unfold((rest, place), |(mut rest, place)| async move {
        if rest.is_empty() {
            return None;
        }
        let piece = rest.split_to(PIECE_BYTES.min(rest.len()));
        Some((Ok::<_, std::io::Error>(piece), (rest, place)))
    });
    span.answer("video/mp4", Body::from_stream(pieces))
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
