//! The line at work: one client on one side, one camera on the other, one task for both.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use super::camera_end::CameraEnd;
use super::datagrams::{Datagrams, LARGEST};
use super::dialogue::{Asked, Dialogue, Next, answer};
use super::framing::{Framer, Item};
use super::head::{First, Head};
use super::media::{CHANNELS, Media};
use super::network::{AnyWire, Network};
use super::sdp::Presentation;
use super::seen::SharedSeen;
use crate::deadline::Deadline;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};

/// How long the camera may take to answer TEARDOWN. After that it will time the session out.
const TEARDOWN_LIMIT: Duration = Duration::from_secs(1);

/// How long a client may leave its packets unread before it is given up.
const CLIENT_PATIENCE: Duration = Duration::from_secs(10);

/// Room for packets that a camera keeps between two reads, in bytes.
const MOST_ROOM: usize = 128 * 1024;

/// What this side of the line answers to OPTIONS.
const PUBLIC: &str = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n";

/// The session as the client knows it.
const SESSION: &str = "Session: line;timeout=60\r\n";

/// A line at work.
pub(super) struct Relay<N: Network> {
    client: AnyWire,
    client_framer: Framer,
    /// The address that stands for the camera's on this side.
    address: String,
    camera: CameraEnd,
    network: N,
    dialogue: Dialogue,
    media: Media<N::Port>,
    asked: Option<Asked>,
    /// For the answer to what was asked.
    deadline: Deadline,
    life_due_at: Instant,
    datagram: Vec<u8>,
    settings: Settings,
    seen: SharedSeen,
}

/// What happened next.
enum Event {
    Camera(bool),
    Client(bool),
    Datagram(super::datagrams::Kind, usize),
    Time,
}

impl<N: Network> Relay<N> {
    /// A line between a camera that is connected and a client whose first words are these.
    pub(super) fn new(
        (client, first): (AnyWire, BytesMut),
        (camera, network): (CameraEnd, N),
        address: &Url,
        settings: Settings,
        seen: SharedSeen,
    ) -> Self {
        let mut client_framer = Framer::default();
        client_framer.buffer().extend_from_slice(&first);
        Self {
            client,
            client_framer,
            address: address.to_string(),
            camera,
            network,
            dialogue: Dialogue::new(settings.url.clone()),
            media: Media::new(0, None),
            asked: None,
            deadline: Deadline::after(settings.step_timeout),
            life_due_at: Instant::now() + settings.step_timeout,
            datagram: vec![0; if settings.transport == Transport::Udp { LARGEST } else { 0 }],
            settings,
            seen,
        }
    }

    /// Works until the session ends, and says why it did.
    pub(super) async fn run(mut self) -> SessionError {
        let ended = self.work().await.err().unwrap_or(SessionError::Ended);
        // What came before the end is still worth playing.
        let _gone = self.hand_on().await;
        if self.dialogue.has_session() {
            let _unheard = timeout(TEARDOWN_LIMIT, self.tear_down()).await;
        }
        ended
    }

    /// Until the client goes (`Ok`), or the session ends.
    async fn work(&mut self) -> Result<(), SessionError> {
        loop {
            if self.take_from_client().await? {
                return Ok(());
            }
            self.take_from_camera().await?;
            self.hand_on().await?;
            match self.next_event().await? {
                Event::Camera(true) => {}
                Event::Camera(false) => {
                    let is_playing = self.media.is_playing();
                    return Err(if is_playing {
                        SessionError::Ended
                    } else {
                        self.camera.ending(self.step())
                    });
                }
                Event::Client(true) => {}
                Event::Client(false) => return Ok(()),
                Event::Datagram(kind, length) => {
                    self.camera.count_datagram(length)?;
                    self.media.take_datagram(kind, self.datagram.get(..length).unwrap_or_default());
                }
                Event::Time => self.on_time().await?,
            }
        }
    }

