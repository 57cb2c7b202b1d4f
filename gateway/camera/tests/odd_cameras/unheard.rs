//! Cameras that show pictures and hear nothing of what is said to them meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camera::{Client, Credentials, Health, Playing, Settings, Transport, Trust};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::server::{Asked, Camera, Script, certified, serve};
use super::tunnel::{Manner, start_so};
use super::watched::Watched;

/// How often a picture comes.
const PICTURE_EVERY: Duration = Duration::from_millis(100);

/// The camera says that it wants a sign of life every 4 s. It gets one every two.
const SESSION: (&str, &str) = ("timeout=60", "timeout=4");

/// For so long the pictures are watched: four signs of life.
const WATCHED: Duration = Duration::from_secs(9);

/// No pause may be as long. A connection is waited for 5 s, and a busy machine needs some time.
const PAUSE: Duration = Duration::from_millis(1500);

fn script() -> Script {
    let reply = |_: &Asked, usual: String| usual.replace(SESSION.0, SESSION.1).into_bytes();
    Script { picture_every: PICTURE_EVERY, ..Script::reply(reply) }
}

/// Plays a camera of this manner, and says what its operator reads when it has ended, and how many passwords
/// were sent.
async fn watch(manner: Manner, client: Client) -> (String, usize) {
    let is_encrypted = manner == Manner::MuteInPlay;
    let (tls, certificate) = certified();
    let (scheme, tls) = if is_encrypted { ("rtsps", Some(tls)) } else { ("rtsp", None) };
    let camera = start_so(script(), scheme, tls, manner).await;
    let fingerprint = Sha256::digest(certificate.der()).into();
    let trust = is_encrypted.then_some(Trust::Fingerprint(fingerprint));
    let credentials = Some(Credentials { user: "admin".into(), password: "secret".into() });
    let settings = Settings { client, trust, credentials, ..camera.settings };
    let what = format!("{manner:?}, {client}");
    let told = watch_pictures(&settings, &what, || camera.ends.notify_one()).await;
    (told, camera.passwords.load(Ordering::Relaxed))
}

