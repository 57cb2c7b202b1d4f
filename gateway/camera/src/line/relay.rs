//! The line at work: one client on one side, one camera on the other, one task for both.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::camera_end::CameraEnd;
use super::client_side::ClientSide;
use super::datagrams::{Datagrams, LARGEST};
use super::dial::dial;
use super::dialogue::{Asked, Dialogue, Next, answer};
use super::framing::Item;
use super::head::{First, Head};
use super::media::{CHANNELS, INTERLEAVED, Media};
use super::network::Network;
use super::reach::Reach;
use super::route::Route;
use super::sdp::Presentation;
use super::seen::SharedSeen;
use crate::deadline::Deadline;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};

/// How long the camera may take to answer TEARDOWN. After that it will time the session out.
const TEARDOWN_LIMIT: Duration = Duration::from_secs(1);

/// Room for packets that a camera keeps between two reads, in bytes.
const MOST_ROOM: usize = 128 * 1024;

/// What is said of a camera that leaves requests unread.
const DEAF: &str = "the camera takes no requests any more";

/// What this side of the line answers to OPTIONS.
const PUBLIC: &str = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n";

/// The session as the client knows it.
const SESSION: &str = "Session: line;timeout=60\r\n";

/// A line at work.
pub(super) struct Relay<N: Network> {
    client: ClientSide,
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
    /// A line between a client and a camera that is connected: where, and over which network.
    pub(super) fn new(
        client: ClientSide,
        (camera, network, route): (CameraEnd, N, Route),
        settings: Settings,
        seen: SharedSeen,
    ) -> Self {
        Self {
            client,
            camera,
            network,
            dialogue: Dialogue::new(route),
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
                Event::Camera(true) => self.tend_camera().await?,
                Event::Camera(false) if self.media.is_playing() => return Err(SessionError::Ended),
                Event::Camera(false) => return Err(self.camera.ending(self.step())),
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

    /// Does what the camera asks for beside what it says.
    async fn tend_camera(&mut self) -> Result<(), SessionError> {
        let Self { camera, network, dialogue, settings, media, .. } = self;
        let reach = Reach { network, route: &dialogue.route, settings };
        match timeout(settings.step_timeout, camera.tend(&reach)).await {
            // Nothing ends a session whose pictures come.
            _ if media.is_playing() => Ok(()),
            Ok(tended) => tended,
            Err(_) => Err(SessionError::Unreachable(DEAF)),
        }
    }

    /// What is waited for.
    fn step(&self) -> &'static str {
        self.asked.as_ref().map_or("the first request", |asked| asked.method)
    }

    async fn next_event(&mut self) -> Result<Event, SessionError> {
        let deadline = self.asked.as_ref().map_or(self.life_due_at, |_| self.deadline.at());
        let Self { client, camera, media, datagram, .. } = self;
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
            more = client.read() => Ok(Event::Client(more)),
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
            if !self.deadline.has_passed() {
                return Ok(());
            }
            if self.camera.has_babbled() {
                return Err(self.camera.ending(step));
            }
            if !self.camera.tries_otherwise() {
                return Err(SessionError::Timeout { step, limit });
            }
            self.deadline = Deadline::after(limit);
            return self.tend_camera().await;
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
        self.send_beside_pictures(&bytes).await
    }

    /// Sends what a session can do without: behind a tunnel pictures may go on all the same.
    async fn send_beside_pictures(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let sent = self.send_to_camera(bytes).await;
        let is_borne = self.media.is_playing() && self.camera.is_tunnelled();
        if is_borne { Ok(()) } else { sent }
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
        self.send_beside_pictures(&answer(&cseq, "", "")).await
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
                let Self { network, dialogue, settings, .. } = self;
                self.camera = dial(network, &mut dialogue.route, settings).await?;
                // The way there may have led on.
                let uri = self.dialogue.route.url.to_string();
                self.ask(Asked { uri, ..asked }).await
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
                let base = self.dialogue.base(head);
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
                answer(cseq, &format!("{SESSION}{INTERLEAVED}"), "")
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

    /// Takes what the client asks for; true if it wants to go.
    async fn take_from_client(&mut self) -> Result<bool, SessionError> {
        loop {
            let item = match self.client.next() {
                Ok(Some(item)) => item,
                Ok(None) => return Ok(false),
                Err(_) => return Ok(true),
            };
            let Item::Message(head, _) = item else { continue };
            let First::Request { method, uri } = head.first.clone() else { continue };
            let cseq = head.number("cseq").unwrap_or(0).to_string();
            let uri = if self.client.means_camera(&uri) {
                self.dialogue.route.url.to_string()
            } else {
                uri
            };
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
        Ok(match self.settings.transport {
            Transport::Tcp | Transport::Http => INTERLEAVED.to_owned(),
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
        asked.proof.asked_at = Instant::now();
        self.deadline = Deadline::after(self.settings.step_timeout);
        self.asked = Some(asked);
        self.send_to_camera(&bytes).await
    }

    async fn send_to_camera(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let Self { camera, network, dialogue, settings, .. } = self;
        let reach = Reach { network, route: &dialogue.route, settings };
        let sent = timeout(settings.step_timeout, camera.send(bytes, &reach)).await;
        sent.unwrap_or(Err(SessionError::Unreachable(DEAF)))
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
        self.client.send(bytes).await
    }

    /// Ends the session at the camera, so that it does not run out of sessions.
    async fn tear_down(&mut self) -> Result<(), SessionError> {
        let farewell = self.dialogue.farewell();
        self.ask(farewell).await?;
        while self.camera.read().await? {
            self.tend_camera().await?;
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
