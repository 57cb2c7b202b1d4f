//! RTSP requests byte by byte, and the status codes of RFC 2326 §7.1.1 that answer them.

use hw_sim::camera::{Credentials, SimulatedCamera};
use md5::{Digest as _, Md5};
use rtsp_types::{Message, Response, headers};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::recording::{camera, h264};
use crate::served::{Served, patiently};

/// A client that sends exactly what a test writes.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    inbox: Vec<u8>,
    url: String,
}

/// What a server sends: answers, and media on a channel.
pub(crate) type Incoming = Message<Vec<u8>>;

impl Client {
    pub(crate) async fn connect(served: &Served, id: &str) -> Self {
        let stream = TcpStream::connect(served.addr).await.unwrap();
        Self { stream, inbox: Vec::new(), url: served.url(id) }
    }

    /// One for whom the system keeps little, so that it is noticed soon if it does not read.
    pub(crate) async fn connect_small(served: &Served, id: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 << 10).unwrap();
        let stream = socket.connect(served.addr).await.unwrap();
        Self { stream, inbox: Vec::new(), url: served.url(id) }
    }

    /// The next message; `None` at the end of the connection.
    pub(crate) async fn next(&mut self) -> Option<Incoming> {
        loop {
            if let Ok((message, length)) = Incoming::parse(&self.inbox) {
                self.inbox.drain(..length);
                return Some(message);
            }
            match patiently(self.stream.read_buf(&mut self.inbox)).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Sends a request for the camera's URL and waits for its answer, past any media.
    pub(crate) async fn ask(&mut self, method: &str, lines: &[&str]) -> Response<Vec<u8>> {
        let (name, suffix) = method.split_once(' ').unwrap_or((method, ""));
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let request = format!("{name} {}{suffix} RTSP/1.0\r\nCSeq: 7\r\n{lines}\r\n", self.url);
        self.send(&request).await
    }

    async fn send(&mut self, request: &str) -> Response<Vec<u8>> {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        loop {
            if let Message::Response(response) = self.next().await.expect("an answer") {
                return response;
            }
        }
    }

    /// Sets up an interleaved session and plays it.
    pub(crate) async fn play(&mut self) {
        let answer = self.ask("SETUP /video", &[TCP]).await;
        let session = session_of(&answer);
        let answer = self.ask("PLAY", &[&session]).await;
        assert_eq!(code(&answer), 200);
        let rtp_info = answer.header(&headers::RTP_INFO).unwrap().as_str().to_owned();
        assert!(rtp_info.starts_with(&format!("url={}/video;seq=", self.url)), "{rtp_info}");
    }

    /// Reads media until `wanted` pictures are complete.
    pub(crate) async fn until_pictures(&mut self, wanted: usize) {
        let mut pictures = 0;
        while pictures < wanted {
            if let Message::Data(data) = self.next().await.expect("media") {
                let is_video = data.channel_id() == 0;
                pictures += usize::from(is_video && data.as_slice()[1] & 0x80 != 0);
            }
        }
    }
}

const TCP: &str = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1";

fn code(response: &Response<Vec<u8>>) -> u16 {
    response.status().into()
}

/// The Session header to send back.
fn session_of(response: &Response<Vec<u8>>) -> String {
    let session = response.header(&headers::SESSION).expect("a session").as_str();
    assert!(session.ends_with(";timeout=60"), "{session}");
    format!("Session: {session}")
}

#[tokio::test]
async fn a_session_from_beginning_to_end() {
    let served = Served::start(vec![camera("gate", &h264())]).await;
    let mut client = Client::connect(&served, "gate").await;

    let answer = client.ask("OPTIONS", &[]).await;
    let methods = answer.header(&headers::PUBLIC).unwrap().as_str();
    assert_eq!(methods, "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN");
    assert_eq!(answer.header(&headers::CSEQ).unwrap().as_str(), "7");

    let answer = client.ask("DESCRIBE", &["Accept: application/sdp"]).await;
    assert_eq!(answer.header(&headers::CONTENT_BASE).unwrap().as_str(), served.url("gate") + "/");
    let description = String::from_utf8(answer.into_body()).unwrap();
    for line in [
        "m=video 0 RTP/AVP 96\r\n",
        "a=rtpmap:96 H264/90000\r\n",
        "a=fmtp:96 packetization-mode=1;profile-level-id=42C00D;sprop-parameter-sets=Z0",
        "a=framerate:25\r\n",
        "a=x-dimensions:320,240\r\n",
        "a=control:video\r\n",
    ] {
        assert!(description.contains(line), "{line} not in {description}");
    }

    client.play().await;
    assert_eq!(served.handle.sessions("gate"), 1);
    client.until_pictures(2).await;
    let unknown = client.ask("GET_PARAMETER", &["Session: 12345"]).await;
    assert_eq!(code(&unknown), 454);
    assert_eq!(code(&client.ask("SETUP /video", &[TCP]).await), 455, "while it plays");
    assert_eq!(code(&client.ask("GET_PARAMETER", &[]).await), 200);
    assert_eq!(code(&client.ask("TEARDOWN", &["Session: 12345"]).await), 454);
}

#[tokio::test]
async fn teardown_ends_the_session_and_keeps_the_connection() {
    let served = Served::start(vec![camera("gate", &h264())]).await;
    let mut client = Client::connect(&served, "gate").await;
    let session = session_of(&client.ask("SETUP /video", &[TCP]).await);
    assert_eq!(code(&client.ask("PLAY /video", &[&session]).await), 200);
    assert_eq!(code(&client.ask("PLAY", &[&session]).await), 200, "again, to keep it alive");
    assert_eq!(code(&client.ask("TEARDOWN", &[&session]).await), 200);
    assert_eq!(served.handle.sessions("gate"), 0);
    assert_eq!(code(&client.ask("PLAY", &[&session]).await), 454);
    assert_eq!(code(&client.ask("OPTIONS", &[]).await), 200);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_its_own_code() {
    let served = Served::start(vec![camera("gate", &h264())]).await;
    let mut client = Client::connect(&served, "gate").await;
    for (method, lines, expected) in [
        ("DESCRIBE /nowhere", &[][..], 404),
        ("PLAY", &[], 455),
        ("PLAY", &["Session: 12345"], 454),
        ("TEARDOWN", &["Session: 12345"], 454),
        ("PAUSE", &[], 405),
        ("RECORD", &[], 501),
        ("SETUP /video", &[], 461),
        ("SETUP /video", &["Transport: RTP/AVP;multicast;client_port=5000-5001"], 461),
        ("SETUP /video", &["Transport: RTP/SAVP;unicast;client_port=5000-5001"], 461),
        ("SETUP /video", &["Transport: nonsense"], 461),
        ("GET_PARAMETER", &["Content-Length: 9", "", "speed"], 451),
    ] {
        let answer = client.ask(method, lines).await;
        assert_eq!(code(&answer), expected, "{method} {lines:?}");
    }
    let url = served.url("gate");
    let newer = client.send(&format!("DESCRIBE {url} RTSP/2.0\r\nCSeq: 1\r\n\r\n")).await;
    assert_eq!(code(&newer), 505);
}

#[tokio::test]
async fn what_is_not_rtsp_is_answered_once_and_dropped() {
    let served = Served::start(vec![camera("gate", &h264())]).await;
    let mut client = Client::connect(&served, "gate").await;
    assert_eq!(code(&client.send("HELO camera SMTP/1.0\r\nHost: camera\r\n\r\n").await), 400);
    assert!(client.next().await.is_none());

    // HTTP is spoken too, for tunnels, and there is none.
    let mut browser = Client::connect(&served, "gate").await;
    browser.stream.write_all(b"GET / HTTP/1.1\r\nHost: camera\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    browser.stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 404 "), "{answer}");

    let mut flood = Client::connect(&served, "gate").await;
    let cut_off = flood.stream.write_all(&vec![b'A'; 16 << 20]).await;
    assert!(cut_off.is_err(), "the server does not read for ever");
}

fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text))
}

