//! Sessions that do not begin, go on or end as RFC 2326 says.

use std::time::Duration;

use super::act::{Act, Outcome, Quirk};
use crate::camera::reply::Asked;

use Act::{Refuse, Reply as Answers};
use Outcome::{Plays, Refused};

/// How often a request is refused before it is granted.
const REFUSALS: u32 = 2;

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "sessions-taken-for-a-while",
        does: "The first two SETUPs are refused by 453: others hold all sessions.",
        thread: "Tedyst/HikLoad#4",
        outcome: Plays,
        acts: &[Refuse(|asked| at_first(asked, "SETUP", (453, "Not Enough Bandwidth")))],
    },
    Quirk {
        name: "sessions-taken",
        does: "Every SETUP is refused by 453: others hold all sessions.",
        thread: "mpromonet/webrtc-streamer#174",
        outcome: Refused,
        acts: &[Refuse(|asked| (asked.method == "SETUP").then_some((453, "Not Enough Bandwidth")))],
    },
    Quirk {
        name: "busy-for-a-while",
        does: "The first two DESCRIBEs are refused by 503.",
        thread: "RFC 2326 §7.1.1",
        outcome: Plays,
        acts: &[Refuse(|asked| at_first(asked, "DESCRIBE", (503, "Service Unavailable")))],
    },
    Quirk {
        name: "session-not-found-for-a-while",
        does: "The first two SETUPs are refused by 454.",
        thread: "CarGuo/GSYVideoPlayer#3338",
        outcome: Plays,
        acts: &[Refuse(|asked| at_first(asked, "SETUP", (454, "Session Not Found")))],
    },
    Quirk {
        name: "answer-only-announced",
        does: "DESCRIBE is answered by 100 Continue, and by nothing more.",
        thread: "RFC 2326 §7.1.1",
        outcome: Refused,
        acts: &[Answers(|asked, reply| {
            if asked.method == "DESCRIBE" {
                reply.become_status(100, "Continue");
            }
        })],
    },
    Quirk {
        name: "addresses-to-choose-from",
        does: "DESCRIBE is answered by 300, and without an address.",
        thread: "RFC 2326 §7.1.1",
        outcome: Refused,
        acts: &[Refuse(|asked| (asked.method == "DESCRIBE").then_some((300, "Multiple Choices")))],
    },
    Quirk {
        name: "status-unknown",
        does: "DESCRIBE is answered by the status 999.",
        thread: "RFC 2326 §7.1.1",
        outcome: Refused,
        acts: &[Answers(|asked, reply| {
            if asked.method == "DESCRIBE" {
                reply.become_status(999, "Private");
            }
        })],
    },
    Quirk {
        name: "session-forgotten",
        does: "The session is forgotten after 20 s: no more pictures, and 454 to all requests.",
        thread: "mbullington/yellowstone#34",
        outcome: Plays,
        acts: &[Act::ForgetsAfter(Duration::from_secs(20))],
    },
    Quirk {
        name: "keepalive-refused",
        does: "SET_PARAMETER is offered and refused by 400 with the CSeq of the request before.",
        thread: "scottlamb/retina#136",
        outcome: Plays,
        acts: &[
            Act::Timeout(Duration::from_secs(15)),
            Answers(|asked, reply| match asked.method {
                "OPTIONS" => reply.change("public", |methods| format!("{methods}, SET_PARAMETER")),
                "SET_PARAMETER" => {
                    reply.become_status(400, "Bad Request");
                    reply.change("cseq", |cseq| {
                        cseq.parse::<u32>().unwrap_or(1).saturating_sub(1).to_string()
                    });
                }
                _ => {}
            }),
        ],
    },
    Quirk {
        name: "keepalive-unanswered",
        does: "GET_PARAMETER is offered and never answered.",
        thread: "ZLMediaKit/ZLMediaKit#642",
        outcome: Plays,
        acts: &[
            Act::Timeout(Duration::from_secs(15)),
            Answers(|asked, reply| reply.is_silent = asked.method == "GET_PARAMETER"),
        ],
    },
    Quirk {
        name: "timeout-short",
        does: "A session ends after 6 s without a request.",
        thread: "androidx/media#662",
        outcome: Plays,
        acts: &[Act::Timeout(Duration::from_secs(6)), Act::CountsGrantedRequests],
    },
    Quirk {
        name: "timeout-untold",
        does: "A session ends after 60 s without a request, and nothing says so.",
        thread: "AxisCommunications/media-stream-library-js#235",
        outcome: Plays,
        acts: &[
            Act::CountsGrantedRequests,
            Answers(|_, reply| {
                reply.change("session", |session| {
                    session.split(';').next().unwrap_or_default().to_owned()
                });
            }),
        ],
    },
    Quirk {
        name: "teardown-unanswered",
        does: "TEARDOWN is not answered.",
        thread: "bluenviron/mediamtx#151",
        outcome: Plays,
        acts: &[Answers(|asked, reply| reply.is_silent = asked.method == "TEARDOWN")],
    },
    Quirk {
        name: "options-refused",
        does: "OPTIONS is refused by 501.",
        thread: "RFC 2326 §10.1",
        outcome: Plays,
        acts: &[Refuse(|asked| (asked.method == "OPTIONS").then_some((501, "Not Implemented")))],
    },
    Quirk {
        name: "tcp-only",
        does: "Datagrams are refused by 461.",
        thread: "deepch/RTSPtoWebRTC#195",
        outcome: Plays,
        acts: &[Refuse(|asked| {
            let is_udp = asked.method == "SETUP" && !asked.transport.contains("/TCP");
            is_udp.then_some((461, "Unsupported Transport"))
        })],
    },
    Quirk {
        name: "udp-only",
        does: "Interleaved packets are refused by 461.",
        thread: "blakeblackshear/frigate#1907",
        outcome: Plays,
        acts: &[
            Act::NeedsUdp,
            Refuse(|asked| {
                let is_tcp = asked.method == "SETUP" && asked.transport.contains("/TCP");
                is_tcp.then_some((461, "Unsupported Transport"))
            }),
        ],
    },
    Quirk {
        name: "udp-from-other-ports",
        does: "Datagrams come from other ports than the answer to SETUP names.",
        thread: "bluenviron/mediamtx#691",
        outcome: Plays,
        acts: &[Act::NeedsUdp, Answers(|_, reply| say_of_ports(reply, "server_port=9-10"))],
    },
    Quirk {
        name: "udp-from-no-ports",
        does: "The answer to SETUP says that datagrams come from port 0.",
        thread: "bluenviron/mediamtx#407",
        outcome: Plays,
        acts: &[Act::NeedsUdp, Answers(|_, reply| say_of_ports(reply, "server_port=0-1"))],
    },
    Quirk {
        name: "udp-from-behind-a-router",
        does: "The answer to SETUP names the address that the camera has behind its router.",
        thread: "RFC 2326 §12.39",
        outcome: Plays,
        acts: &[
            Act::NeedsUdp,
            Answers(|_, reply| say_of_ports(reply, "source=192.0.2.64;server_port=40000-40001")),
        ],
    },
    Quirk {
        name: "closes-after-a-while",
        does: "The connection is closed after 10 s.",
        thread: "blakeblackshear/frigate#3122",
        outcome: Plays,
        acts: &[Act::ClosesAfter(Duration::from_secs(10))],
    },
    Quirk {
        name: "first-picture-late",
        does: "The first picture comes 6 s after the answer to PLAY.",
        thread: "blakeblackshear/frigate#11041",
        outcome: Plays,
        acts: &[Act::JoinsLate(Duration::from_secs(6))],
    },
    Quirk {
        name: "first-pictures-at-once",
        does: "The pictures of the last two seconds come at once after the answer to PLAY.",
        thread: "ZLMediaKit/ZLMediaKit#2959",
        outcome: Plays,
        acts: &[Act::JoinsEarly(Duration::from_secs(2))],
    },
];

fn at_first(
    asked: &Asked<'_>,
    method: &str,
    refusal: (u16, &'static str),
) -> Option<(u16, &'static str)> {
    (asked.method == method && asked.tries < REFUSALS).then_some(refusal)
}

/// Puts this in the place of the camera's ports.
fn say_of_ports(reply: &mut crate::camera::reply::Reply, told: &str) {
    reply.change("transport", |text| {
        let parts =
            text.split(';').map(|part| if part.starts_with("server_port=") { told } else { part });
        parts.collect::<Vec<_>>().join(";")
    });
}
