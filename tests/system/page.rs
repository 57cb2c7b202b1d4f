//! The gateway's page as a browser reads it.

use std::io::{self, Error, ErrorKind};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
    let mut stream = TcpStream::connect(host).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
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
