//! The line at work: one client on one side, one camera on the other, one task for both.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use super::camera_end::{CameraEnd, Heard};
use super::client_side::ClientSide;
use super::datagrams::LARGEST;
use super::dial::dial;
use super::dialogue::{Asked, Dialogue, Next, answer};
use super::framing::Item;
use super::head::{First, Head};
use super::life::Life;
use super::network::Network;
use super::route::Route;
use super::seen::SharedSeen;
use super::steps::{Steps, Wish};
use crate::deadline::Deadline;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};

/// How long the camera may take to answer TEARDOWN. After that it will time the session out.
const TEARDOWN_LIMIT: Duration = Duration::from_secs(1);

/// Room for packets that a camera keeps between two reads, in bytes.
const MOST_ROOM: usize = 128 * 1024;

/// A line at work.
pub(super) struct Relay<N: Network> {
    client: ClientSide,
    camera: CameraEnd<N>,
    network: Arc<N>,
    steps: Steps<N>,
    asked: Option<Asked>,
    /// For the answer to what was asked.
    deadline: Deadline,
    /// The status of the latest announcement of that answer.
    announced: Option<u16>,
    life: Life,
    datagram: Vec<u8>,
    settings: Settings,
}

/// What happened next.
enum Event {
    Camera(Heard),
    Client(bool),
    Datagram(super::datagrams::Kind, usize),
    Time,
}

impl<N: Network> Relay<N> {
    /// A line between a client and a camera that is connected: where, and over which network.
    pub(super) fn new(
        client: ClientSide,
        (camera, network, route): (CameraEnd<N>, Arc<N>, Route),
        settings: Settings,
        seen: SharedSeen,
    ) -> Self {
        Self {
            client,
            camera,
            network,
            steps: Steps::new(Dialogue::new(route), seen),
            asked: None,
            deadline: Deadline::after(settings.step_timeout),
            announced: None,
            life: Life::due_at(Instant::now() + settings.step_timeout),
            datagram: vec![0; if settings.transport == Transport::Udp { LARGEST } else { 0 }],
            settings,
        }
    }

    /// Works until the session ends, and says why it did.
    pub(super) async fn run(mut self) -> SessionError {
        let ended = self.work().await.err().unwrap_or(SessionError::Ended);
        // What came before the end is still worth playing.
        let _gone = self.hand_on().await;
        if self.steps.dialogue.has_session() && !self.life.is_refused() {
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
            // The client works on this thread, too: it must not have to make something of all that waits before
            // others have their turn.
            yield_now().await;
            match self.next_event().await? {
                Event::Camera(Heard::More) | Event::Client(true) => {}
                Event::Camera(Heard::Unsaid(error)) => self.unsaid(error)?,
                Event::Camera(Heard::End) if self.is_playing() => {
                    let unheard = self.steps.seen.lock().unheard.take();
                    return Err(unheard.map_or(SessionError::Ended, SessionError::after_silence));
                }
                Event::Camera(Heard::End) => return Err(self.camera.ending(self.step())),
                Event::Client(false) => return Ok(()),
                Event::Datagram(kind, length) => {
                    self.camera.count_datagram(length)?;
                    let datagram = self.datagram.get(..length).unwrap_or_default();
                    self.steps.media.take_datagram(kind, datagram);
                }
                Event::Time => self.on_time()?,
            }
        }
    }

    fn is_playing(&self) -> bool {
        self.steps.media.is_playing()
    }