/// Watches the pictures until signs of life were due, ends them and says what an operator reads then.
async fn watch_pictures(settings: &Settings, what: &str, end: impl Fn()) -> String {
    let Playing { mut video, .. } = camera::play(settings).await.unwrap();
    let (began, mut latest, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
    while began.elapsed() < WATCHED {
        let next = timeout(WATCHED, video.next()).await.unwrap();
        assert!(next.is_ok(), "{what}: {:?}", next.err());
        longest = longest.max(latest.elapsed());
        latest = Instant::now();
    }
    println!("{what}: the longest pause took {longest:?}");
    assert!(longest < PAUSE, "{what}: a pause of {longest:?}");
    end();
    loop {
        if let Err(ended) = video.next().await {
            return ended.to_string();
        }
    }
}

#[tokio::test]
async fn pictures_do_not_wait_for_a_web_port_that_takes_nothing_any_more() {
    let manners = [Manner::SwallowsInPlay, Manner::MuteInPlay, Manner::DeafInPlay];
    let clients = [Client::Native, Client::Compatible];
    let plays = manners.into_iter().flat_map(|manner| clients.map(|client| watch(manner, client)));
    for (told, _) in futures::future::join_all(plays).await {
        let expected =
            "the stream ended, and the camera took no sign of life from us before: no answer";
        assert!(told.starts_with(expected), "{told}");
    }
}

/// The camera's way to say no, and the beginning of what its operator reads.
const REFUSALS: [(&str, &str); 5] = [
    ("HTTP/1.0 302 F\r\nLocation: /there\r\n\r\n", "no RTSP over HTTP: 302:"),
    ("HTTP/1.0 403 F\r\n\r\n", "no RTSP over HTTP: 403:"),
    ("HTTP/1.0 404 N\r\n\r\n", "no RTSP over HTTP: 404:"),
    ("HTTP/1.0 500 I\r\n\r\n", "no RTSP over HTTP: 500:"),
    ("HTTP/1.0 503 S\r\n\r\n", "no RTSP over HTTP: 503:"),
];

/// The same for a password that is wrong since the camera plays.
const CHANGED: &str = "HTTP/1.0 401 U\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"7\"\r\n\r\n";

#[tokio::test]
async fn pictures_go_on_while_posts_are_refused_and_a_wrong_password_is_sent_once() {
    let refused = REFUSALS.map(async |(answer, why)| {
        let (told, passwords) = watch(Manner::AnswersInPlay(answer), Client::Native).await;
        let expected = "the stream ended, and the camera took no sign of life from us before: ";
        assert!(told.starts_with(&format!("{expected}{why}")), "{told}");
        assert_eq!(passwords, 0);
    });
    let changed = async {
        let (told, passwords) = watch(Manner::AnswersInPlay(CHANGED), Client::Native).await;
        assert!(told.starts_with("401: the camera refuses the login;"), "{told}");
        assert_eq!(passwords, 1);
    };
    tokio::join!(futures::future::join_all(refused), changed);
}

/// What a camera does with a request of which it is said whether it is a sign of life.
type Manners = fn(&Asked, bool) -> Option<String>;

/// Asks for the password with a fresh nonce.
fn challenge(asked: &Asked) -> Option<String> {
    let challenge =
        CHANGED.replace("HTTP/1.0", "RTSP/1.0").replace("\"7\"", &format!("\"{}\"", asked.number));
    Some(challenge.replace("\r\n\r\n", &format!("\r\nCSeq: {}\r\n\r\n", asked.cseq)))
}

/// Plays a camera that leaves the connection open when its pictures end, and says what its operator reads then,
/// how many passwords its signs of life brought, and how many datagrams came.
async fn silenced(transport: Transport, manners: Manners) -> (String, usize, usize) {
    let (passwords, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(false)));
    let (count, end) = (Arc::clone(&passwords), Arc::clone(&ends));
    let usual = script();
    let script = Script::reply(move |asked, answer| {
        let is_sign = matches!(asked.method.as_str(), "OPTIONS" | "GET_PARAMETER");
        let is_login = asked.text.contains("Authorization: ");
        count.fetch_add(usize::from(is_sign && is_login), Ordering::Relaxed);
        manners(asked, is_sign).map_or_else(|| (usual.reply)(asked, answer), String::into_bytes)
    });
    // It sends no more pictures in the end, and leaves the connection open.
    let packets = move |_: usize, packet: Vec<u8>| {
        if *end.lock().unwrap() { Vec::new() } else { vec![packet] }
    };
    let script = Script { picture_every: PICTURE_EVERY, packets: Arc::new(packets), ..script };
    let datagrams = Arc::clone(&script.datagrams_in);
    let camera = Camera::start(script).await;
    let credentials = Some(Credentials { user: "admin".into(), password: "secret".into() });
    let settings = Settings { credentials, transport, ..camera.settings() };
    let watched = Watched::start(settings);
    let online = |health: &Health| matches!(health, Health::Online { .. });
    assert!(watched.until(WATCHED, online).await.is_some());
    tokio::time::sleep(WATCHED).await;
    assert!(watched.health.get().is_some_and(|health| online(&health)), "nothing ends it");
    let counted = (passwords.load(Ordering::Relaxed), datagrams.load(Ordering::Relaxed));
    *ends.lock().unwrap() = true;
    let told = watched.reason().await;
    watched.shutdown.cancel();
    (told, counted.0, counted.1)
}

#[tokio::test]
async fn a_password_that_was_changed_while_it_plays_is_sent_once_more() {
    // It asks for the password from now on, or it did so before.
    let from_now_on: Manners = |asked, is_sign| challenge(asked).filter(|_| is_sign);
    let always: Manners = |asked, is_sign| {
        challenge(asked).filter(|_| is_sign || !asked.text.contains("Authorization: "))
    };
    let cases = [
        (Transport::Tcp, from_now_on, 1),
        (Transport::Tcp, always, 2),
        (Transport::Udp, always, 2),
    ];
    let plays = cases.map(async |(transport, manners, most)| {
        let (told, passwords, datagrams) = silenced(transport, manners).await;
        assert!(told.starts_with("401: the camera refuses the login;"), "{told}");
        assert_eq!(passwords, most);
        // What keeps a firewall open brings no password: once at first, and with each sign.
        assert!(transport != Transport::Udp || datagrams >= 4, "{datagrams}");
    });
    futures::future::join_all(plays).await;
}

