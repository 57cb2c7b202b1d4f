//! What a quirk is: a row of the list, and the acts by which the server carries it out.

use std::time::Duration;

use super::encoding::Encoding;
use super::flood::Flood;
use crate::camera::codec::Codec;
use crate::camera::description::Description;
use crate::camera::login::Login;
use crate::camera::packet::{Moment, Packet};
use crate::camera::reply::{Asked, Reply};
use crate::camera::rtcp::SenderReport;
use crate::camera::side_stream::SideStream;
use crate::camera::tunnel_habit::TunnelHabit;

/// One way in which a camera departs from what the standards say or what most cameras do.
#[derive(Debug)]
pub struct Quirk {
    /// By which a scenario switches it on.
    pub name: &'static str,
    /// In one plain sentence.
    pub does: &'static str,
    /// The public thread that it stands for, as `repository#number`, or the clause that is broken.
    pub thread: &'static str,
    /// What a good client makes of it.
    pub outcome: Outcome,
    pub(crate) acts: &'static [Act],
}

/// A name stands for one quirk.
impl PartialEq for Quirk {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Quirk {}

/// What a good client makes of a quirk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It shows the pictures.
    Plays,
    /// It cannot or should not show the pictures, and says why.
    Refused,
    /// It survives, and nobody else notices.
    Hostile,
}

impl Quirk {
    /// Whether the camera needs a user and a password to show its quirk.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::Login(_)))
    }

    /// Whether the camera must send H.265 to show its quirk.
    #[must_use]
    pub fn needs_h265(&self) -> bool {
        self.acts.iter().any(|act| matches!(act, Act::NeedsH265))
    }

    /// How the client must ask for the pictures to see the quirk: `tcp`, `udp` or `http`.
    #[must_use]
    pub fn transport(&self) -> &'static str {
        let transport = self.acts.iter().find_map(|act| match act {
            Act::NeedsUdp => Some("udp"),
            Act::Tunnel(_) => Some("http"),
            _ => None,
        });
        transport.unwrap_or("tcp")
    }
}

/// Instead of one packet, those that are sent for it.
pub(crate) type PacketAct = for<'a> fn(&Moment, Packet<'a>, &mut Vec<Packet<'a>>);

/// One thing that the server does differently for a camera.
#[derive(Debug)]
pub(crate) enum Act {
    /// Changes an answer before it is sent.
    Reply(fn(&Asked<'_>, &mut Reply)),
    /// Refuses a request before anything is done, by code and reason.
    Refuse(fn(&Asked<'_>) -> Option<(u16, &'static str)>),
    /// Changes the session description; the text is the camera's URL.
    Describe(fn(&mut Description, &str)),
    /// Changes the NAL units of an access unit; the flag says whether it is a key frame.
    Units(fn(Codec, bool, &mut Vec<Vec<u8>>)),
    /// Sends payloads of up to so many bytes.
    PayloadBytes(usize),
    /// Shows the camera's clip encoded so, one encoding after the other.
    Encodings(&'static [Encoding]),
    /// Changes RTP packets.
    Packets(PacketAct),
    /// Changes sender reports, which are counted from 0; `None` sends none.
    Reports(fn(u32, SenderReport) -> Option<SenderReport>),
    /// Asks for the password in this way.
    Login(Login),
    /// Offers one more stream.
    SideStream(SideStream),
    /// Uses interleaved channels so many above those asked for.
    Channels(u8),
    /// Begins with what was shown so long ago.
    JoinsEarly(Duration),
    /// Begins with what is shown so much later.
    JoinsLate(Duration),
    /// Closes the connection after so much play.
    ClosesAfter(Duration),
    /// Forgets the session after so much play.
    ForgetsAfter(Duration),
    /// Ends sessions without a sign of life for so long.
    Timeout(Duration),
    /// Takes only requests that it granted as signs of life.
    CountsGrantedRequests,
    /// Lets requests do without the session's id.
    AnySession,
    /// Sends this after its answer to a request, and nothing else any more.
    Flood(Flood),
    /// Listens at a second address, too.
    Elsewhere,
    /// Asks for a password at the second address, in this way.
    AsksElsewhere(Login),
    /// The quirk shows only in H.265.
    NeedsH265,
    /// The client must ask for UDP.
    NeedsUdp,
    /// RTSP is taken inside HTTP only, in this way.
    Tunnel(TunnelHabit),
}
