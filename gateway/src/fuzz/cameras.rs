//! Whole RTSP sessions, by the session that the gateway runs, over loopback.

use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use camera::{
    Client, Credentials, Health, RingBounds, SessionOutputs, Settings, SharedGate, SharedHealth,
    SharedRing, stay_connected,
};
use fuzz::Executor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What a session is given for each step.
const PATIENCE: Duration = Duration::from_millis(200);

/// After so many sessions the runtime is made anew, without what they have left in it.
const SESSIONS_A_RUNTIME: u32 = 500;

/// No session may go on for longer: all that a camera will ever say is there from the start. This
/// leaves room for a machine that does much else.
const LIMIT: Duration = Duration::from_secs(60);

/// What a camera sends from the first answer to the end of the connection, to the native client.
pub(super) fn session() -> Executor {
    let mut stage = Stage::open(Client::Native);
    Box::new(move |sent| stage.play(sent))
}

/// The same, to the compatible client.
pub(super) fn compatible_session() -> Executor {
    camera::init_libav().unwrap();
    let mut stage = Stage::open(Client::Compatible);
    Box::new(move |sent| stage.play(sent))
}

/// A session description, in an otherwise good session.
pub(super) fn description() -> Executor {
    let mut stage = Stage::open(Client::Native);
    Box::new(move |sdp| {
        let head = format!(
            "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
            sdp.len()
        );
        let rest = "RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 1\r\n\
                    Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n\
                    RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 1\r\n\r\n";
        stage.play(&[head.as_bytes(), sdp, rest.as_bytes()].concat())
    })
}

/// A camera's address, and a runtime for those who come there.
struct Stage {
    runtime: Runtime,
    listener: TcpListener,
    settings: Settings,
    sessions: u32,
}

impl Stage {
    fn open(client: Client) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let url = format!("rtsp://{}/1/", listener.local_addr().unwrap());
        let mut settings = Settings::new("cam-01", Url::parse(&url).unwrap());
        settings.client = client;
        // All that the camera will ever say is there at once: to wait for more teaches nothing.
        settings.step_timeout = PATIENCE;
        settings.first_frame_timeout = PATIENCE;
        settings.silence_timeout = PATIENCE;
        let (user, password) = ("admin".to_owned(), "secret".to_owned());
        settings.credentials = Some(Credentials { user, password });
        Self { runtime, listener, settings, sessions: 0 }
    }

    /// Sends all of it at once to the session that comes, and says how the session ended.
    fn play(&mut self, sent: &[u8]) -> String {
        self.sessions += 1;
        if self.sessions > SESSIONS_A_RUNTIME {
            *self = Self::open(self.settings.client);
        }
        let gate = Arc::new(SharedGate::new(64 * 1024));
        let (taken, health) = (Arc::clone(&gate), SharedHealth::default());
        let ring = SharedRing::new(RingBounds { bytes: 64 * 1024, span: Duration::from_secs(12) });
        let outputs = SessionOutputs {
            learnt: Default::default(),
            handed_over: Default::default(),
            gate: Arc::clone(&gate),
            request_turn: Arc::new(move || while taken.take().is_some() {}),
            health: health.clone(),
            ring: Some(ring),
        };
        let shutdown = CancellationToken::new();
        let session = stay_connected(self.settings.clone(), outputs, shutdown);
        let camera = send(&self.listener, sent, &health);
        let ended = self.runtime.block_on(either(session, camera));
        assert!(ended, "a session went on for {LIMIT:?} after the camera had ended it");
        let Some(Health::Offline { reason }) = health.get() else {
            panic!("the session ended without a reason")
        };
        // Numbers and names make no difference.
        let words: String = reason.chars().filter(|it| !it.is_ascii_digit()).take(60).collect();
        let counts = gate.counts();
        format!("{words} {} {}", counts.offered.min(9), counts.decoded.min(9))
    }
}

/// Until one of them ends, within [`LIMIT`].
async fn either(session: impl Future<Output = ()>, camera: impl Future<Output = ()>) -> bool {
    tokio::select! {
        () = session => true,
        () = camera => true,
        () = tokio::time::sleep(LIMIT) => false,
    }
}

/// Sends all of it and hangs up; ends when the session has said why it is offline.
async fn send(listener: &TcpListener, sent: &[u8], health: &SharedHealth) {
    let (mut stream, _) = listener.accept().await.unwrap();
    // Thousands of sessions a second leave no port waiting.
    stream.set_zero_linger().unwrap();
    // It may have heard enough before all is sent.
    let _heard_enough = stream.write_all(sent).await;
    let _gone = stream.shutdown().await;
    drain(&mut stream).await;
    while !matches!(health.get(), Some(Health::Offline { .. })) {
        tokio::task::yield_now().await;
    }
}

/// Reads what the session asks, until it hangs up.
async fn drain(stream: &mut TcpStream) {
    let mut asked = [0; 2048];
    while stream.read(&mut asked).await.is_ok_and(|length| length > 0) {}
}
