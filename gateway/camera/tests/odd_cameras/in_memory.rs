//! Cameras in memory, behind the line alone: what they are told, to the last word, while time is simulated.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camera::{Credentials, SessionError, Settings, Transport};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, WriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::server::{Script, serve};
use super::tunnel::head_of;

/// What a camera asks.
const QUESTION: &str = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";

/// A line, seen from its client.
struct Line {
    client: DuplexStream,
    ended: JoinHandle<SessionError>,
}

impl Line {
    /// A line to what `serve_wire` makes of each connection.
    fn to(
        transport: Transport,
        serve_wire: impl Fn(DuplexStream) -> JoinHandle<()> + Send + Sync + 'static,
    ) -> Self {
        let url = "rtsp://127.0.0.1:554/live".parse().unwrap();
        let credentials = Some(Credentials { user: "admin".into(), password: "secret".into() });
        let settings = Settings { transport, credentials, ..Settings::new("cam", url) };
        let (line_end, client) = tokio::io::duplex(1024 * 1024);
        let address = "rtsp://127.0.0.1:1/line".parse().unwrap();
        let datagrams = [(); 2].map(|()| mpsc::channel(1).1);
        let ended = tokio::spawn(async move {
            let dial = move |_: &_| {
                let (here, there) = tokio::io::duplex(64 * 1024);
                serve_wire(there);
                Some(here)
            };
            camera::fuzz::run_line(settings, line_end, &address, dial, datagrams).await
        });
        Self { client, ended }
    }

    async fn say(&mut self, request: &str) {
        let request = format!("{request} RTSP/1.0\r\nCSeq: 1\r\n\r\n");
        self.client.write_all(request.as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, request: &str) {
        self.say(request).await;
        let head = head_of(&mut self.client).await;
        assert!(head.starts_with("RTSP/1.0 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.client.read_exact(&mut body).await.unwrap();
    }

    async fn play(&mut self) {
        self.ask("DESCRIBE rtsp://127.0.0.1:1/line").await;
        self.ask("SETUP rtsp://127.0.0.1:554/live/trackID=1").await;
        self.ask("PLAY rtsp://127.0.0.1:1/line").await;
    }

    /// Takes pictures for so long.
    async fn watch(&mut self, secs: u64) {
        let mut packets = vec![0; 64 * 1024];
        let taking =
            async { while self.client.read(&mut packets).await.is_ok_and(|read| read > 0) {} };
        let ended = tokio::time::timeout(Duration::from_secs(secs), taking).await;
        assert!(ended.is_err(), "the session ended");
    }
}

/// What a camera has heard.
#[derive(Default)]
struct HeardSoFar {
    answers: AtomicUsize,
    signs: AtomicUsize,
    posts: AtomicUsize,
    passwords: AtomicUsize,
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::Relaxed)
}

/// A camera that wants a sign of life every 4 s, answers it with what `says` gives, and asks so many
/// `questions` at once.
fn script(heard: &Arc<HeardSoFar>, questions: usize, says: fn(&str, String) -> String) -> Script {
    let heard = Arc::clone(heard);
    let script = Script::reply(move |asked, usual| match asked.method.as_str() {
        "RTSP/1.0" => {
            heard.answers.fetch_add(1, Ordering::Relaxed);
            Vec::new()
        }
        "OPTIONS" | "GET_PARAMETER" => {
            heard.signs.fetch_add(1, Ordering::Relaxed);
            (says(&asked.cseq, usual) + &QUESTION.repeat(questions)).into_bytes()
        }
        _ => usual.replace("timeout=60", "timeout=4").into_bytes(),
    });
    Script { picture_every: Duration::from_millis(100), ..script }
}

/// The sending halves of tunnels.
type Tunnels = Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<WriteHalf<DuplexStream>>>>>>;

/// From the head of a POST and its number to a refusal.
type Answers = fn(&str, usize) -> Option<String>;

/// A web server that grants GET, and each POST that it does not answer so. A POST carries one request.
fn web_camera(
    script: Script,
    heard: &Arc<HeardSoFar>,
    answers: Answers,
) -> impl Fn(DuplexStream) -> JoinHandle<()> + Send + Sync + 'static {
    let (tunnels, heard) = (Tunnels::default(), Arc::clone(heard));
    move |wire| {
        let (script, tunnels, heard) = (script.clone(), Arc::clone(&tunnels), Arc::clone(&heard));
        tokio::spawn(serve_web(wire, script, tunnels, (heard, answers)))
    }
}

async fn serve_web(
    mut wire: DuplexStream,
    script: Script,
    tunnels: Tunnels,
    (heard, answers): (Arc<HeardSoFar>, Answers),
) {
    let head = head_of(&mut wire).await;
    let cookie = head.lines().find_map(|line| line.strip_prefix("x-sessioncookie: "));
    let cookie = cookie.unwrap().to_owned();
    if head.starts_with("GET ") {
        let (inside, outside) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(inside, script, Arc::default()));
        let (mut said, hears) = tokio::io::split(outside);
        tunnels.lock().unwrap().insert(cookie, Arc::new(hears.into()));
        wire.write_all(b"HTTP/1.0 200 OK\r\n\r\n").await.unwrap();
        let _gone = tokio::io::copy(&mut said, &mut wire).await;
        return;
    }
    let number = heard.posts.fetch_add(1, Ordering::Relaxed);
    heard.passwords.fetch_add(usize::from(head.contains("Authorization: ")), Ordering::Relaxed);
    if let Some(refusal) = answers(&head, number) {
        wire.write_all(refusal.as_bytes()).await.unwrap();
        let _unread = wire.read_to_end(&mut Vec::new()).await;
        return;
    }
    let hears = Arc::clone(&tunnels.lock().unwrap()[&cookie]);
    let (mut group, mut text) = ([0; 4], String::new());
    while !text.ends_with("\r\n\r\n") {
        if wire.read_exact(&mut group).await.is_err() {
            return;
        }
        text.push_str(std::str::from_utf8(&STANDARD.decode(group).unwrap()).unwrap());
    }
    let _gone = wire.write_all(b"HTTP/1.0 200 OK\r\n\r\n").await;
    hears.lock().await.write_all(text.as_bytes()).await.unwrap();
}

