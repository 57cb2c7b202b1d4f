//! Cameras that carry RTSP inside HTTP and HTTPS.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camera::{Client, Credentials, SessionError, Settings, Transport, Trust};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, WriteHalf};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::play;
use super::server::{Script, certified, serve};

/// The sending halves of tunnels whose POST has not come yet.
type Waiting = Arc<Mutex<HashMap<String, WriteHalf<DuplexStream>>>>;

/// A camera behind a web server, and how many POSTs came there.
struct WebCamera {
    settings: Settings,
    posts: Arc<AtomicUsize>,
}

/// Starts one; it ends with the test's runtime.
async fn start(script: Script, scheme: &str, tls: Option<TlsAcceptor>) -> WebCamera {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("{scheme}://{}/live", listener.local_addr().unwrap()).parse().unwrap();
    let (posts, waiting) = (Arc::new(AtomicUsize::new(0)), Waiting::default());
    let count = Arc::clone(&posts);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (script, waiting, count) = (script.clone(), waiting.clone(), count.clone());
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => answer(stream, script, waiting, count).await,
                        Err(_distrusted) => {}
                    },
                    None => answer(stream, script, waiting, count).await,
                }
            });
        }
    });
    let settings = Settings { transport: Transport::Http, ..Settings::new("cam", url) };
    WebCamera { settings, posts }
}

/// The head of a request.
async fn head_of(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    script: Script,
    waiting: Waiting,
    posts: Arc<AtomicUsize>,
) {
    let head = head_of(&mut stream).await;
    let cookie = head.lines().find_map(|line| line.strip_prefix("x-sessioncookie: "));
    let cookie = cookie.unwrap().to_owned();
    if head.starts_with("GET /live HTTP/1.0\r\n") {
        assert!(head.contains("Accept: application/x-rtsp-tunnelled\r\n"), "{head}");
        assert!(!head.contains("Content-Length"), "{head}");
        let said = "HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n";
        stream.write_all(said.as_bytes()).await.unwrap();
        let (inside, outside) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(inside, script, Arc::default()));
        let (mut said, heard) = tokio::io::split(outside);
        waiting.lock().unwrap().insert(cookie, heard);
        let _gone = tokio::io::copy(&mut said, &mut stream).await;
        return;
    }
    assert!(head.starts_with("POST /live HTTP/1.0\r\n"), "{head}");
    assert!(head.contains("Content-Type: application/x-rtsp-tunnelled\r\n"), "{head}");
    posts.fetch_add(1, Ordering::Relaxed);
    let mut heard = waiting.lock().unwrap().remove(&cookie).unwrap();
    let mut group = [0; 4];
    while stream.read_exact(&mut group).await.is_ok() {
        assert!(!group.contains(&b'='), "padding in the middle");
        heard.write_all(&STANDARD.decode(group).unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn both_clients_play_what_comes_inside_http() {
    for client in [Client::Native, Client::Compatible] {
        let camera = start(Script::default(), "rtsp", None).await;
        let settings = Settings { client, ..camera.settings };
        let played = play(&settings).await;
        assert_eq!(played.map(|played| played.client).ok(), Some(client));
        assert_eq!(camera.posts.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn what_comes_inside_https_plays_only_with_the_certificate_that_is_trusted() {
    let (tls, certificate) = certified();
    let fingerprint = Sha256::digest(certificate.der()).into();
    let camera = start(Script::default(), "rtsps", Some(tls)).await;
    let with = |trust| Settings { trust: Some(trust), ..camera.settings.clone() };
    assert!(play(&with(Trust::Fingerprint(fingerprint))).await.is_ok());
    let told = play(&with(Trust::Fingerprint([0; 32]))).await.err().unwrap().to_string();
    assert!(told.contains("another one"), "{told}");
    assert_eq!(camera.posts.load(Ordering::Relaxed), 1, "nothing is said to a stranger");
}

/// A web server that answers each request, by its head and its number, with what `says` gives; it counts those
/// that come with a password.
async fn web_server(says: fn(&str, usize) -> String) -> (Settings, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("rtsp://{}/live", listener.local_addr().unwrap()).parse().unwrap();
    let passwords = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&passwords);
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = head_of(&mut stream).await;
            count.fetch_add(usize::from(head.contains("Authorization: ")), Ordering::Relaxed);
            stream.write_all(says(&head, number).as_bytes()).await.unwrap();
        }
    });
    let credentials = Some(Credentials { user: "admin".into(), password: "secret".into() });
    let transport = Transport::Http;
    (Settings { transport, credentials, ..Settings::new("cam", url) }, passwords)
}

fn challenge(number: usize) -> String {
    format!("HTTP/1.0 401 U\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"{number}\"\r\n\r\n")
}

/// Otherwise it would be asked again soon, until the camera locks the account.
#[tokio::test]
async fn a_page_or_a_redirection_in_answer_to_a_password_is_its_refusal() {
    let to_the_page: fn(&str, usize) -> String = |head, number| match head {
        _ if head.starts_with("GET /login") => "HTTP/1.0 200 OK\r\n\r\n".into(),
        _ if head.contains("Authorization") => {
            "HTTP/1.0 302 F\r\nLocation: /login.html\r\n\r\n".into()
        }
        _ => challenge(number),
    };
    let page: fn(&str, usize) -> String = |head, number| match head.contains("Authorization") {
        true => "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>".into(),
        false => challenge(number),
    };
    for says in [to_the_page, page] {
        let (settings, passwords) = web_server(says).await;
        let error = play(&settings).await.err().unwrap();
        assert!(matches!(error, SessionError::Credentials { .. }), "{error}");
        assert_eq!(passwords.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn redirections_draw_no_more_passwords_out_of_us() {
    let (settings, passwords) = web_server(|_, number| match number % 3 {
        2 => format!("HTTP/1.0 302 F\r\nLocation: /{number}\r\n\r\n"),
        _ => challenge(number),
    })
    .await;
    let error = play(&settings).await.err().unwrap();
    assert!(matches!(error, SessionError::Credentials { .. }), "{error}");
    assert_eq!(passwords.load(Ordering::Relaxed), 2);
}
