//! How a camera carries RTSP inside HTTP.

use super::login::Login;

/// A camera's way. GET and POST are the two requests that make a tunnel: the answer to GET and the body of POST
/// never end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TunnelHabit {
    /// What becomes of a POST.
    pub(crate) post: PostHabit,
    /// What it says comes in chunks of at most so many bytes (RFC 9112 §7.1).
    pub(crate) chunk_bytes: Option<usize>,
    /// The first padding ends the Base64 of a POST.
    pub(crate) ends_at_padding: bool,
    /// How it asks for a password before GET, and before POST.
    pub(crate) get_login: Option<Login>,
    pub(crate) post_login: Option<Login>,
    /// Who comes through the tunnel is not asked for a password again.
    pub(crate) trusts_within: bool,
}

/// What becomes of a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostHabit {
    /// It is read without end and never answered.
    Silent,
    /// It is answered before anything of its body came, and read without end.
    AnsweredAtOnce,
    /// It is answered with the first request in it, and read without end.
    AnsweredLate,
    /// It is answered and closed with the first request in it.
    OneEach,
    /// The same until the camera plays. Then it is never read.
    OneEachUntilPlay,
    /// It is read when its whole body came, answered and closed.
    Whole,
    /// It is never read.
    Unread,
    /// It is closed at once.
    BrokenOff,
    /// It is refused with this status.
    Refused(u16, &'static str),
}

/// What most cameras do.
pub(crate) const USUAL: TunnelHabit = TunnelHabit {
    post: PostHabit::Silent,
    chunk_bytes: None,
    ends_at_padding: false,
    get_login: None,
    post_login: None,
    trusts_within: false,
};
