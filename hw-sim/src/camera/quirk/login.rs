//! Ways to ask for a password.

use std::time::Duration;

use super::act::{Act, Outcome, Quirk};
use crate::camera::digest::Algorithm::{Md5, Sha256};
use crate::camera::login::{Login, Offer, Renewal, USUAL};

use Outcome::{Plays, Refused};

const OLD: Offer = Offer::Digest { algorithm: Md5, is_modern: false };
const MD5: Offer = Offer::Digest { algorithm: Md5, is_modern: true };
const SHA_256: Offer = Offer::Digest { algorithm: Sha256, is_modern: true };

/// How long a nonce lives that dies before the session does, and when the session dies without a
/// sign of life.
const NONCE_LIFE: Duration = Duration::from_secs(3);
const SHORT_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "digest-old",
        does: "The digest is as in 1997: no algorithm, no `qop`, no `stale`.",
        thread: "scottlamb/retina#62",
        outcome: Plays,
        acts: &[Act::Login(Login { offers: &[OLD], ..USUAL })],
    },
    Quirk {
        name: "digest-sha-256",
        does: "The digest is SHA-256, and nothing else is offered.",
        thread: "AlexxIT/go2rtc#2344",
        outcome: Plays,
        acts: &[Act::Login(Login { offers: &[SHA_256], ..USUAL })],
    },
    Quirk {
        name: "digest-sha-256-or-md5",
        does: "SHA-256 and MD5 are offered in two headers.",
        thread: "AlexxIT/go2rtc#2451",
        outcome: Plays,
        acts: &[Act::Login(Login { offers: &[SHA_256, MD5], ..USUAL })],
    },
    Quirk {
        name: "digest-or-basic",
        does: "Digest and Basic are offered in two headers.",
        thread: "google/ExoPlayer#9800",
        outcome: Plays,
        acts: &[Act::Login(Login { offers: &[OLD, Offer::Basic], ..USUAL })],
    },
    Quirk {
        name: "basic-only",
        does: "Basic is all that is offered, so the password would be readable on the wire.",
        thread: "blakeblackshear/frigate#9006",
        outcome: Refused,
        acts: &[Act::Login(Login { offers: &[Offer::Basic], ..USUAL })],
    },
    Quirk {
        name: "login-before-options",
        does: "OPTIONS needs the password, too.",
        thread: "Motion-Project/motion#121",
        outcome: Plays,
        acts: &[Act::Login(Login { asks_for_options: true, ..USUAL })],
    },
    Quirk {
        name: "nonce-once",
        does: "Each nonce is good for one request.",
        thread: "RFC 2617 §3.2.1",
        outcome: Plays,
        acts: &[Act::Login(Login { renewal: Renewal::EveryRequest, ..USUAL })],
    },
    Quirk {
        name: "nonce-expires",
        does: "A nonce dies after 3 s, and a session after 15 s without a granted request.",
        thread: "ngraziano/SharpRTSP#126",
        outcome: Plays,
        acts: &[
            Act::Login(Login { renewal: Renewal::After(NONCE_LIFE), ..USUAL }),
            Act::Timeout(SHORT_TIMEOUT),
            Act::CountsGrantedRequests,
        ],
    },
    Quirk {
        name: "nonce-expires-untold",
        does: "A nonce dies after 3 s, and the new challenge does not say that the old one was stale.",
        thread: "alexeyvasilyev/rtsp-client-android#46",
        outcome: Plays,
        acts: &[
            Act::Login(Login { offers: &[OLD], renewal: Renewal::After(NONCE_LIFE), ..USUAL }),
            Act::Timeout(SHORT_TIMEOUT),
            Act::CountsGrantedRequests,
        ],
    },
    Quirk {
        name: "lockout",
        does: "After five wrong passwords every password is refused for half an hour.",
        thread: "evercam/evercam-server#91",
        outcome: Plays,
        acts: &[Act::Login(Login { lockout: Some(5), ..USUAL })],
    },
];
