//! The steps of a session, from DESCRIBE to PLAY: what a client asks for, as the camera is asked; what the camera
//! grants, as the client is told.

use std::net::IpAddr;

use super::datagrams::Datagrams;
use super::dialogue::{Asked, Dialogue, answer};
use super::head::Head;
use super::media::{CHANNELS, INTERLEAVED, Media};
use super::network::Network;
use super::sdp::Presentation;
use super::seen::SharedSeen;
use crate::fault::SessionError;
use crate::settings::Transport;

/// What this side of the line answers to OPTIONS.
const PUBLIC: &str = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n";

/// The session as the client knows it.
const SESSION: &str = "Session: line;timeout=60\r\n";

/// How far a session has come.
pub(super) struct Steps<N: Network> {
    pub(super) dialogue: Dialogue,
    pub(super) media: Media<N::Port>,
    pub(super) seen: SharedSeen,
}

/// What becomes of a client's request.
pub(super) enum Wish {
    /// The camera is asked.
    Ask(Asked),
    /// The client is answered.
    Answer(Vec<u8>),
    /// The client goes.
    Leave,
}

impl<N: Network> Steps<N> {
    /// None yet.
    pub(super) fn new(dialogue: Dialogue, seen: SharedSeen) -> Self {
        Self { dialogue, media: Media::new(0, None), seen }
    }

    /// What becomes of a client's request for `uri`, if packets are to travel so, from a camera that sees us as
    /// `local_ip`.
    pub(super) async fn wish(
        &mut self,
        (method, uri, head): (&str, String, &Head),
        transport: Transport,
        (network, local_ip): (&N, IpAddr),
    ) -> Result<Wish, SessionError> {
        let cseq = head.number("cseq").unwrap_or(0).to_string();
        let (method, extra) = match method {
            "TEARDOWN" => return Ok(Wish::Leave),
            "DESCRIBE" => ("DESCRIBE", "Accept: application/sdp\r\n".to_owned()),
            "SETUP" => ("SETUP", self.transport(transport, network, local_ip).await?),
            "PLAY" => ("PLAY", "Range: npt=0.000-\r\n".to_owned()),
            // Signs of life are the line's own.
            _ => return Ok(Wish::Answer(answer(&cseq, PUBLIC, ""))),
        };
        Ok(Wish::Ask(Dialogue::ask(method, uri, extra, cseq)))
    }

    /// How the packets are to travel.
    async fn transport(
        &mut self,
        transport: Transport,
        network: &N,
        local_ip: IpAddr,
    ) -> Result<String, SessionError> {
        Ok(match transport {
            Transport::Tcp | Transport::Http => INTERLEAVED.to_owned(),
            Transport::Udp => {
                let datagrams = Datagrams::bind(network, local_ip).await?;
                let port = datagrams.port();
                let described = self.seen.lock().presentation.as_ref().map(|it| it.payload_type);
                self.media = Media::new(described.unwrap_or(0), Some(datagrams));
                format!("Transport: RTP/AVP/UDP;unicast;client_port={port}-{}\r\n", port + 1)
            }
        })
    }

    /// What the client is told of what the camera at `peer_ip` has granted.
    pub(super) async fn granted(
        &mut self,
        asked: &Asked,
        (head, body): (&Head, &[u8]),
        peer_ip: IpAddr,
    ) -> Result<Vec<u8>, SessionError> {
        let cseq = asked.client_cseq.as_str();
        Ok(match asked.method {
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
                self.media.set_up(transport, CHANNELS, peer_ip).await?;
                answer(cseq, &format!("{SESSION}{INTERLEAVED}"), "")
            }
            "PLAY" => {
                self.dialogue.aggregate = Some(asked.uri.clone());
                answer(cseq, SESSION, "")
            }
            _ => answer(cseq, SESSION, ""),
        })
    }
}
