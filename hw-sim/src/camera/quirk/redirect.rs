//! Cameras that send their clients elsewhere.

use super::act::{Act, Outcome, Quirk};
use crate::camera::login::{Login, Offer, USUAL};
use crate::camera::reply::{Asked, Reply};

use Outcome::{Hostile, Plays, Refused};

/// What marks the address that a redirection leads to.
const MOVED: &str = "moved=1";

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "redirect-301",
        does: "DESCRIBE is answered by 301 with another address on the same host.",
        thread: "AlexxIT/go2rtc#1480",
        outcome: Plays,
        acts: &[Act::Reply(|asked, reply| moved(asked, reply, 301, "Moved Permanently"))],
    },
    Quirk {
        name: "redirect-302",
        does: "DESCRIBE is answered by 302 without CSeq, with another address on the same host.",
        thread: "AlexxIT/go2rtc#1881",
        outcome: Plays,
        acts: &[Act::Reply(|asked, reply| {
            moved(asked, reply, 302, "Moved Temporarily");
            if reply.header("location").is_some() {
                reply.remove("cseq");
            }
        })],
    },
    Quirk {
        name: "redirect-elsewhere",
        does: "DESCRIBE is answered by 302 with an address on another host, which asks no password.",
        thread: "meetecho/janus-gateway#2195",
        outcome: Plays,
        acts: &[Act::Elsewhere, Act::Reply(elsewhere)],
    },
    Quirk {
        name: "redirect-in-a-circle",
        does: "DESCRIBE is answered by 302 with the address that was asked, again and again.",
        thread: "androidx/media#2795",
        outcome: Refused,
        acts: &[Act::Reply(|asked, reply| {
            if asked.method == "DESCRIBE" {
                reply.redirect(302, "Moved Temporarily", asked.base);
            }
        })],
    },
    Quirk {
        name: "redirect-without-location",
        does: "DESCRIBE is answered by 302 without an address.",
        thread: "RFC 2326 §12.25",
        outcome: Refused,
        acts: &[Act::Reply(|asked, reply| {
            if asked.method == "DESCRIBE" {
                reply.become_status(302, "Moved Temporarily");
            }
        })],
    },
    Quirk {
        name: "redirect-to-a-thief",
        does: "DESCRIBE with the password is answered by 302 with another host, which asks for it unencrypted.",
        thread: "RFC 2617 §4.1",
        outcome: Hostile,
        acts: &[
            Act::Login(USUAL),
            Act::Elsewhere,
            Act::AsksElsewhere(Login { offers: &[Offer::Basic], ..USUAL }),
            Act::Reply(elsewhere),
        ],
    },
    Quirk {
        name: "redirect-to-a-patient-thief",
        does: "DESCRIBE with the password is answered by 302 with another host, which asks for a digest of it.",
        thread: "RFC 2617 §4.6",
        outcome: Hostile,
        acts: &[
            Act::Login(USUAL),
            Act::Elsewhere,
            Act::AsksElsewhere(USUAL),
            Act::Reply(elsewhere),
        ],
    },
];

fn moved(asked: &Asked<'_>, reply: &mut Reply, code: u16, reason: &str) {
    if asked.method == "DESCRIBE" && asked.query != MOVED {
        reply.redirect(code, reason, &format!("{}?{MOVED}", asked.base));
    }
}

fn elsewhere(asked: &Asked<'_>, reply: &mut Reply) {
    // The client must have logged in here, so that it has something to give away.
    if asked.method == "DESCRIBE" && !asked.is_elsewhere && reply.is_ok() {
        reply.redirect(302, "Try Other Server", asked.elsewhere);
    }
}