/// Asks for the password with a nonce that was never used.
fn fresh(number: usize) -> String {
    format!("HTTP/1.0 401 U\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"n{number}\"\r\n\r\n")
}

/// Asks for the password, and refuses it so.
fn refusal(head: &str, number: usize, status: u16) -> String {
    match head.contains("Authorization: ") {
        true => format!("HTTP/1.0 {status} X\r\nLocation: /there\r\n\r\n"),
        false => fresh(number),
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_that_went_with_the_first_request_is_known_to_have_gone() {
    let cases: [(Answers, &str); 2] = [
        (|head, number| Some(refusal(head, number, 302)), "the camera answers the login with"),
        (|head, number| Some(refusal(head, number, 403)), "403: the camera refuses the login"),
    ];
    for (answers, expected) in cases {
        let heard = Arc::<HeardSoFar>::default();
        let camera = web_camera(Script::default(), &heard, answers);
        let mut line = Line::to(Transport::Http, camera);
        // The POST that is made ready was refused by then.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(count(&heard.posts), 1);
        line.say("DESCRIBE rtsp://127.0.0.1:1/line").await;
        let told = line.ended.await.unwrap().to_string();
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(count(&heard.passwords), 1, "{told}");
    }
}

/// Takes each nonce once, and says so with a fresh one.
fn takes_each_nonce_once(head: &str, number: usize) -> Option<String> {
    let is_right = head.contains(&format!("nonce=\"n{}\"", number.wrapping_sub(1)));
    (!is_right).then(|| fresh(number))
}

#[tokio::test(start_paused = true)]
async fn what_a_camera_asks_meanwhile_takes_no_answer_from_it_and_no_sign_of_life() {
    let heard = Arc::<HeardSoFar>::default();
    let camera = web_camera(script(&heard, 5, |_, usual| usual), &heard, takes_each_nonce_once);
    let mut line = Line::to(Transport::Http, camera);
    line.play().await;
    line.watch(9).await;
    assert_eq!((count(&heard.signs), count(&heard.answers)), (4, 20));
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_password_was_changed_brings_it_once_more() {
    let heard = Arc::<HeardSoFar>::default();
    // DESCRIBE, SETUP and PLAY bring the right one.
    let answers = |head: &str, number| match head.contains("Authorization: ") && number < 4 {
        true => None,
        false => Some(fresh(number)),
    };
    let camera = web_camera(script(&heard, 0, |_, usual| usual), &heard, answers);
    let mut line = Line::to(Transport::Http, camera);
    line.play().await;
    assert_eq!(count(&heard.passwords), 3);
    line.watch(30).await;
    assert_eq!((count(&heard.passwords), count(&heard.signs)), (5, 0));
}

/// Refuses each sign's password.
fn refused(cseq: &str, _: String) -> String {
    let challenge = "WWW-Authenticate: Digest realm=\"a\", nonce=\"7\"";
    format!("RTSP/1.0 401 U\r\nCSeq: {cseq}\r\n{challenge}\r\n\r\n")
}

#[tokio::test(start_paused = true)]
async fn whom_a_camera_refuses_does_not_bring_it_the_password_to_answer_it_either() {
    let heard = Arc::<HeardSoFar>::default();
    let camera = web_camera(script(&heard, 1, refused), &heard, |_, _| None);
    let mut line = Line::to(Transport::Http, camera);
    line.play().await;
    line.watch(9).await;
    assert_eq!((count(&heard.signs), count(&heard.answers)), (2, 1));
    // Beside a tunnel an answer brings no password.
    let heard = Arc::<HeardSoFar>::default();
    let script = script(&heard, 1, refused);
    let camera = move |wire| tokio::spawn(serve(wire, script.clone(), Arc::default()));
    let mut line = Line::to(Transport::Tcp, camera);
    line.play().await;
    line.watch(9).await;
    assert_eq!((count(&heard.signs), count(&heard.answers)), (2, 2));
}

/// Counts what was not said.
#[derive(Default)]
struct Unsaid(Arc<AtomicU64>);

impl Recorder for Unsaid {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match key.name() {
            "gridwhistle_camera_messages_unsaid_total" => Counter::from_arc(Arc::clone(&self.0)),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_is_gone_is_not_counted_as_deaf() {
    let unsaid = Unsaid::default();
    let _counts = metrics::set_default_local_recorder(&unsaid);
    let script = script(&Arc::default(), 0, |_, usual| usual);
    let served = Arc::new(Mutex::new(None));
    let serving = Arc::clone(&served);
    let camera = move |wire| {
        let task = tokio::spawn(serve(wire, script.clone(), Arc::default()));
        *serving.lock().unwrap() = Some(task.abort_handle());
        task
    };
    let mut line = Line::to(Transport::Tcp, camera);
    line.play().await;
    line.watch(3).await;
    served.lock().unwrap().take().unwrap().abort();
    assert!(matches!(line.ended.await.unwrap(), SessionError::Ended));
    assert_eq!(unsaid.0.load(Ordering::Relaxed), 0);
}
