//! Who comes to the server, with RTSP or with HTTP, and what the two requests of a tunnel are answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rtsp_types::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::camera_set::{Camera, CameraSet};
use super::challenge::{Access, LoginAttempt};
use super::connection::Connection;
use super::inlet::{POST_ANSWER, Post};
use super::login::Login;
use super::quirk::flood::FloodState;
use super::reply::{Asked, Reply};
use super::tunnel_habit::PostHabit;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that has said less than a word is looked at again after this time.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 16 << 10;

/// A request of HTTP.
#[derive(Debug)]
struct HttpRequest {
    method: String,
    url: Url,
    /// By their names in lower case.
    headers: Vec<(String, String)>,
}

impl HttpRequest {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// Serves one client, whatever it speaks.
pub(crate) async fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    cameras: Arc<CameraSet>,
    shutdown: CancellationToken,
) {
    let visit = async {
        if !timeout(PATIENCE, speaks_http(&stream)).await?? {
            return io::Result::Ok(Some(Connection::new(stream, peer, cameras)));
        }
        let (request, rest) = timeout(PATIENCE, read_request(&mut stream)).await??;
        Visitor { stream, peer, cameras }.answer(&request, rest).await
    };
    let connection = tokio::select! {
        connection = visit => connection,
        () = shutdown.cancelled() => return,
    };
    match connection {
        Ok(Some(connection)) => connection.run(shutdown).await,
        Ok(None) => {}
        Err(error) => tracing::debug!(%peer, %error, "visit ended"),
    }
}

/// Whether the client begins with a request of HTTP.
async fn speaks_http(stream: &TcpStream) -> io::Result<bool> {
    let mut begin = [0; 5];
    loop {
        let length = stream.peek(&mut begin).await?;
        match begin.get(..length).unwrap_or_default() {
            [] => return Err(io::ErrorKind::UnexpectedEof.into()),
            [b'G', b'E', b'T', b' ', ..] | b"POST " => return Ok(true),
            said if b"GET ".starts_with(said) || b"POST ".starts_with(said) => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            _ => return Ok(false),
        }
    }
}

/// The head of a request, and what came behind it.
async fn read_request(stream: &mut TcpStream) -> io::Result<(HttpRequest, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(&bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        if let httparse::Status::Complete(end) = parsed {
            let target = request.path.unwrap_or_default();
            let url = Url::parse(&format!("rtsp://localhost{target}"));
            let headers = request.headers.iter().map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            });
            let request = HttpRequest {
                method: request.method.unwrap_or_default().to_owned(),
                url: url.map_err(|_| io::ErrorKind::InvalidData)?,
                headers: headers.collect(),
            };
            return Ok((request, bytes.split_off(end)));
        }
        if bytes.len() > LONGEST_HEAD || stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// A client that speaks HTTP.
#[derive(Debug)]
struct Visitor {
    stream: TcpStream,
    peer: SocketAddr,
    cameras: Arc<CameraSet>,
}