#[tokio::test]
async fn a_camera_that_answers_no_sign_and_falls_silent_is_told_as_silent() {
    let (told, ..) = silenced(Transport::Tcp, |_, is_sign| is_sign.then(String::new)).await;
    assert!(told.starts_with("no picture for 3 s"), "{told}");
}

/// What the camera asks once it plays: more than fits into its wire if it is answered.
const QUESTIONS: usize = 400;

/// A camera that reads nothing any more once it plays, and asks much.
async fn play_to_a_deaf_one(wire: DuplexStream) {
    let script = Script::reply(|asked, usual| {
        let question = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
        let questions =
            if asked.method == "PLAY" { question.repeat(QUESTIONS) } else { String::new() };
        (usual.replace(SESSION.0, SESSION.1) + &questions).into_bytes()
    });
    let (inside, outside) = tokio::io::duplex(64 * 1024);
    tokio::spawn(serve(
        inside,
        Script { picture_every: PICTURE_EVERY, ..script },
        Default::default(),
    ));
    let (mut said, mut heard) = tokio::io::split(outside);
    let (mut from_line, mut to_line) = tokio::io::split(wire);
    let hearing = async {
        let mut request = Vec::new();
        while !String::from_utf8_lossy(&request).contains("PLAY ") {
            request.clear();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(from_line.read_u8().await.unwrap());
            }
            heard.write_all(&request).await.unwrap();
        }
        std::future::pending::<()>().await
    };
    let (_never, _gone) = tokio::join!(hearing, tokio::io::copy(&mut said, &mut to_line));
}

/// Asks the line, as a client does.
async fn ask(line: &mut DuplexStream, request: &str) {
    let request = format!("{request} RTSP/1.0\r\nCSeq: 1\r\n\r\n");
    line.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(line.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("RTSP/1.0 200"), "{answer}");
    let length = answer.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    line.read_exact(&mut body).await.unwrap();
}

/// The longest pause between two packets.
async fn longest_pause(line: &mut DuplexStream) -> Duration {
    let (began, mut latest, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
    while began.elapsed() < WATCHED {
        let mut head = [0; 4];
        line.read_exact(&mut head).await.unwrap();
        let mut packet = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
        line.read_exact(&mut packet).await.unwrap();
        longest = longest.max(latest.elapsed());
        latest = Instant::now();
    }
    longest
}

#[tokio::test(start_paused = true)]
async fn pictures_do_not_wait_for_a_camera_that_reads_nothing_any_more() {
    let (here, there) = tokio::io::duplex(4096);
    tokio::spawn(play_to_a_deaf_one(there));
    let here = Mutex::new(Some(here));
    let dial = move |_: &_| here.lock().unwrap().take();
    let (line_end, mut client) = tokio::io::duplex(64 * 1024);
    let address = "rtsp://127.0.0.1:1/line".parse().unwrap();
    let settings = Settings::new("cam", "rtsp://127.0.0.1:554/live".parse().unwrap());
    let datagrams = [(); 2].map(|()| mpsc::channel(1).1);
    let line = camera::fuzz::run_line(settings, line_end, &address, dial, datagrams);
    let watched = async {
        ask(&mut client, "DESCRIBE rtsp://127.0.0.1:1/line").await;
        ask(&mut client, "SETUP rtsp://127.0.0.1:554/live/trackID=1").await;
        ask(&mut client, "PLAY rtsp://127.0.0.1:1/line").await;
        longest_pause(&mut client).await
    };
    tokio::select! {
        ended = line => panic!("the session ended: {ended}"),
        longest = watched => assert!(longest <= 2 * PICTURE_EVERY, "a pause of {longest:?}"),
    }
}
