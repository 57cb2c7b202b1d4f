//! Ways to carry RTSP inside HTTP.

use super::act::{Act, Outcome, Quirk};
use crate::camera::login::{self, Login, Renewal};
use crate::camera::tunnel_habit::{PostHabit, TunnelHabit, USUAL};

use Act::{Reply, Tunnel};
use Outcome::Plays;

/// What marks the address that a redirection leads to.
const MOVED: &str = "moved=1";

/// Bytes of a chunk: no packet fits.
const CHUNK_BYTES: usize = 700;

/// A log-in whose nonces are good for one request.
const ONCE: Login = Login { renewal: Renewal::EveryRequest, ..login::USUAL };

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "tunnel-only",
        does: "RTSP is taken inside HTTP only, at the stream's own path.",
        thread: "bluenviron/gortsplib#1040",
        outcome: Plays,
        acts: &[Tunnel(USUAL)],
    },
    Quirk {
        name: "tunnel-in-http-1-1",
        does: "The answer to GET is one of HTTP 1.1.",
        thread: "bluenviron/gortsplib#768",
        outcome: Plays,
        acts: &[
            Tunnel(USUAL),
            Reply(|_, reply| reply.status_line = reply.status_line.replace("HTTP/1.0", "HTTP/1.1")),
        ],
    },
    Quirk {
        name: "tunnel-without-type",
        does: "The answer to GET has no content type.",
        thread: "RFC 9110 §8.3",
        outcome: Plays,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    reply.remove("content-type");
                }
            }),
        ],
    },
    Quirk {
        name: "tunnel-of-another-type",
        does: "The answer to GET has the content type `application/octet-stream`.",
        thread: "RFC 9110 §8.3",
        outcome: Plays,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| of_type(asked.method, reply, "application/octet-stream")),
        ],
    },
    Quirk {
        name: "tunnel-of-short-length",
        does: "The answer to GET claims a length of 32767 bytes and goes on for ever.",
        thread: "RFC 9110 §8.6",
        outcome: Plays,
        acts: &[Tunnel(USUAL), Reply(|asked, reply| of_length(asked.method, reply, 32_767))],
    },
    Quirk {
        name: "tunnel-of-no-length",
        does: "The answer to GET claims a length of 0 and goes on for ever.",
        thread: "RFC 9110 §8.6",
        outcome: Plays,
        acts: &[Tunnel(USUAL), Reply(|asked, reply| of_length(asked.method, reply, 0))],
    },
    Quirk {
        name: "tunnel-in-chunks",
        does: "What comes through the tunnel comes in chunks, which cut packets in two.",
        thread: "RFC 9112 §7.1",
        outcome: Plays,
        acts: &[
            Tunnel(TunnelHabit { chunk_bytes: Some(CHUNK_BYTES), ..USUAL }),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    reply.status_line = "HTTP/1.1 200 OK".to_owned();
                    reply.lines.push("Transfer-Encoding: chunked".to_owned());
                }
            }),
        ],
    },
    Quirk {
        name: "tunnel-in-sloppy-words",
        does: "The head of the answer to GET ends its lines in LF and has a line without a colon.",
        thread: "RFC 9112 §2.2",
        outcome: Plays,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" {
                    reply.line_end = "\n";
                    reply.lines.push("IP Camera".to_owned());
                }
            }),
        ],
    },
    Quirk {
        name: "tunnel-post-answered-at-once",
        does: "POST is answered before anything of its body came.",
        thread: "bluenviron/mediamtx#4986",
        outcome: Plays,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::AnsweredAtOnce, ..USUAL })],
    },
    Quirk {
        name: "tunnel-post-answered-late",
        does: "POST is answered when the first request came in it.",
        thread: "bluenviron/gortsplib#1045",
        outcome: Plays,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::AnsweredLate, ..USUAL })],
    },
    Quirk {
        name: "tunnel-post-for-each-request",
        does: "POST is answered and closed when a request came in it, and the next must come in another.",
        thread: "ngraziano/SharpRTSP#96",
        outcome: Plays,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::OneEach, ..USUAL })],
    },
    Quirk {
        name: "tunnel-post-unread-in-play",
        does: "POST is answered and closed when a request came in it, and never read once the camera plays.",
        thread: "bluenviron/gortsplib#1045",
        outcome: Plays,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::OneEachUntilPlay, ..USUAL })],
    },
    Quirk {
        name: "tunnel-post-by-its-length",
        does: "POST is read when all of its claimed length came.",
        thread: "bluenviron/gortsplib#1158",
        outcome: Plays,
        acts: &[Tunnel(TunnelHabit { post: PostHabit::Whole, ..USUAL })],
    },
    Quirk {
        name: "tunnel-ends-at-padding",
        does: "The first padding ends what is decoded of a POST.",
        thread: "RFC 2045 §6.8",
        outcome: Plays,
        acts: &[Tunnel(TunnelHabit { ends_at_padding: true, ..USUAL })],
    },
    Quirk {
        name: "tunnel-login",
        does: "GET and POST need the password, by one nonce, and so do the requests inside, by another.",
        thread: "ZoneMinder/zoneminder#407",
        outcome: Plays,
        acts: &[
            Act::Login(login::USUAL),
            Tunnel(TunnelHabit {
                get_login: Some(login::USUAL),
                post_login: Some(login::USUAL),
                ..USUAL
            }),
        ],
    },
    Quirk {
        name: "tunnel-login-once",
        does: "GET and POST need the password, and each nonce is good for one of them.",
        thread: "RFC 2617 §3.2.1",
        outcome: Plays,
        acts: &[
            Act::Login(login::USUAL),
            Tunnel(TunnelHabit { get_login: Some(ONCE), post_login: Some(ONCE), ..USUAL }),
        ],
    },
    Quirk {
        name: "tunnel-login-outside",
        does: "GET and POST need the password, and the requests inside need none.",
        thread: "RFC 2617 §3.3",
        outcome: Plays,
        acts: &[
            Act::Login(login::USUAL),
            Tunnel(TunnelHabit {
                get_login: Some(login::USUAL),
                post_login: Some(login::USUAL),
                trusts_within: true,
                ..USUAL
            }),
        ],
    },
    Quirk {
        name: "tunnel-login-of-post",
        does: "POST needs the password, though GET does not.",
        thread: "RFC 2617 §3.3",
        outcome: Plays,
        acts: &[Act::Login(login::USUAL), Tunnel(TunnelHabit { post_login: Some(ONCE), ..USUAL })],
    },
    Quirk {
        name: "tunnel-login-for-each-request",
        does: "POST needs the password, each nonce is good for one, and each carries one request.",
        thread: "RFC 2617 §3.2.1",
        outcome: Plays,
        acts: &[
            Act::Login(login::USUAL),
            Tunnel(TunnelHabit {
                get_login: Some(ONCE),
                post_login: Some(ONCE),
                post: PostHabit::OneEach,
                ..USUAL
            }),
        ],
    },
    Quirk {
        name: "tunnel-redirected",
        does: "GET is answered by 302 with another address on the same host, which begins with http://.",
        thread: "RFC 9110 §15.4.3",
        outcome: Plays,
        acts: &[
            Tunnel(USUAL),
            Reply(|asked, reply| {
                if asked.method == "GET" && asked.query != MOVED {
                    let there = asked.base.replacen("rtsp", "http", 1);
                    reply.redirect_http(302, "Found", &format!("{there}?{MOVED}"));
                }
            }),
        ],
    },
];

fn of_type(method: &str, reply: &mut crate::camera::reply::Reply, kind: &str) {
    if method == "GET" {
        reply.change("content-type", |_| kind.to_owned());
    }
}

fn of_length(method: &str, reply: &mut crate::camera::reply::Reply, length: usize) {
    if method == "GET" {
        reply.lines.push(format!("Content-Length: {length}"));
    }
}
