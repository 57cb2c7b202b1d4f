//! Cameras that carry RTSP inside HTTP and HTTPS.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camera::{Client, Settings, Transport, Trust};
use sha2::{Digest, Sha256};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::play;
use super::server::{Asked, Script, certified, serve};

/// The sending halves of tunnels whose POST has not come yet.
type Waiting = Arc<Mutex<HashMap<String, Heard>>>;

/// The sending half of a tunnel.
type Heard = Arc<tokio::sync::Mutex<WriteHalf<DuplexStream>>>;

/// A connection that is not made within this time on loopback is swallowed.
const SWALLOWED: Duration = Duration::from_millis(300);

/// What a camera does with POSTs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    Sound,
    /// It breaks off each that brings something once it plays.
    BreaksOffInPlay,
    /// It ends the one that brings PLAY, and takes no connection any more.
    ClosesInPlay,
    /// It takes the first request and breaks off all the same.
    BreaksOffWhatItTook,
    /// It ends each with its request. Once it plays, attempts to connect are swallowed.
    SwallowsInPlay,
    /// It ends each with its request. Once it plays, it takes connections and says nothing on them, not
    /// even what encryption begins with.
    MuteInPlay,
    /// It reads none any more once it plays.
    DeafInPlay,
    /// It ends each with its request. Once it plays, it answers each so.
    AnswersInPlay(&'static str),
}

impl Manner {
    /// Whether each request needs a POST of its own.
    fn is_one_each(self) -> bool {
        matches!(self, Self::SwallowsInPlay | Self::MuteInPlay | Self::AnswersInPlay(_))
    }
}

/// What a camera remembers of its POSTs.
#[derive(Clone, Default)]
struct Memory {
    posts: Arc<AtomicUsize>,
    passwords: Arc<AtomicUsize>,
    plays: Arc<AtomicBool>,
    closes: Arc<Notify>,
    has_closed: Arc<Notify>,
    ends: Arc<Notify>,
    /// What it took without an answer.
    taken: Arc<Mutex<String>>,
}

/// A camera behind a web server, and how many POSTs came there.
pub(crate) struct WebCamera {
    pub(crate) settings: Settings,
    posts: Arc<AtomicUsize>,
    /// How many of them brought a password.
    pub(crate) passwords: Arc<AtomicUsize>,
    /// Ends the tunnel.
    pub(crate) ends: Arc<Notify>,
}

/// Starts one; it ends with the test's runtime.
async fn start(script: Script, scheme: &str, tls: Option<TlsAcceptor>) -> WebCamera {
    start_so(script, scheme, tls, Manner::Sound).await
}

pub(crate) async fn start_so(
    script: Script,
    scheme: &str,
    tls: Option<TlsAcceptor>,
    manner: Manner,
) -> WebCamera {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(if manner == Manner::SwallowsInPlay { 1 } else { 64 }).unwrap();
    let url = format!("{scheme}://{}/live", listener.local_addr().unwrap()).parse().unwrap();
    let (memory, waiting) = (Memory::default(), Waiting::default());
    let (posts, ends) = (Arc::clone(&memory.posts), Arc::clone(&memory.ends));
    let passwords = Arc::clone(&memory.passwords);
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = memory.closes.notified() => return close(listener, manner, &memory).await,
            };
            let (stream, _) = accepted.unwrap();
            let (script, waiting, memory) = (script.clone(), waiting.clone(), memory.clone());
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => answer(stream, script, waiting, (manner, memory)).await,
                        Err(_distrusted) => {}
                    },
                    None => answer(stream, script, waiting, (manner, memory)).await,
                }
            });
        }
    });
    let settings = Settings { transport: Transport::Http, ..Settings::new("cam", url) };
    WebCamera { settings, posts, passwords, ends }
}

/// Takes nothing any more, in this manner.
async fn close(listener: TcpListener, manner: Manner, memory: &Memory) {
    let (address, mut held) = (listener.local_addr().unwrap(), Vec::new());
    match manner {
        Manner::SwallowsInPlay => {
            // Linux drops attempts without a word while so many wait to be accepted.
            while let Ok(Ok(stream)) = timeout(SWALLOWED, TcpStream::connect(address)).await {
                held.push(stream);
            }
            memory.has_closed.notify_one();
            std::future::pending().await
        }
        Manner::MuteInPlay => {
            memory.has_closed.notify_one();
            loop {
                held.push(listener.accept().await.unwrap().0);
            }
        }
        _ => drop(listener),
    }
}

/// The head of a request.
pub(crate) async fn head_of(stream: &mut (impl AsyncRead + Unpin)) -> String {
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
    (manner, memory): (Manner, Memory),
) {
    let head = head_of(&mut stream).await;
    let cookie = head.lines().find_map(|line| line.strip_prefix("x-sessioncookie: "));
    let cookie = cookie.unwrap().to_owned();
    if head.starts_with("GET /live HTTP/1.0\r\n") {
        assert!(head.contains("Accept: application/x-rtsp-tunnelled\r\n"), "{head}");
        assert!(!head.contains("Content-Length"), "{head}");
        let (inside, outside) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(inside, script, Arc::default()));
        let (said, heard) = tokio::io::split(outside);
        waiting.lock().unwrap().insert(cookie, Arc::new(heard.into()));
        return speak(stream, said, &memory).await;
    }
    let heard = Arc::clone(&waiting.lock().unwrap()[&cookie]);
    hear(stream, &head, heard, (manner, memory)).await;
}

