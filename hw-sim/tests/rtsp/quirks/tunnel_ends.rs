//! The two ends of a tunnel, made by a client that takes whatever comes and notes it.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::challenge::{Challenge, authorization};
use super::wire::Words;

/// How long an answer to POST, of which there is seldom one, is waited for.
const SOON: Duration = Duration::from_millis(300);

/// How long an answer to GET may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is enough to know a flood.
const FLOOD_BYTES: usize = 1 << 20;

/// Both ends, as far as they came about.
pub(crate) struct TunnelEnds {
    pub(crate) get: TcpStream,
    pub(crate) post: Option<TcpStream>,
    /// What came behind the head of the answer to GET.
    pub(crate) said: Vec<u8>,
    pub(crate) is_chunked: bool,
}

/// Opens a tunnel to `url` and puts what was answered in words.
pub(crate) async fn open(url: &str, password: &str) -> (TunnelEnds, Words) {
    let mut words = Words::new();
    let headers = "x-sessioncookie: tunnel4711tunnel4711tu\r\n\
                   Accept: application/x-rtsp-tunnelled\r\n";
    let (get, answer) = ask(url, "GET", headers, password, &mut words).await;
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").map(|end| end + 4);
    let end = end.or_else(|| Some(answer.windows(2).position(|it| it == b"\n\n")? + 2));
    let (head, said) = answer.split_at(end.unwrap_or(answer.len()));
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut ends =
        TunnelEnds { get, post: None, said: said.to_vec(), is_chunked: head.contains("chunked") };
    if head.contains(" 200 ") && !head.contains("text/") && end.is_some() {
        let headers = "x-sessioncookie: tunnel4711tunnel4711tu\r\n\
                       Content-Type: application/x-rtsp-tunnelled\r\nContent-Length: 32767\r\n";
        ends.post = Some(ask(url, "POST", headers, password, &mut words).await.0);
    }
    (ends, words)
}

/// Makes a request, once more with the password if it is asked for; gives what came.
async fn ask(
    url: &str,
    method: &str,
    headers: &str,
    password: &str,
    words: &mut Words,
) -> (TcpStream, Vec<u8>) {
    let (host, path) = url.trim_start_matches("rtsp://").split_once('/').unwrap();
    let (path, mut login) = (format!("/{path}"), String::new());
    let patience = if method == "GET" { PATIENCE } else { SOON };
    loop {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!("{method} {path} HTTP/1.0\r\n{headers}{login}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = timeout(patience, async {
            while !has_head(&answer) && answer.len() < FLOOD_BYTES {
                if !matches!(stream.read_buf(&mut answer).await, Ok(1..)) {
                    return true;
                }
            }
            false
        });
        if ended.await == Ok(true) && answer.is_empty() {
            words.push(format!("{method}: closed"));
        }
        put_in_words(method, host, &answer, words);
        let head = String::from_utf8_lossy(&answer).into_owned();
        let challenge = head.lines().find_map(|line| line.strip_prefix("WWW-Authenticate: "));
        match challenge {
            Some(challenge) if login.is_empty() => {
                login = authorization(&Challenge::read(challenge), password, method, &path);
            }
            _ => return (stream, answer),
        }
    }
}

/// What is said on a POST that has carried requests.
pub(crate) async fn listen(post: &mut TcpStream) -> Option<String> {
    let mut answer = [0; 512];
    match timeout(SOON, post.read(&mut answer)).await {
        Ok(Ok(1..)) => Some("POST: answered behind a request".to_owned()),
        Ok(_ended) => Some("POST: closed behind a request".to_owned()),
        Err(_elapsed) => None,
    }
}

fn has_head(answer: &[u8]) -> bool {
    answer.windows(4).any(|it| it == b"\r\n\r\n") || answer.windows(2).any(|it| it == b"\n\n")
}

fn put_in_words(method: &str, host: &str, answer: &[u8], words: &mut Words) {
    if answer.is_empty() {
        return;
    }
    if !has_head(answer) {
        words.push(format!("{method}: no end of the head"));
        return;
    }
    if answer.len() >= FLOOD_BYTES {
        words.push(format!("{method}: a flood"));
        return;
    }
    let text = String::from_utf8_lossy(answer);
    let status = text.split([' ', '\r', '\n']).nth(1).unwrap_or_default();
    words.push(format!("{method}: {status}"));
    for line in text.split_inclusive('\n').take_while(|line| !line.trim().is_empty()) {
        if !line.ends_with("\r\n") {
            words.push(format!("{method}: lines end in LF"));
        }
        let line = line.trim_end().replace(host, "HOST");
        let line = line.split("nonce=").next().unwrap_or_default();
        words.push(format!("{method}: {line}"));
    }
}
