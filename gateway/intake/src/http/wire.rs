//! A connection to a device's web server: TCP, TLS, and HTTP 1.1 on it.

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use trust::TlsError;

use super::fault::HttpError;
use super::web_server::WebServer;

/// All that is buffered of one connection: the longest head of an answer, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// Headers of an answer; a device sends a dozen.
const MOST_HEADERS: usize = 64;

/// A connection, and the task that moves its bytes. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) requests: SendRequest<Full<Bytes>>,
    _moving: AbortOnDropHandle<()>,
}

/// Connects to the device.
///
/// # Errors
/// If there is no way, no trusted TLS, or no HTTP.
pub(super) async fn connect(server: &WebServer) -> Result<Wire, HttpError> {
    let limit = server.step_timeout;
    let too_late = |step| HttpError::Timeout { step, limit };
    let host = server.url.host_str().unwrap_or_default();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let port = server.url.port_or_known_default().unwrap_or(80);
    let connecting = timeout(limit, TcpStream::connect((name, port))).await;
    let tcp = connecting
        .map_err(|_| too_late("connecting"))?
        .map_err(|error| HttpError::unreachable(&error))?;
    tcp.set_nodelay(true).map_err(|error| HttpError::unreachable(&error))?;
    if server.url.scheme() != "https" {
        return speak(tcp).await;
    }
    let encrypting = timeout(limit, trust::encrypt(tcp, host, server.trust.as_ref())).await;
    speak(encrypting.map_err(|_| TlsError::Mute { secs: limit.as_secs() })??).await
}

async fn speak<S>(stream: S) -> Result<Wire, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let handshake = Builder::new()
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .handshake(TokioIo::new(stream))
        .await;
    let (requests, connection) = handshake.map_err(|error| HttpError::of_hyper(&error))?;
    // Why it ends is told to whoever waits for an answer on it.
    let moving = tokio::spawn(async move { drop(connection.await) });
    Ok(Wire { requests, _moving: AbortOnDropHandle::new(moving) })
}