    /// What is waited for.
    fn step(&self) -> &'static str {
        self.asked.as_ref().map_or("the first request", |asked| asked.method)
    }

    async fn next_event(&mut self) -> Result<Event, SessionError> {
        let deadline = self.asked.as_ref().map_or(self.life_due_at, |_| self.deadline.at());
        let Self { client, client_framer, camera, media, datagram, .. } = self;
        let camera_ip = camera.connection.peer_ip;
        let datagrams = async {
            match &media.datagrams {
                Some(datagrams) => datagrams.receive(datagram, camera_ip).await,
                None => std::future::pending().await,
            }
        };
        // Time goes first: a camera that never stops must not hold the clock.
        tokio::select! {
            biased;
            () = sleep_until(deadline) => Ok(Event::Time),
            read = client.read_buf(client_framer.buffer()) => Ok(Event::Client(matches!(read, Ok(1..)))),
            read = camera.read() => match read {
                Ok(more) => Ok(Event::Camera(more)),
                Err(_) if media.is_playing() => Ok(Event::Camera(false)),
                Err(error) => Err(error),
            },
            received = datagrams => match received {
                Ok((kind, length)) => Ok(Event::Datagram(kind, length)),
                Err(error) => Err(SessionError::unreachable(&error)),
            },
        }
    }

    async fn on_time(&mut self) -> Result<(), SessionError> {
        if let Some(asked) = &self.asked {
            let (step, limit) = (asked.method, self.settings.step_timeout);
            return match self.camera.has_babbled() {
                _ if !self.deadline.has_passed() => Ok(()),
                true => Err(self.camera.ending(step)),
                false => Err(SessionError::Timeout { step, limit }),
            };
        }
        self.life_due_at = Instant::now() + self.dialogue.life_span();
        if self.media.is_playing() {
            if let Some(datagrams) = &self.media.datagrams {
                // A closed port of the camera is no reason to end.
                let _closed = datagrams.show_life().await;
            }
            let asked = self.dialogue.sign_of_life();
            self.show_life(asked).await?;
        }
        Ok(())
    }

    async fn show_life(&mut self, mut asked: Asked) -> Result<(), SessionError> {
        let bytes = self.dialogue.line(&mut asked, &self.settings);
        self.dialogue.keepalive = Some(asked);
        self.send_to_camera(&bytes).await
    }

    async fn take_from_camera(&mut self) -> Result<(), SessionError> {
        while let Some(item) = self.camera.next(self.step())? {
            match item {
                Item::Packet { channel, data } => self.media.take(channel, &data),
                Item::Message(head, body) => match head.first.clone() {
                    // 100 Continue and its kin announce the answer.
                    First::Status(100..=199) => {}
                    First::Status(status) => self.on_answer(status, &head, &body).await?,
                    First::Request { method, .. } => {
                        self.on_cameras_request(&method, &head).await?
                    }
                },
            }
        }
        self.media.tell(&self.seen);
        if self.media.is_flooded() {
            return Err(SessionError::Flood { what: "a picture of more than 8 MiB" });
        }
        Ok(())
    }

    async fn on_cameras_request(&mut self, method: &str, head: &Head) -> Result<(), SessionError> {
        if matches!(method, "TEARDOWN" | "REDIRECT") {
            return Err(SessionError::Ended);
        }
        let cseq = head.number("cseq").unwrap_or(0).to_string();
        self.send_to_camera(&answer(&cseq, "", "")).await
    }

    async fn on_answer(
        &mut self,
        status: u16,
        head: &Head,
        body: &[u8],
    ) -> Result<(), SessionError> {
        let is_encrypted = self.camera.connection.is_encrypted;
        let Some(asked) = self.asked.take() else {
            let again = self.dialogue.take_life((status, head), &self.settings, is_encrypted);
            return match again {
                Some(asked) => self.show_life(asked).await,
                None => Ok(()),
            };
        };
        match self.dialogue.judge(asked, (status, head), &self.settings, is_encrypted)? {
            Next::Take(asked) => self.on_granted(&asked, head, body).await,
            Next::Again(asked) => self.ask(asked).await,
            Next::Elsewhere(asked) => {
                let connecting = self.network.connect(&self.dialogue.url, &self.settings);
                self.camera = CameraEnd::new(connecting.await?);
                self.ask(asked).await
            }
        }
    }

    async fn on_granted(
        &mut self,
        asked: &Asked,
        head: &Head,
        body: &[u8],
    ) -> Result<(), SessionError> {
        let cseq = asked.client_cseq.as_str();
        let reply = match asked.method {
            "DESCRIBE" => {
                let base = self.base(head);
                let found = Presentation::read(body, &base)?;
                let headers = format!("Content-Type: application/sdp\r\nContent-Base: {base}\r\n");
                let reply = answer(cseq, &headers, &found.rewritten);
                self.media = Media::new(found.payload_type, self.media.datagrams.take());
                self.seen.lock().presentation = Some(found);
                reply
            }
            "SETUP" => {
                self.dialogue.take_session(head);
                let transport = head.get("transport").unwrap_or_default();
                let peer = self.camera.connection.peer_ip;
                self.media.set_up(transport, CHANNELS, peer).await?;
                let (rtp, rtcp) = CHANNELS;
                let transport =
                    format!("Transport: RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}\r\n");
                answer(cseq, &format!("{SESSION}{transport}"), "")
            }
            "PLAY" => {
                self.dialogue.aggregate = Some(asked.uri.clone());
                self.life_due_at = Instant::now() + self.dialogue.life_span();
                self.write_to_client(&answer(cseq, SESSION, "")).await?;
                self.media.play();
                return Ok(());
            }
            _ => answer(cseq, SESSION, ""),
        };
        self.write_to_client(&reply).await
    }

    /// Under which relative addresses stand.
    fn base(&self, head: &Head) -> Url {
        let named = head.get("content-base").or_else(|| head.get("content-location"));
        let text = named.map(String::from_utf8_lossy).unwrap_or_default();
        // Some cameras write the scheme twice, some leave it out.
        let text = text.trim();
        let text = text.rfind("rtsp").and_then(|at| text.get(at..)).unwrap_or(text);
        let with_scheme = if text.contains("://") || text.is_empty() {
            text.to_owned()
        } else {
            format!("{}://{}", self.dialogue.url.scheme(), text.trim_start_matches('/'))
        };
        let parsed = Url::parse(&with_scheme).ok().filter(Url::has_host);
        parsed.unwrap_or_else(|| self.dialogue.url.clone())
    }

    /// Takes what the client asks for; true if it wants to go.
    async fn take_from_client(&mut self) -> Result<bool, SessionError> {
        loop {
            let item = match self.client_framer.next() {
                Ok(Some(item)) => item,
                Ok(None) => return Ok(false),
                Err(_) => return Ok(true),
            };
            let Item::Message(head, _) = item else { continue };
            let First::Request { method, uri } = head.first.clone() else { continue };
            let cseq = head.number("cseq").unwrap_or(0).to_string();
            let uri = if uri == self.address { self.dialogue.url.to_string() } else { uri };
            let (method, extra) = match method.as_str() {
                "TEARDOWN" => return Ok(true),
                "DESCRIBE" => ("DESCRIBE", "Accept: application/sdp\r\n".to_owned()),
                "SETUP" => ("SETUP", self.transport().await?),
                "PLAY" => ("PLAY", "Range: npt=0.000-\r\n".to_owned()),
                // Signs of life are the line's own.
                _ => {
                    self.write_to_client(&answer(&cseq, PUBLIC, "")).await?;
                    continue;
                }
            };
            self.ask(Dialogue::ask(method, uri, extra, cseq)).await?;
        }
    }

    /// How the packets are to travel.
    async fn transport(&mut self) -> Result<String, SessionError> {
        let (rtp, rtcp) = CHANNELS;
        Ok(match self.settings.transport {
            Transport::Tcp => {
                format!("Transport: RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}\r\n")
            }
            Transport::Udp => {
                let local_ip = self.camera.connection.local_ip;
                let datagrams = Datagrams::bind(&self.network, local_ip).await?;
                let port = datagrams.port();
                let described = self.seen.lock().presentation.as_ref().map(|it| it.payload_type);
                self.media = Media::new(described.unwrap_or(0), Some(datagrams));
                format!("Transport: RTP/AVP/UDP;unicast;client_port={port}-{}\r\n", port + 1)
            }
        })
    }

    async fn ask(&mut self, mut asked: Asked) -> Result<(), SessionError> {
        let bytes = self.dialogue.line(&mut asked, &self.settings);
        asked.asked_at = Instant::now();
        self.deadline = Deadline::after(self.settings.step_timeout);
        self.asked = Some(asked);
        self.send_to_camera(&bytes).await
    }

    async fn send_to_camera(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let sent = timeout(self.settings.step_timeout, self.camera.send(bytes)).await;
        sent.unwrap_or(Err(SessionError::Unreachable("the camera takes no requests any more")))
    }

    async fn hand_on(&mut self) -> Result<(), SessionError> {
        if self.media.out.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.media.out);
        self.write_to_client(&bytes).await?;
        // The room is used again, unless there is uncommonly much of it.
        if bytes.capacity() <= MOST_ROOM {
            self.media.out = bytes;
            self.media.out.clear();
        }
        Ok(())
    }

    async fn write_to_client(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        self.seen.hand_over();
        let written = timeout(CLIENT_PATIENCE, self.client.write_all(bytes)).await;
        written.ok().and_then(Result::ok).ok_or(SessionError::Ended)
    }

    /// Ends the session at the camera, so that it does not run out of sessions.
    async fn tear_down(&mut self) -> Result<(), SessionError> {
        let farewell = self.dialogue.farewell();
        self.ask(farewell).await?;
        while self.camera.read().await? {
            while let Some(item) = self.camera.next("TEARDOWN")? {
                let Item::Message(head, _) = item else { continue };
                let (First::Status(status), Some(asked)) = (head.first.clone(), self.asked.take())
                else {
                    continue;
                };
                let is_encrypted = self.camera.connection.is_encrypted;
                match self.dialogue.judge(asked, (status, &head), &self.settings, is_encrypted)? {
                    Next::Again(asked) => self.ask(asked).await?,
                    Next::Take(_) | Next::Elsewhere(_) => return Ok(()),
                }
            }
        }
        Ok(())
    }
}