    /// What is waited for.
    fn step(&self) -> &'static str {
        self.asked.as_ref().map_or("the first request", |asked| asked.method)
    }

    async fn next_event(&mut self) -> Result<Event, SessionError> {
        let deadline = self.asked.as_ref().map_or(self.life.due_at, |_| self.deadline.at());
        let Self { client, camera, steps, datagram, .. } = self;
        let camera_ip = camera.peer_ip;
        let datagrams = async {
            match &mut steps.media.datagrams {
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
                Ok(heard) => Ok(Event::Camera(heard)),
                Err(SessionError::Unreachable(_)) if steps.media.is_playing() => {
                    Ok(Event::Camera(Heard::End))
                }
                Err(error) => Err(error),
            },
            received = datagrams => match received {
                Ok((kind, length)) => Ok(Event::Datagram(kind, length)),
                Err(error) => Err(SessionError::unreachable(&error)),
            },
        }
    }

    fn on_time(&mut self) -> Result<(), SessionError> {
        if let Some(asked) = &self.asked {
            let (step, limit) = (asked.method, self.settings.step_timeout);
            if !self.deadline.has_passed() {
                return Ok(());
            }
            if let Some(error) = self.camera.unfinished(step, limit) {
                return Err(error);
            }
            if self.camera.has_babbled() {
                return Err(self.camera.ending(step));
            }
            if let Some(error) = self.camera.unsaid() {
                return Err(error);
            }
            if !self.camera.tries_otherwise() {
                return Err(self
                    .announced
                    .map_or(SessionError::Timeout { step, limit }, |status| {
                        SessionError::Announced { step, status, limit }
                    }));
            }
            self.deadline = Deadline::after(limit);
            return Ok(());
        }
        let span = self.steps.dialogue.life_span();
        self.life.due_at = Instant::now() + span;
        if !self.is_playing() {
            return Ok(());
        }
        if let Some(datagrams) = &self.steps.media.datagrams {
            // A closed port of the camera is no reason to end, and a full socket none to wait.
            let _unsent = datagrams.show_life().now_or_never();
        }
        if self.life.is_refused() {
            return Ok(());
        }
        if let Some(unanswered) = &self.steps.dialogue.keepalive {
            let error = SessionError::Timeout { step: unanswered.method, limit: span };
            self.life.unanswered(error, &self.steps.seen);
        }
        let asked = self.steps.dialogue.sign_of_life();
        self.show_life(asked)
    }

    fn show_life(&mut self, mut asked: Asked) -> Result<(), SessionError> {
        let bytes = self.steps.dialogue.line(&mut asked, &self.settings);
        self.steps.dialogue.keepalive = Some(asked);
        self.say(bytes)
    }

    async fn take_from_camera(&mut self) -> Result<(), SessionError> {
        while let Some(item) = self.camera.next(self.step())? {
            match item {
                Item::Packet { channel, data } => self.steps.media.take(channel, &data),
                Item::Message(head, body) => match head.first.clone() {
                    // 100 Continue and its kin announce the answer.
                    First::Status(status @ 100..=199) => self.announced = Some(status),
                    First::Status(status) => self.on_answer(status, &head, &body).await?,
                    First::Request { method, .. } => self.on_cameras_request(&method, &head)?,
                },
            }
        }
        self.steps.media.tell(&self.steps.seen);
        if self.steps.media.is_flooded() {
            return Err(SessionError::Flood { what: "a picture of more than 8 MiB" });
        }
        Ok(())
    }

    fn on_cameras_request(&mut self, method: &str, head: &Head) -> Result<(), SessionError> {
        if matches!(method, "TEARDOWN" | "REDIRECT") {
            return Err(SessionError::Ended);
        }
        let cseq = head.number("cseq").unwrap_or(0).to_string();
        self.say(answer(&cseq, "", ""))
    }

    async fn on_answer(
        &mut self,
        status: u16,
        head: &Head,
        body: &[u8],
    ) -> Result<(), SessionError> {
        let Self { steps: Steps { dialogue, seen, .. }, settings, .. } = self;
        let is_encrypted = self.camera.is_encrypted;
        let Some(asked) = self.asked.take() else {
            let is_sign = dialogue.keepalive.is_some();
            return match dialogue.take_life((status, head), settings, is_encrypted) {
                Ok(Some(asked)) => self.show_life(asked),
                Ok(None) => {
                    if is_sign {
                        self.life.heard(seen);
                    }
                    Ok(())
                }
                Err(error) => self.unsaid(error),
            };
        };
        match dialogue.judge(asked, (status, head), settings, is_encrypted)? {
            Next::Take(asked) => self.on_granted(&asked, head, body).await,
            Next::Again(asked) => self.ask(asked),
            Next::Elsewhere(asked) => {
                self.camera = dial(&self.network, &mut dialogue.route, settings).await?;
                // The way there may have led on.
                let uri = dialogue.route.url.to_string();
                self.ask(Asked { uri, ..asked })
            }
        }
    }

    async fn on_granted(
        &mut self,
        asked: &Asked,
        head: &Head,
        body: &[u8],
    ) -> Result<(), SessionError> {
        let reply = self.steps.granted(asked, (head, body), self.camera.peer_ip).await?;
        self.write_to_client(&reply).await?;
        if asked.method == "PLAY" {
            self.life.due_at = Instant::now() + self.steps.dialogue.life_span();
            self.steps.media.play();
        }
        Ok(())
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
            let uri = if self.client.means_camera(&uri) {
                self.steps.dialogue.route.url.to_string()
            } else {
                uri
            };
            let there = (&*self.network, self.camera.local_ip);
            let transport = self.settings.transport;
            match self.steps.wish((&method, uri, &head), transport, there).await? {
                Wish::Ask(asked) => self.ask(asked)?,
                Wish::Answer(reply) => self.write_to_client(&reply).await?,
                Wish::Leave => return Ok(true),
            }
        }
    }

    fn ask(&mut self, asked: Asked) -> Result<(), SessionError> {
        let bytes = self.line(asked);
        self.say(bytes)
    }

    /// A request as it goes over the wire. Its answer is waited for.
    fn line(&mut self, mut asked: Asked) -> Vec<u8> {
        let bytes = self.steps.dialogue.line(&mut asked, &self.settings);
        asked.proof.asked_at = Instant::now();
        self.announced = None;
        self.deadline = Deadline::after(self.settings.step_timeout);
        self.asked = Some(asked);
        bytes
    }

    /// Says something to the camera. It goes when the camera takes it: no picture waits for that.
    fn say(&mut self, bytes: Vec<u8>) -> Result<(), SessionError> {
        // In a tunnel all that is said brings the web server's password. An answer brings none elsewhere.
        if self.life.is_refused() && self.camera.is_tunnel() {
            return Ok(());
        }
        match self.camera.say(bytes) {
            Ok(()) => Ok(()),
            Err(error) => self.unsaid(error),
        }
    }

    /// Something was not said. A session whose pictures come can do without it.
    fn unsaid(&mut self, error: SessionError) -> Result<(), SessionError> {
        if !self.is_playing() {
            return Err(error);
        }
        let may_be_sign = self.steps.dialogue.keepalive.is_some();
        self.life.unsaid((error, may_be_sign), &self.settings.camera, &self.steps.seen);
        if self.life.is_refused() {
            self.camera.hush();
        }
        Ok(())
    }

    async fn hand_on(&mut self) -> Result<(), SessionError> {
        if self.steps.media.out.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.steps.media.out);
        self.write_to_client(&bytes).await?;
        // The room is used again, unless there is uncommonly much of it.
        if bytes.capacity() <= MOST_ROOM {
            self.steps.media.out = bytes;
            self.steps.media.out.clear();
        }
        Ok(())
    }

    async fn write_to_client(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        self.steps.seen.hand_over();
        self.client.send(bytes).await
    }

    /// Ends the session at the camera, so that it does not run out of sessions.
    async fn tear_down(&mut self) -> Result<(), SessionError> {
        self.camera.hush();
        let farewell = self.steps.dialogue.farewell();
        // The pictures have ended. A camera that does not hear this is not deaf, but gone.
        let bytes = self.line(farewell);
        self.camera.say(bytes)?;
        while let Heard::More = self.camera.read().await? {
            while let Some(item) = self.camera.next("TEARDOWN")? {
                let Item::Message(head, _) = item else { continue };
                let (First::Status(status), Some(asked)) = (head.first.clone(), self.asked.take())
                else {
                    continue;
                };
                let (dialogue, is_encrypted) = (&mut self.steps.dialogue, self.camera.is_encrypted);
                match dialogue.judge(asked, (status, &head), &self.settings, is_encrypted)? {
                    Next::Again(asked) => {
                        let bytes = self.line(asked);
                        self.camera.say(bytes)?;
                    }
                    Next::Take(_) | Next::Elsewhere(_) => return Ok(()),
                }
            }
        }
        Ok(())
    }
}
