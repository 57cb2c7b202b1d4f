//! The gateway's page as a browser reads it.

use std::io::{self, Error, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What a web server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Fetches `http://host/path`; `path` begins with `/`.
pub(crate) async fn fetch(host: &str, path: &str) -> io::Result<Answer> {
    let stream = TcpStream::connect(host).await?;
    exchange(stream, host, path, "").await
}

/// Fetches `https://localhost:port/path` from who has a certificate of the authority in `ca_file`.
pub(crate) async fn fetch_with_token(
    (port, path): (u16, &str),
    token: &str,
    ca_file: &Path,
) -> io::Result<Answer> {
    let invalid =
        |error: &dyn std::fmt::Display| Error::new(ErrorKind::InvalidData, error.to_string());
    let mut authorities = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(ca_file).map_err(|error| invalid(&error))?;
    authorities.add(authority).map_err(|error| invalid(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error))?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").map_err(|error| invalid(&error))?;
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let heads = format!("Authorization: Bearer {token}\r\n");
    exchange(stream, "localhost", path, &heads).await
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    path: &str,
    heads: &str,
) -> io::Result<Answer> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{heads}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let no_http = || Error::new(ErrorKind::InvalidData, "no HTTP answer");
    let head_end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or_else(no_http)?;
    let body = answer.split_off(head_end + 4);
    let head = String::from_utf8_lossy(&answer);
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(no_http)?;
    Ok(Answer { status, body })
}

/// The page of the gateway on this machine at `port`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    pub(crate) port: u16,
}

impl Page {
    pub(crate) async fn get(self, path: &str) -> io::Result<Answer> {
        fetch(&format!("127.0.0.1:{}", self.port), path).await
    }

    /// Messages in the outbox; nothing while the page is not up.
    pub(crate) async fn waiting(self) -> Option<u64> {
        let page = self.get("/").await.ok()?.text();
        let (before, _after) = page.split_once(" message(s) wait")?;
        before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    /// `/health/delivering`: whether all is well, and what it says.
    pub(crate) async fn delivering(self) -> Option<(bool, String)> {
        let answer = self.get("/health/delivering").await.ok()?;
        Some((answer.status == 200, answer.text()))
    }

    /// A counter or gauge; 0 as long as nothing was counted.
    pub(crate) async fn metric(self, series: &str) -> Result<f64, String> {
        let metrics = self.get("/metrics").await.map_err(|error| format!("/metrics: {error}"))?;
        let metrics = metrics.text();
        let value = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        Ok(value.and_then(|value| value.parse().ok()).unwrap_or(0.0))
    }

    /// Pictures of a camera analysed since the gateway started.
    pub(crate) async fn analysed(self, camera: &str) -> Result<f64, String> {
        self.metric(&format!("gridwhistle_pictures_analysed_total{{camera=\"{camera}\"}}")).await
    }
}
