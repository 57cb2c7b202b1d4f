//! A right password is never called wrong, however short a device's nonces and connections live.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use trust::Credentials;

use super::{Ask, Client, HttpError, WebServer};

const TARGET: &str = "/events";

/// A device on a thread of its own. Its nonces are good for one request and it never says that one is
/// stale, as RFC 7616 §3.3 leaves it free to. It closes each connection after some answers, unannounced.
struct OneTimeDevice {
    server: WebServer,
    /// It closes a connection that it has answered on when it is told to, and tells that.
    close: Sender<()>,
    closed: Receiver<()>,
    /// Tells each count of a nonce that it was answered with.
    counts: Receiver<String>,
}

impl OneTimeDevice {
    fn serve(answers_each: usize, password: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let credentials = Credentials { user: "guard".to_owned(), password: "gate 7".to_owned() };
        let server = WebServer { credentials: Some(credentials), ..WebServer::new(url) };
        let ((tell, closed), (count, counts)) = (channel(), channel());
        let (close, may_close) = channel();
        std::thread::spawn(move || {
            let mut nonces = BTreeSet::new();
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                for _ in 0..answers_each {
                    if !answer(&mut stream, &mut nonces, password, &count) {
                        break;
                    }
                }
                if may_close.recv().is_err() {
                    return;
                }
                drop(stream);
                if tell.send(()).is_err() {
                    return;
                }
            }
        });
        Self { server, close, closed, counts }
    }
}

fn sha(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Answers one request; no more can be answered if this is false.
fn answer(
    stream: &mut BufReader<TcpStream>,
    nonces: &mut BTreeSet<String>,
    password: &str,
    counts: &Sender<String>,
) -> bool {
    let mut authorization = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return false;
        }
        let lower = line.to_ascii_lowercase();
        if lower.starts_with("authorization:") {
            authorization = line.trim().to_owned();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let word = |name: &str| {
        let rest = authorization.split_once(&format!("{name}=")).unwrap_or_default().1;
        rest.trim_start_matches('"').split(['"', ',']).next().unwrap_or_default().to_owned()
    };
    let (nonce, count) = (word(" nonce"), word(" nc"));
    let key = sha(&format!("guard:gate:{password}"));
    let asked = sha(&format!("GET:{TARGET}"));
    let expected = sha(&format!("{key}:{nonce}:{count}:{}:auth:{asked}", word("cnonce")));
    let is_right = word("response") == expected && nonces.remove(&nonce);
    if !count.is_empty() {
        counts.send(count).unwrap_or_default();
    }
    let answer = if is_right {
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned()
    } else {
        let nonce = format!("{:x}", RandomState::new().hash_one(nonces.len()));
        nonces.insert(nonce.clone());
        format!(
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Digest \
             realm=\"gate\", qop=\"auth\", algorithm=SHA-256, nonce=\"{nonce}\"\r\n\r\n"
        )
    };
    stream.get_mut().write_all(answer.as_bytes()).is_ok()
}

async fn ask(client: &mut Client) -> Result<u16, HttpError> {
    let ask = Ask { target: TARGET, post: None, patience: Duration::from_secs(10) };
    let answer = client.ask(&ask).await?;
    let _rest = answer.body.whole(64, tokio::time::Instant::now() + Duration::from_secs(10)).await;
    Ok(answer.status)
}

#[tokio::test]
async fn a_connection_that_closed_meanwhile_makes_no_right_password_wrong() {
    // The first two answers are those of a log-in; the third that to a nonce which was used.
    let device = OneTimeDevice::serve(2, "gate 7");
    let mut client = Client::new(device.server.clone());
    assert_eq!(ask(&mut client).await.unwrap(), 200);
    for round in 0..20 {
        // Nothing of the runtime runs in this wait, and the answer has been read whole before: the client cannot
        // have seen the end of its connection.
        device.close.send(()).unwrap();
        device.closed.recv().unwrap();
        assert!(client.wire.as_ref().is_some_and(|wire| !wire.requests.is_closed()));
        let status = ask(&mut client).await;
        assert!(matches!(status, Ok(200)), "round {round}: {status:?}");
    }
    let counts: Vec<String> = device.counts.try_iter().collect();
    assert!(counts.iter().all(|count| count == "00000001" || count == "00000002"), "{counts:?}");
}

#[tokio::test]
async fn a_wrong_password_is_still_refused_after_one_answer() {
    let device = OneTimeDevice::serve(2, "another");
    let mut client = Client::new(device.server.clone());
    let refused = ask(&mut client).await;
    assert!(matches!(refused, Err(HttpError::Refused { status: 401 })), "{refused:?}");
    assert_eq!(device.counts.try_iter().count(), 1, "devices lock accounts");
}
