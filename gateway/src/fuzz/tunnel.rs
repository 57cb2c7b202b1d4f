//! The camera's side of a tunnel of HTTP, in memory: it makes one connection of the two that a client needs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fuzz::Script;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf};
use tokio::sync::mpsc;

/// A connection to a host.
pub(super) type Call = (String, DuplexStream);

/// A connection whose first request came.
struct Asked {
    host: String,
    wire: DuplexStream,
    head: Vec<u8>,
}

/// The connections of a client, as they come.
pub(super) struct Tunnels<'h> {
    called: mpsc::Receiver<Call>,
    /// The next tunnel, if it came while one was at work.
    early: Option<Asked>,
    /// What the camera says to who sends requests.
    said: mpsc::Receiver<Vec<u8>>,
    pub(super) latest: &'h mut Latest,
}

/// The host of the latest connection, and what was sent there outside of a tunnel.
#[derive(Default)]
pub(super) struct Latest {
    pub(super) host: String,
    pub(super) heads: Vec<u8>,
}

impl<'h> Tunnels<'h> {
    pub(super) fn new(
        called: mpsc::Receiver<Call>,
        said: mpsc::Receiver<Vec<u8>>,
        latest: &'h mut Latest,
    ) -> Self {
        Self { called, early: None, said, latest }
    }

    /// Plays the next tunnel to its end; false if there is none any more.
    pub(super) async fn play_next(&mut self, script: &mut Script) -> bool {
        let next = match self.early.take() {
            Some(asked) => Some(asked),
            None => self.next().await,
        };
        let Some(Asked { host, wire, head }) = next else { return false };
        if !head.starts_with(b"GET ") {
            return true;
        }
        *self.latest = Latest { host, heads: Vec::new() };
        let (get, to_client) = tokio::io::split(wire);
        let (requests, heard) = tokio::io::duplex(4096);
        // Either may have heard enough before the other has said all.
        let (_played, _fed) = tokio::join!(
            script.play(tokio::io::join(heard, to_client)),
            self.feed((get, head), requests)
        );
        true
    }

    /// The next connection with its first request.
    async fn next(&mut self) -> Option<Asked> {
        let (host, wire) = self.called.recv().await?;
        Some(first_request(host, wire).await)
    }

    /// Hands on what the client asks, the tunnel itself first, until it hangs up.
    async fn feed(
        &mut self,
        (mut get, head): (ReadHalf<DuplexStream>, Vec<u8>),
        mut requests: DuplexStream,
    ) -> std::io::Result<()> {
        self.latest.heads.extend_from_slice(&head);
        requests.write_all(&head).await?;
        let (mut post, mut undecoded) = (None::<DuplexStream>, Vec::new());
        loop {
            let Self { called, said, .. } = self;
            let body = async {
                match &mut post {
                    Some(post) => post.read_buf(&mut undecoded).await.unwrap_or(0),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _end = get.read_u8() => return Ok(()),
                read = body => {
                    if read == 0 {
                        post = None;
                    }
                    let complete: Vec<u8> = undecoded.drain(..undecoded.len() / 4 * 4).collect();
                    assert!(!complete.contains(&b'='), "padding in what is sent");
                    requests.write_all(&STANDARD.decode(complete).unwrap()).await?;
                }
                asked = called.recv() => {
                    let Some((host, wire)) = asked else { return Ok(()) };
                    let asked = first_request(host, wire).await;
                    if asked.head.starts_with(b"POST ") {
                        self.latest.heads.extend_from_slice(&asked.head);
                        post = Some(asked.wire);
                        undecoded.clear();
                    } else {
                        self.early = Some(asked);
                    }
                }
                Some(said) = said.recv() => {
                    if let Some(post) = &mut post {
                        // The client may have left it.
                        let _left = post.write_all(&said).await;
                    }
                }
            }
        }
    }
}

async fn first_request(host: String, mut wire: DuplexStream) -> Asked {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match wire.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_gone) => break,
        }
    }
    Asked { host, wire, head }
}
