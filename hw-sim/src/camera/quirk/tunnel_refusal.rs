//! RTSP over HTTP that does not come about, or is to hurt whoever asks for it.

use std::time::Duration;

use super::act::{Act, Outcome, Quirk};
use super::flood::Flood;
use crate::camera::tunnel_habit::{PostHabit, TunnelHabit, USUAL};

use Act::{Refuse, Reply, Tunnel};
use Outcome::{Hostile, Refused};

/// What a flood writes at once.
const FLOOD_BYTES: usize = 64 << 10;

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "tunnel-redirected-in-a-circle",
        does: "GET is answered by 302 with the address that was asked.",
        thread: "RFC 9110 §15.4",
        outcome: Refused,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    let there = asked.base.replacen("rtsp", "http", 1);
                    reply.redirect_http(302, "Found", &there);
                }
            }),
        ],
    },
    Quirk {
        name: "tunnel-redirected-to-https",
        does: "GET is answered by 301 with an address that begins with https://.",
        thread: "RFC 9110 §15.4.2",
        outcome: Refused,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    let there = asked.base.replacen("rtsp", "https", 1);
                    reply.redirect_http(301, "Moved Permanently", &there);
                }
            }),
        ],
    },
    Quirk {
        name: "tunnel-absent",
        does: "GET is answered by 404: there is no tunnel.",
        thread: "BreeeZe/rpos#75",
        outcome: Refused,
        acts: &[
            Tunnel(USUAL),
            Refuse(|asked| (asked.method == "GET").then_some((404, "Not Found"))),
        ],
    },
    Quirk {
        name: "tunnel-forbidden",
        does: "GET is answered by 403.",
        thread: "RFC 9110 §15.5.4",
        outcome: Refused,
        acts: &[
            Tunnel(USUAL),
            Refuse(|asked| (asked.method == "GET").then_some((403, "Forbidden"))),
        ],
    },
    Quirk {
        name: "tunnel-is-a-page",
        does: "GET is answered by a page for browsers.",
        thread: "chunying/gaminganywhere#36",
        outcome: Refused,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    reply.become_page(200, "OK");
                }
            }),
        ],
    },
    Quirk {
        name: "tunnel-post-refused",
        does: "POST is answered by 501.",
        thread: "RFC 9110 §15.6.2",
        outcome: Refused,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::Refused(501, "Not Implemented"), ..USUAL })],
    },
    Quirk {
        name: "tunnel-post-redirected",
        does: "POST is answered by 302.",
        thread: "RFC 9110 §15.4",
        outcome: Refused,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::Refused(302, "Found"), ..USUAL })],
    },
    Quirk {
        name: "tunnel-post-unread",
        does: "POST is never read.",
        thread: "bluenviron/gortsplib#1045",
        outcome: Refused,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::Unread, ..USUAL })],
    },
    Quirk {
        name: "tunnel-answered-in-rtsp",
        does: "GET is answered in RTSP, by 400.",
        thread: "sdroege/rtsp-server#19",
        outcome: Refused,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    reply.become_status(400, "Bad Request");
                }
            }),
        ],
    },
    Quirk {
        name: "rtsp-at-the-web-port",
        does: "RTSP is answered in HTTP, by a page that says 400.",
        thread: "cdavis-code/easy_onvif_workspace#39",
        outcome: Refused,
        acts: &[Reply(|_, reply| reply.become_page(400, "Bad Request"))],
    },
    Quirk {
        name: "tunnel-post-broken-off",
        does: "POST is closed at once, again and again.",
        thread: "RFC 9112 §9.5",
        outcome: Hostile,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::BrokenOff, ..USUAL })],
    },
    Quirk {
        name: "tunnel-header-endless",
        does: "A header of the answer to GET never ends, as fast as the network carries it.",
        thread: "neonmoe/minreq#55",
        outcome: Hostile,
        acts: &[
            Tunnel(USUAL),
            Act::Flood(Flood {
                method: "GET",
                is_after_reply: false,
                next: |state| begin(state.count, "X-Fill: ", || vec![b'A'; FLOOD_BYTES]),
                pause: Duration::ZERO,
            }),
        ],
    },
    Quirk {
        name: "tunnel-announced-endlessly",
        does: "The answer to GET is announced by 100 Continue again and again.",
        thread: "RFC 9110 §15.2.1",
        outcome: Hostile,
        acts: &[
            Tunnel(USUAL),
            Act::Flood(Flood {
                method: "GET",
                is_after_reply: false,
                next: |_| b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1000),
                pause: Duration::ZERO,
            }),
        ],
    },
    Quirk {
        name: "tunnel-byte-by-byte",
        does: "The answer to GET comes a byte a second and never ends.",
        thread: "RFC 9112 §9.5",
        outcome: Hostile,
        acts: &[
            Tunnel(USUAL),
            Act::Flood(Flood {
                method: "GET",
                is_after_reply: false,
                next: |state| begin(state.count, "X-Fill: ", || b"A".to_vec()),
                pause: Duration::from_secs(1),
            }),
        ],
    },
    Quirk {
        name: "tunnel-of-noise",
        does: "What comes through the tunnel is no RTSP, as fast as the network carries it.",
        thread: "RFC 2326 §10.12",
        outcome: Hostile,
        acts: &[
            Tunnel(USUAL),
            Act::Flood(Flood {
                method: "GET",
                is_after_reply: false,
                next: |state| begin(state.count, "\r\n", || vec![0xC3; FLOOD_BYTES]),
                pause: Duration::ZERO,
            }),
        ],
    },
    Quirk {
        name: "tunnel-post-answered-endlessly",
        does: "The answer to POST never ends, as fast as the network carries it.",
        thread: "neonmoe/minreq#55",
        outcome: Hostile,
        acts: &[
            Tunnel(USUAL),
            Act::Flood(Flood {
                method: "POST",
                is_after_reply: false,
                next: |state| begin(state.count, "\r\n", || vec![b'A'; FLOOD_BYTES]),
                pause: Duration::ZERO,
            }),
        ],
    },
];

/// The begin of an answer that says yes, then what comes `after`.
fn begin(count: u64, then: &str, after: fn() -> Vec<u8>) -> Vec<u8> {
    match count {
        0 => format!("HTTP/1.0 200 OK\r\nServer: hw-sim\r\n{then}").into_bytes(),
        _ => after(),
    }
}