/// Answers a GET with all that is said.
async fn speak(
    mut stream: impl AsyncWrite + Unpin,
    mut said: ReadHalf<DuplexStream>,
    memory: &Memory,
) {
    let granted = "HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n";
    stream.write_all(granted.as_bytes()).await.unwrap();
    tokio::select! {
        _gone = tokio::io::copy(&mut said, &mut stream) => {}
        () = memory.ends.notified() => {}
    }
}

/// Takes what a POST brings.
async fn hear(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    head: &str,
    heard: Heard,
    (manner, memory): (Manner, Memory),
) {
    assert!(head.starts_with("POST /live HTTP/1.0\r\n"), "{head}");
    assert!(head.contains("Content-Type: application/x-rtsp-tunnelled\r\n"), "{head}");
    let number = memory.posts.fetch_add(1, Ordering::Relaxed);
    memory.passwords.fetch_add(usize::from(head.contains("Authorization: ")), Ordering::Relaxed);
    if let Manner::AnswersInPlay(answer) = manner
        && memory.plays.load(Ordering::Relaxed)
    {
        stream.write_all(answer.as_bytes()).await.unwrap();
        // What is left unread would break the answer off.
        let mut unread = Vec::new();
        let _ended = timeout(SWALLOWED, stream.read_to_end(&mut unread)).await;
        return;
    }
    let mut heard = heard.lock().await;
    let (mut group, mut text) = ([0; 4], String::new());
    while stream.read_exact(&mut group).await.is_ok() {
        assert!(!group.contains(&b'='), "padding in the middle");
        text.push_str(std::str::from_utf8(&STANDARD.decode(group).unwrap()).unwrap());
        // What is left unread makes the system break the connection off.
        if manner == Manner::BreaksOffInPlay && memory.plays.load(Ordering::Relaxed) {
            return;
        }
        if manner == Manner::BreaksOffWhatItTook
            && number == 0
            && let Some((line, _)) = text.split_once("CSeq: 1\r\n")
        {
            *memory.taken.lock().unwrap() = format!("{line}CSeq: 1\r\n\r\n");
            return;
        }
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let rest = text.split_off(end + 4);
        memory.plays.fetch_or(text.starts_with("PLAY "), Ordering::Relaxed);
        if manner == Manner::ClosesInPlay && text.starts_with("PLAY ") {
            memory.closes.notify_one();
            drop(stream);
            tokio::time::sleep(Duration::from_millis(200)).await;
            heard.write_all(text.as_bytes()).await.unwrap();
            return;
        }
        let closes = matches!(manner, Manner::SwallowsInPlay | Manner::MuteInPlay);
        if closes && text.starts_with("PLAY ") {
            memory.closes.notify_one();
            memory.has_closed.notified().await;
        }
        // The late answer to what it took comes where the next one is waited for.
        let taken = match text.starts_with("SETUP ") {
            true => std::mem::take(&mut *memory.taken.lock().unwrap()),
            false => String::new(),
        };
        heard.write_all((taken + &text).as_bytes()).await.unwrap();
        if manner.is_one_each() {
            return;
        }
        if manner == Manner::DeafInPlay && memory.plays.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        text = rest;
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

#[tokio::test]
async fn a_camera_that_breaks_off_each_post_while_it_plays_draws_no_storm_of_them() {
    let reply = |_: &Asked, usual: String| usual.replace("timeout=60", "timeout=4").into_bytes();
    // So that the pictures take longer than the first sign of life.
    let script = Script { picture_every: Duration::from_millis(100), ..Script::reply(reply) };
    let camera = start_so(script, "rtsp", None, Manner::BreaksOffInPlay).await;
    assert!(play(&camera.settings).await.is_ok());
    // One more for the sign of life, and some for the end.
    let posts = camera.posts.load(Ordering::Relaxed);
    assert!((2..=5).contains(&posts), "{posts}");
}

#[tokio::test]
async fn a_camera_that_plays_may_ask_what_cannot_be_answered() {
    let script = Script::reply(|asked, usual| match asked.method.as_str() {
        "PLAY" => format!("{usual}OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n").into_bytes(),
        _ => usual.into_bytes(),
    });
    let camera = start_so(script, "rtsp", None, Manner::ClosesInPlay).await;
    let played = play(&Settings { client: Client::Native, ..camera.settings }).await;
    assert!(played.is_ok(), "{:?}", played.err());
}

#[tokio::test]
async fn a_second_answer_to_what_was_said_again_is_none_to_what_came_after() {
    let script = Script::reply(|asked, usual| match asked.method.as_str() {
        "PLAY" if !asked.text.contains("Session: 4711") => {
            format!("RTSP/1.0 454 Session Not Found\r\nCSeq: {}\r\n\r\n", asked.cseq).into_bytes()
        }
        _ => usual.into_bytes(),
    });
    let camera = start_so(script, "rtsp", None, Manner::BreaksOffWhatItTook).await;
    let played = play(&Settings { client: Client::Native, ..camera.settings }).await;
    assert!(played.is_ok(), "{:?}", played.err());
    assert_eq!(camera.posts.load(Ordering::Relaxed), 2);
}