/// What a client older than RFC 2617 answers to a challenge to DESCRIBE.
fn authorization(challenge: &str, url: &str) -> String {
    let quoted = |name: &str| {
        let (_, after) = challenge.split_once(&format!("{name}=\"")).unwrap();
        after.split_once('"').unwrap().0
    };
    let (realm, nonce) = (quoted("realm"), quoted("nonce"));
    let secret = md5(&format!("guard:{realm}:gate 7"));
    let request = md5(&format!("DESCRIBE:{url}"));
    let response = md5(&format!("{secret}:{nonce}:{request}"));
    format!(
        "Authorization: Digest username=\"guard\", realm=\"{realm}\", nonce=\"{nonce}\", \
         uri=\"{url}\", response=\"{response}\""
    )
}

#[tokio::test]
async fn a_nonce_of_another_connection_is_stale() {
    let credentials = Some(Credentials::new("guard", "gate 7"));
    let locked = SimulatedCamera { credentials, ..camera("gate", &h264()) };
    let served = Served::start(vec![locked]).await;
    let mut client = Client::connect(&served, "gate").await;
    assert_eq!(code(&client.ask("OPTIONS", &[]).await), 200);

    let answer = client.ask("DESCRIBE", &[]).await;
    let challenge = answer.header(&headers::WWW_AUTHENTICATE).unwrap().as_str().to_owned();
    let url = served.url("gate");
    let authorization = authorization(&challenge, &url);
    assert_eq!(code(&client.ask("DESCRIBE", &[&authorization]).await), 200);

    let mut other = Client::connect(&served, "gate").await;
    let answer = other.ask("DESCRIBE", &[&authorization]).await;
    let challenge = answer.header(&headers::WWW_AUTHENTICATE).unwrap().as_str();
    assert_eq!(code(&answer), 401);
    assert!(challenge.contains("stale=true"), "{challenge}");
}
