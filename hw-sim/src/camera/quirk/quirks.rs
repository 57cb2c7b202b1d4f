//! The quirks of one camera, and what they make of its answers, pictures and packets.

use std::time::Duration;

use thiserror::Error;

use super::act::{Act, Quirk};
use super::encoding::Encoding;
use super::flood::Flood;
use super::list;
use crate::camera::codec::Codec;
use crate::camera::description::Description;
use crate::camera::login::{self, Login};
use crate::camera::packet::{Moment, Packet};
use crate::camera::payload::MAX_PAYLOAD_BYTES;
use crate::camera::reply::{Asked, Reply};
use crate::camera::rtcp::SenderReport;
use crate::camera::side_stream::SideStream;
use crate::camera::tunnel_habit::{self, TunnelHabit};

/// A client that sends neither a request nor an RTCP packet for this long is taken to be gone. The
/// Session header says so (RFC 2326 §12.37).
const SESSION_TIMEOUT: Duration = Duration::from_secs(60);

/// The quirks of a camera, in the order in which they act. Most cameras have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quirks {
    // A camera has few: a row names each by its place in the list.
    chosen: [Option<&'static Quirk>; MAX_QUIRKS],
}

/// How many quirks one camera can have.
const MAX_QUIRKS: usize = 8;

/// Why a camera cannot have its quirks.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum QuirksError {
    /// There is no such quirk.
    #[error("there is no quirk `{name}`; `hw-sim quirks` lists them")]
    Unknown {
        /// As it was written.
        name: String,
    },
    /// There are too many.
    #[error("a camera has at most {MAX_QUIRKS} quirks")]
    TooMany,
}

