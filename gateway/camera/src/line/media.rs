//! The packets of a session on their way from the camera to the client.

use super::datagrams::{Datagrams, Kind};
use super::network::Port;
use super::rtp::{Identity, Report};
use super::seen::SharedSeen;
use crate::fault::SessionError;

/// Packets that came before the answer to PLAY are kept up to so many bytes: the first key frame is among them.
const HELD_BYTES: usize = 4 * 1024 * 1024;

/// The largest coded picture, in bytes: a client must put it together in memory, and to decode it takes 0.9 s
/// of a core of 2.8 GHz. Of 4K they have 2 MiB at most.
const LARGEST_PICTURE: usize = 8 * 1024 * 1024;

/// The channels of the client (RFC 2326 §10.12) and of the camera, for RTP and RTCP.
pub(super) const CHANNELS: (u8, u8) = (0, 1);

/// The header that asks for them, or grants them.
pub(super) const INTERLEAVED: &str = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";

/// The packets of one video stream.
#[derive(Debug)]
pub(super) struct Media<P> {
    identity: Identity,
    camera_channels: (u8, u8),
    client_channels: (u8, u8),
    pub(super) datagrams: Option<Datagrams<P>>,
    /// What is to be written to the client.
    pub(super) out: Vec<u8>,
    held: Vec<u8>,
    is_playing: bool,
    report: Option<Report>,
}

impl<P: Port> Media<P> {
    /// A stream with this payload type; `datagrams` if it comes over UDP.
    pub(super) fn new(payload_type: u8, datagrams: Option<Datagrams<P>>) -> Self {
        Self {
            identity: Identity::new(payload_type, datagrams.is_some()),
            camera_channels: CHANNELS,
            client_channels: CHANNELS,
            datagrams,
            out: Vec::new(),
            held: Vec::new(),
            is_playing: false,
            report: None,
        }
    }

    /// Takes the camera's answer to SETUP, whose channels or ports may be others than those asked for.
    pub(super) async fn set_up(
        &mut self,
        transport: &[u8],
        client: (u8, u8),
        camera: std::net::IpAddr,
    ) -> Result<(), SessionError> {
        self.client_channels = client;
        let text = String::from_utf8_lossy(transport).to_ascii_lowercase();
        let value = |name: &str| {
            text.split(';')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(it, value)| (it.trim() == name).then(|| value.trim().to_owned()))
        };
        let is_tcp = text.contains("/tcp") || value("interleaved").is_some();
        match &mut self.datagrams {
            Some(_) if is_tcp => Err(SessionError::Transport { asked: "UDP", instead: "tcp" }),
            Some(datagrams) => {
                let source = value("source").and_then(|it| it.parse().ok());
                let port = value("server_port").and_then(|it| first_number(&it));
                datagrams.expect_from(camera, (source, port.filter(|port| *port != 0))).await;
                Ok(())
            }
            None if !is_tcp && value("server_port").is_some() => {
                Err(SessionError::Transport { asked: "TCP", instead: "udp" })
            }
            None => {
                let first = value("interleaved").and_then(|it| first_number(&it));
                if let Some(first) = first.and_then(|first| u8::try_from(first).ok()) {
                    self.camera_channels = (first, first.saturating_add(1));
                }
                Ok(())
            }
        }
    }

    /// The client knows that it plays: from now on packets go straight to it.
    pub(super) fn play(&mut self) {
        self.is_playing = true;
        self.out.append(&mut self.held);
        self.held = Vec::new();
    }

    /// Whether packets go to the client.
    pub(super) fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Takes an interleaved packet.
    pub(super) fn take(&mut self, channel: u8, data: &[u8]) {
        if self.datagrams.is_some() {
            return;
        }
        if channel == self.camera_channels.0 {
            self.rtp(data);
        } else if channel == self.camera_channels.1 {
            self.rtcp(data);
        }
    }

    /// Takes a datagram.
    pub(super) fn take_datagram(&mut self, kind: Kind, data: &[u8]) {
        match kind {
            Kind::Rtp => self.rtp(data),
            Kind::Rtcp => self.rtcp(data),
        }
    }

    /// Whether the picture that is under way is larger than any may be.
    pub(super) fn is_flooded(&self) -> bool {
        self.identity.picture_bytes > LARGEST_PICTURE
    }

    /// Tells what was seen.
    pub(super) fn tell(&self, seen: &SharedSeen) {
        let mut seen = seen.lock();
        seen.report = self.report;
        seen.first_timestamp = self.identity.first_timestamp;
        seen.packets = self.identity.counts;
    }

    fn rtp(&mut self, data: &[u8]) {
        if !self.is_playing && self.held.len() + data.len() > HELD_BYTES {
            return;
        }
        let out = if self.is_playing { &mut self.out } else { &mut self.held };
        let channel = self.client_channels.0;
        self.identity.take(data, |packet| append(out, channel, packet));
    }

    fn rtcp(&mut self, data: &[u8]) {
        let Some(report) = Report::find(data) else { return };
        self.report = Some(report);
        if self.is_playing && self.identity.first_timestamp.is_some() {
            let packet = report.packet(self.identity.source());
            append(&mut self.out, self.client_channels.1, &packet);
        }
    }
}

/// The first number of a pair such as `0-1`.
fn first_number(pair: &str) -> Option<u16> {
    u16::try_from(super::head::digits(pair.as_bytes())?).ok()
}

fn append(out: &mut Vec<u8>, channel: u8, data: &[u8]) {
    let Ok(length) = u16::try_from(data.len()) else { return };
    let [high, low] = length.to_be_bytes();
    out.extend_from_slice(&[b'$', channel, high, low]);
    out.extend_from_slice(data);
}
