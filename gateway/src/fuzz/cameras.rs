//! Whole RTSP sessions, by the session that the gateway runs, over loopback: many at once, because most of
//! their time is waiting.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use camera::{
    Client, Credentials, RingBounds, SessionError, SessionOutputs, Settings, SharedGate,
    SharedHealth, SharedRing,
};
use fuzz::{Executor, Script, Sessions};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use url::Url;

/// What a session is given for each step: a camera that goes on says the next thing at once.
const PATIENCE: Duration = Duration::from_millis(300);

/// Sessions at once. Each takes six files, of which most machines allow 1024, and with libavformat a thread.
const AT_ONCE: usize = 128;

/// No session may go on for longer: no camera here says anything after a second. This leaves room for a
/// machine that does much else.
const LIMIT: Duration = Duration::from_secs(60);

/// Threads of the compatible client end within a tenth of a second. This leaves room, as above.
const THREADS_END: Duration = Duration::from_secs(20);

/// What a camera sends from the first answer to the end of the connection, to the native client.
pub(super) fn session() -> Executor {
    sessions(Client::Native, <[u8]>::to_vec)
}

/// The same, to the compatible client.
pub(super) fn compatible_session() -> Executor {
    camera::init_libav().unwrap();
    sessions(Client::Compatible, <[u8]>::to_vec)
}

/// A session description, in an otherwise good session.
pub(super) fn description() -> Executor {
    sessions(Client::Native, |sdp| {
        let head = format!(
            "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
            sdp.len()
        );
        let rest = "RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 1\r\n\
                    Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n\
                    RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 1\r\n\r\n";
        [head.as_bytes(), sdp, rest.as_bytes()].concat()
    })
}

fn sessions(client: Client, script: fn(&[u8]) -> Vec<u8>) -> Executor {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let free: Rc<RefCell<Vec<Camera>>> = Rc::default();
    let begin = move |input: &[u8]| -> fuzz::Session {
        let script = script(input);
        let free = Rc::clone(&free);
        Box::pin(async move {
            let used = free.borrow_mut().pop();
            let camera = match used {
                Some(camera) => camera,
                None => Camera::open(client).await,
            };
            let outcome = camera.play(&script).await;
            // One that panicked does not come back.
            free.borrow_mut().push(camera);
            outcome
        })
    };
    Executor::Sessions(Sessions { runtime, at_once: AT_ONCE, begin: Box::new(begin) })
}

/// A camera's address, and the settings of those who come there.
struct Camera {
    listener: TcpListener,
    own: String,
    settings: Settings,
}

impl Camera {
    async fn open(client: Client) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let mut settings =
            Settings::new("cam-01", Url::parse(&format!("rtsp://{own}/1/")).unwrap());
        settings.client = client;
        settings.step_timeout = PATIENCE;
        settings.first_frame_timeout = PATIENCE;
        settings.silence_timeout = PATIENCE;
        let (user, password) = ("admin".to_owned(), "secret".to_owned());
        settings.credentials = Some(Credentials { user, password });
        Self { listener, own, settings }
    }

    /// Plays a script to the session that comes, and says how that ended.
    async fn play(&self, script: &[u8]) -> String {
        let mut script = Script::read(script, &self.own).hurried();
        let gate = Arc::new(SharedGate::new(64 * 1024));
        let taken = Arc::clone(&gate);
        let ring = SharedRing::new(RingBounds { bytes: 64 * 1024, span: Duration::from_secs(12) });
        let outputs = SessionOutputs {
            learnt: Default::default(),
            handed_over: Default::default(),
            gate: Arc::clone(&gate),
            request_turn: Arc::new(move || while taken.take().is_some() {}),
            health: SharedHealth::default(),
            ring: Some(ring),
            is_news: true,
        };
        let session = camera::fuzz::play_session(&self.settings, &outputs);
        let ended = tokio::select! {
            ended = session => ended,
            () = self.serve(&mut script) => unreachable!(),
            () = tokio::time::sleep(LIMIT) => panic!("a session goes on for {LIMIT:?}"),
        };
        // Also on a thread of its own, which nobody watches here.
        let is_panic = matches!(ended, SessionError::Panicked { .. });
        assert!(!(is_panic && self.settings.client == Client::Compatible), "{ended}");
        // Numbers and names make no difference.
        let ended = ended.to_string();
        let words: String = ended.chars().filter(char::is_ascii_alphabetic).take(40).collect();
        let counts = gate.counts();
        let (offered, decoded) = (counts.offered.min(9), counts.decoded.min(9));
        format!("{} {words} {offered} {decoded}", script.reached())
    }

    /// Plays connection after connection: a camera may send its client to itself.
    async fn serve(&self, script: &mut Script) {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else { continue };
            // Thousands of sessions a minute leave no port waiting.
            stream.set_zero_linger().unwrap();
            // The session may have heard enough before all is sent.
            let _heard_enough = script.play(stream).await;
        }
    }
}

/// Waits until all threads of the compatible client have ended, as they must soon after their sessions; gives
/// the names of those that do not. A test has no other way to see one in an endless loop.
pub(super) fn threads_left() -> Vec<String> {
    let began = std::time::Instant::now();
    loop {
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let names = threads.filter_map(|it| std::fs::read_to_string(it.path().join("comm")).ok());
        let left: Vec<String> = names.filter(|name| name.starts_with("av-")).collect();
        if left.is_empty() || began.elapsed() > THREADS_END {
            return left;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