impl Quirks {
    /// The quirks with these names.
    ///
    /// # Errors
    /// [`QuirksError`] names the one that is unknown.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, QuirksError> {
        let mut quirks = Self::default();
        let mut free = quirks.chosen.iter_mut();
        for name in names {
            let quirk = list::all().find(|quirk| quirk.name == name);
            let quirk = quirk.ok_or_else(|| QuirksError::Unknown { name: name.to_owned() })?;
            *free.next().ok_or(QuirksError::TooMany)? = Some(quirk);
        }
        Ok(quirks)
    }

    /// This one quirk.
    #[must_use]
    pub fn only(quirk: &'static Quirk) -> Self {
        let mut quirks = Self::default();
        if let Some(first) = quirks.chosen.first_mut() {
            *first = Some(quirk);
        }
        quirks
    }

    fn acts(&self) -> impl Iterator<Item = &'static Act> + use<> {
        self.chosen.into_iter().flatten().flat_map(|quirk| quirk.acts)
    }

    fn find<T>(&self, pick: impl FnMut(&'static Act) -> Option<T>) -> Option<T> {
        self.acts().find_map(pick)
    }

    fn has(&self, is_it: impl FnMut(&'static Act) -> bool) -> bool {
        self.acts().any(is_it)
    }

    /// The refusal of a request, if one quirk refuses it.
    pub(crate) fn refusal(&self, asked: &Asked<'_>) -> Option<(u16, &'static str)> {
        self.find(|act| if let Act::Refuse(refuse) = act { refuse(asked) } else { None })
    }

    pub(crate) fn spoil_reply(&self, asked: &Asked<'_>, reply: &mut Reply) {
        for act in self.acts() {
            if let Act::Reply(change) = act {
                change(asked, reply);
            }
        }
    }

    pub(crate) fn spoil_description(&self, description: &mut Description, base: &str) {
        for act in self.acts() {
            if let Act::Describe(change) = act {
                change(description, base);
            }
        }
    }

    /// Changes the NAL units of an access unit.
    pub(crate) fn spoil_units(&self, codec: Codec, is_key: bool, units: &mut Vec<Vec<u8>>) {
        for act in self.acts() {
            if let Act::Units(change) = act {
                change(codec, is_key, units);
            }
        }
    }

    /// The longest payload, in bytes.
    pub(crate) fn payload_bytes(&self) -> usize {
        let bytes = self.find(|act| if let Act::PayloadBytes(n) = act { Some(*n) } else { None });
        bytes.unwrap_or(MAX_PAYLOAD_BYTES)
    }

    /// The encodings of the clip; none if it is shown as it is.
    pub(crate) fn encodings(&self) -> &'static [Encoding] {
        self.find(|act| if let Act::Encodings(all) = act { Some(*all) } else { None })
            .unwrap_or_default()
    }

    /// Whether packets are sent otherwise than they come.
    pub(crate) fn touch_packets(&self) -> bool {
        self.has(|act| matches!(act, Act::Packets(_)))
    }

    /// What is sent instead of a packet.
    pub(crate) fn packets<'a>(&self, moment: &Moment, packet: Packet<'a>) -> Vec<Packet<'a>> {
        let mut packets = vec![packet];
        for act in self.acts() {
            if let Act::Packets(change) = act {
                for packet in std::mem::take(&mut packets) {
                    change(moment, packet, &mut packets);
                }
            }
        }
        packets
    }

    /// The report that is sent as number `number`.
    pub(crate) fn report(&self, number: u32, report: SenderReport) -> Option<SenderReport> {
        self.acts().try_fold(report, |report, act| match act {
            Act::Reports(change) => change(number, report),
            _ => Some(report),
        })
    }

    pub(crate) fn login(&self) -> &'static Login {
        self.find(|act| if let Act::Login(login) = act { Some(login) } else { None })
            .unwrap_or(&login::USUAL)
    }

    pub(crate) fn side_streams(&self) -> impl Iterator<Item = &'static SideStream> + use<> {
        self.acts()
            .filter_map(|act| if let Act::SideStream(side) = act { Some(side) } else { None })
    }

    /// How far the interleaved channels lie above those asked for.
    pub(crate) fn channels_above(&self) -> u8 {
        self.find(|act| if let Act::Channels(above) = act { Some(*above) } else { None })
            .unwrap_or(0)
    }

    /// How long ago what a session begins with was shown.
    pub(crate) fn joins_early(&self) -> Option<Duration> {
        self.find(|act| if let Act::JoinsEarly(span) = act { Some(*span) } else { None })
    }

    /// How much later a session begins.
    pub(crate) fn joins_late(&self) -> Option<Duration> {
        self.find(|act| if let Act::JoinsLate(span) = act { Some(*span) } else { None })
    }

    pub(crate) fn closes_after(&self) -> Option<Duration> {
        self.find(|act| if let Act::ClosesAfter(span) = act { Some(*span) } else { None })
    }

    pub(crate) fn forgets_after(&self) -> Option<Duration> {
        self.find(|act| if let Act::ForgetsAfter(span) = act { Some(*span) } else { None })
    }

    /// How long a client may be silent.
    pub(crate) fn session_timeout(&self) -> Duration {
        self.find(|act| if let Act::Timeout(span) = act { Some(*span) } else { None })
            .unwrap_or(SESSION_TIMEOUT)
    }

    /// Whether only granted requests are signs of life.
    pub(crate) fn counts_granted_requests(&self) -> bool {
        self.has(|act| matches!(act, Act::CountsGrantedRequests))
    }

    pub(crate) fn takes_any_session(&self) -> bool {
        self.has(|act| matches!(act, Act::AnySession))
    }

    /// What a request sets off.
    pub(crate) fn flood(&self, method: &str) -> Option<&'static Flood> {
        self.find(|act| match act {
            Act::Flood(flood) if flood.method == method => Some(flood),
            _ => None,
        })
    }

    /// Whether the camera is to be found at the server's other address, too.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.has(|act| matches!(act, Act::Elsewhere))
    }

    /// How it asks for a password there, if it does.
    pub(crate) fn asks_elsewhere(&self) -> Option<&'static Login> {
        self.find(|act| if let Act::AsksElsewhere(login) = act { Some(login) } else { None })
    }

    /// How it carries RTSP inside HTTP.
    pub(crate) fn tunnel(&self) -> TunnelHabit {
        self.find(|act| if let Act::Tunnel(habit) = act { Some(*habit) } else { None })
            .unwrap_or(tunnel_habit::USUAL)
    }

    /// Whether it takes RTSP inside HTTP only.
    pub(crate) fn needs_tunnel(&self) -> bool {
        self.has(|act| matches!(act, Act::Tunnel(_)))
    }

    /// Whether the clip is packetised otherwise than for other cameras.
    pub(crate) fn touch_units(&self) -> bool {
        self.has(|act| matches!(act, Act::Units(_) | Act::PayloadBytes(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_are_known_by_name() {
        let quirks = Quirks::named(["origin-short", "cseq-absent"]).unwrap();
        assert_eq!(quirks.chosen.iter().flatten().count(), 2);
        let unknown = Quirks::named(["origin-shortt"]).unwrap_err().to_string();
        assert!(
            unknown.contains("`origin-shortt`") && unknown.contains("hw-sim quirks"),
            "{unknown}"
        );
        assert_eq!(Quirks::named(["cseq-absent"; 9]), Err(QuirksError::TooMany));
        assert_eq!(Quirks::default().session_timeout(), Duration::from_secs(60));
    }
}