impl Visitor {
    /// Answers the one request of this connection; gives the RTSP connection that it becomes.
    async fn answer(
        mut self,
        request: &HttpRequest,
        rest: Vec<u8>,
    ) -> io::Result<Option<Connection>> {
        let Some(camera) = self.cameras.camera(request.url.path().trim_matches('/')) else {
            return self.end(&Reply::http(404, "Not Found")).await;
        };
        let camera = Arc::clone(camera);
        let local = self.stream.local_addr()?;
        let base = format!("rtsp://{local}/{}", camera.settings.id);
        let method = request.method.as_str();
        let asked = Asked {
            method,
            query: request.url.query().unwrap_or_default(),
            transport: "",
            tries: camera.tally().count(method),
            base: &base,
            elsewhere: &base,
            is_elsewhere: false,
        };
        let quirks = camera.settings.quirks;
        if let Some(flood) = quirks.flood(method) {
            return self.flood(flood.next, flood.pause).await;
        }
        // Who promises a body is waited for.
        if method == "GET" && request.header("content-length").is_some() {
            std::future::pending::<()>().await;
        }
        let habit = quirks.tunnel();
        let login = if method == "GET" { habit.get_login } else { habit.post_login };
        let refusal = quirks.refusal(&asked).map(|(code, reason)| Reply::http(code, reason));
        let refusal =
            refusal.or_else(|| login.and_then(|login| self.ask(&camera, &login, request)));
        let mut reply = match refusal {
            Some(refusal) => refusal,
            None if method == "POST" => return self.post(&camera, request, rest).await,
            None => Reply::tunnel(),
        };
        quirks.spoil_reply(&asked, &mut reply);
        let is_page = reply.header("content-type").is_some_and(|it| it.starts_with("text/"));
        if !reply.is_ok() || is_page {
            return self.end(&reply).await;
        }
        let cookie = request.header("x-sessioncookie").unwrap_or_default();
        let inlet = self.cameras.tunnels.open(&camera.settings.id, cookie, habit);
        self.stream.write_all(&reply.bytes()).await?;
        let connection = Connection::new(self.stream, self.peer, self.cameras);
        Ok(Some(connection.tunnelled(inlet, habit.chunk_bytes)))
    }

    /// The challenge of a camera whose password the request does not bring.
    fn ask(&self, camera: &Camera, login: &Login, request: &HttpRequest) -> Option<Reply> {
        let credentials = camera.settings.credentials.as_ref()?;
        let mut challenge = camera.web_challenge();
        let access = request.header("authorization").map(|authorization| {
            let attempt =
                LoginAttempt { authorization, method: &request.method, url: &request.url };
            challenge.check(login, &attempt, credentials)
        });
        if access == Some(Access::Granted) {
            return None;
        }
        camera.tally().wrong_logins += u32::from(access == Some(Access::Refused));
        let mut reply = Reply::http(401, "Unauthorized");
        let challenges = challenge.headers(login, access == Some(Access::Stale));
        reply.lines.extend(challenges.iter().map(|it| format!("WWW-Authenticate: {it}")));
        Some(reply)
    }

    async fn post(
        mut self,
        camera: &Camera,
        request: &HttpRequest,
        body: Vec<u8>,
    ) -> io::Result<Option<Connection>> {
        match camera.settings.quirks.tunnel().post {
            PostHabit::BrokenOff => return Ok(None),
            PostHabit::Refused(code, reason) => return self.end(&Reply::http(code, reason)).await,
            PostHabit::AnsweredAtOnce => self.stream.write_all(POST_ANSWER).await?,
            _ => {}
        }
        let length = request.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
        let cookie = request.header("x-sessioncookie").unwrap_or_default();
        let post = Post { stream: self.stream, body, length, is_answered: false };
        if !self.cameras.tunnels.join(&camera.settings.id, cookie, post) {
            tracing::debug!(peer = %self.peer, "a POST belongs to no tunnel");
        }
        Ok(None)
    }

    async fn flood(
        mut self,
        next: fn(&FloodState<'_>) -> Vec<u8>,
        pause: Duration,
    ) -> io::Result<Option<Connection>> {
        let mut state = FloodState { count: 0, cseq: "", ssrc: 0, sequence: 0 };
        loop {
            self.stream.write_all(&next(&state)).await?;
            state.count += 1;
            tokio::time::sleep(pause).await;
        }
    }

    /// Sends an answer and closes.
    async fn end(mut self, reply: &Reply) -> io::Result<Option<Connection>> {
        self.stream.write_all(&reply.bytes()).await?;
        self.stream.shutdown().await?;
        // What the client still says is read, so that the answer is not lost.
        let mut unread = [0; 512];
        while matches!(timeout(LOOK_AGAIN, self.stream.read(&mut unread)).await, Ok(Ok(1..))) {}
        Ok(None)
    }
}
