//! One HTTP connection with a limit for everything: the time for a head, the size of it, and the time
//! for the whole.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::guests::Guest;

/// A request's head may take this much room.
const HEAD_BYTES: usize = 16 * 1024;
/// And have this many lines.
const HEAD_LINES: usize = 64;
/// A connection whose time is over may finish the answer under way within this time.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// What a server puts up with on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisitLimits {
    /// For the head of a request, the wait for it included.
    pub(crate) head: Duration,
    /// For a whole connection, slow readers included.
    pub(crate) connection: Duration,
}

/// How a connection ended.
#[derive(Debug)]
pub(crate) enum Visited {
    /// By itself.
    Ended,
    /// It broke.
    Broken(hyper::Error),
    /// It took too long and was cut.
    TooSlow,
    /// Its place was needed for another.
    MadeRoom,
}

/// Answers the requests of one connection until it ends, its time is over or its place is needed.
pub(crate) async fn serve_http<A>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    guest: &Guest,
    limits: VisitLimits,
    answer: impl Fn(Request<Incoming>) -> A,
) -> Visited
where
    A: Future<Output = Response<Body>>,
{
    let service = hyper::service::service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_LINES)
        .keep_alive(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended =
        |result: hyper::Result<()>| result.map_or_else(Visited::Broken, |()| Visited::Ended);
    tokio::select! {
        result = connection.as_mut() => return ended(result),
        () = guest.asked_to_leave() => return Visited::MadeRoom,
        () = tokio::time::sleep(limits.connection) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        result = connection => ended(result),
        () = guest.asked_to_leave() => Visited::MadeRoom,
        () = tokio::time::sleep(LAST_ANSWER) => Visited::TooSlow,
    }
}
