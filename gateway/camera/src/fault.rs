//! Why a camera shows no pictures, in words for the person who can change that.
//!
//! These words go to `probe`, to the log, to the operator page and to the case centre. So they hold
//! nothing of a library's, and of the camera's own text only what [`shown`] let through.

use std::io;
use std::time::Duration;

use trust::{LoginError, TlsError};

use crate::settings::Client;
use crate::tunnel_fault::TunnelError;
use crate::wording::shown;

/// Why a session did not start, or ended.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionError {
    /// No connection came about.
    #[error("{0}")]
    Unreachable(&'static str),
    /// A step took too long.
    #[error("no answer to {step} within {} s; is the address right and the camera on?", .limit.as_secs())]
    Timeout {
        /// Which RTSP step.
        step: &'static str,
        /// How long it was given.
        limit: Duration,
    },
    /// No encrypted connection came about.
    #[error("no trusted TLS connection: {0}")]
    Tls(#[from] TlsError),
    /// The password was asked for and there is none.
    #[error("401: the camera asks for a user and a password; name them in `credentials_file`")]
    NoCredentials,
    /// The password was given and refused.
    #[error(
        "{status}: the camera refuses the login; check user and password. It is asked again in some \
         minutes, or at once when they change, so that it does not lock us out"
    )]
    Credentials {
        /// RTSP status code.
        status: u16,
    },
    /// The password was given, and what came is neither the stream nor a refusal. It is treated as one: who
    /// has no other word for a wrong password would lock us out.
    #[error(
        "the camera answers the login with {what} and no stream; check the path in `url` first, then user \
         and password. It is asked again in some minutes, or at once when they change, so that it does not \
         lock us out"
    )]
    LoginAside {
        /// With what, fit to be shown.
        what: String,
    },
    /// The password may well be right: every challenge was too old when it was answered.
    #[error(
        "401: the camera's log-in challenges expire before the answer reaches it; check the network \
         to it, and whether it or this gateway is overloaded"
    )]
    LoginExpires,
    /// Only Basic is offered, on an open line.
    #[error(
        "the camera wants the password unencrypted (Basic); switch digest authentication on in the \
         camera, use rtsps://, or allow it with `allow_basic_auth = true`"
    )]
    BasicRefused,
    /// No way to log in that we know.
    #[error("the camera asks for the password in a way that is not known here: {offered}")]
    UnknownScheme {
        /// What it offers, made fit to be shown.
        offered: String,
    },
    /// A redirection that is not followed.
    #[error("the camera sends us elsewhere: {0}")]
    Redirect(String),
    /// The pictures would not be encrypted, although the address says so.
    #[error(
        "over UDP the pictures would travel unencrypted, although the address begins with rtsps://; set \
         `transport = \"tcp\"`, which carries them inside the encrypted connection"
    )]
    InClear,
    /// Any other refusal.
    #[error("{status}: {} ({step})", words(*.status))]
    Refused {
        /// Which RTSP step.
        step: &'static str,
        /// RTSP status code.
        status: u16,
    },
    /// What came is no RTSP.
    #[error("what the camera answers to {step} is no RTSP ({what}); is this its RTSP port?")]
    NoRtsp {
        /// Which RTSP step.
        step: &'static str,
        /// What came, made fit to be shown.
        what: String,
    },
    /// An answer began and did not end in time.
    #[error(
        "the answer to {step} did not come whole within {} s: {what}; check the network to the camera, and \
         whether the camera is overloaded", .limit.as_secs()
    )]
    Unfinished {
        /// Which RTSP step.
        step: &'static str,
        /// What came of it, made fit to be shown.
        what: String,
        /// How long it was given.
        limit: Duration,
    },
    /// Only announcements of an answer came (100 Continue and its kin).
    #[error(
        "the camera announces its answer to {step} again and again ({status}) and does not give it within \
         {} s; restart the camera if that stays", .limit.as_secs()
    )]
    Announced {
        /// Which RTSP step.
        step: &'static str,
        /// The status of the latest announcement.
        status: u16,
        /// How long it was given.
        limit: Duration,
    },
    /// There is no way to where a redirection leads.
    #[error("the camera sends us to {place}, and there: {why}")]
    Elsewhere {
        /// Host and port, made fit to be shown.
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// HTTP came in answer to RTSP.
    #[error(
        "the camera speaks HTTP at this port, and no RTSP; set `transport = \"http\"` to carry RTSP inside \
         HTTP, or name its RTSP port in `url`, which mostly is 554"
    )]
    SpeaksHttp,
    /// TLS came in answer to plain text.
    #[error(
        "the camera speaks TLS at this port; begin `url` with rtsps:// and set `ca_file` or \
         `certificate_sha256`, or name its unencrypted port"
    )]
    SpeaksTls,
    /// No tunnel came about.
    #[error("no RTSP over HTTP: {0}")]
    Tunnel(#[from] TunnelError),
    /// The presentation holds no video.
    #[error("the stream holds no video; it offers: {offered}")]
    NoVideo {
        /// The media it offers.
        offered: String,
    },
    /// Video, but not in a codec we decode.
    #[error("the video is {encoding}; set the camera to H.264 or H.265")]
    UnsupportedCodec {
        /// RTP encoding name.
        encoding: String,
    },
    /// The other transport than the one asked for.
    #[error("the camera does not send over {asked}; set `transport = \"{instead}\"`")]
    Transport {
        /// What was asked for.
        asked: &'static str,
        /// What to set.
        instead: &'static str,
    },
    /// No picture came in time.
    #[error("no picture for {} s", .limit.as_secs())]
    Silent {
        /// How long it was given.
        limit: Duration,
    },
    /// The camera closed the stream.
    #[error("the camera ended the stream")]
    Ended,
    /// The stream ended, and the camera may have taken us for gone.
    #[error("the stream ended, and the camera took no sign of life from us before: {why}")]
    Lifeless {
        /// Why it did not.
        why: String,
    },
    /// The client gave up on a stream that the camera was sending.
    #[error("the {client} client cannot play what the camera sends")]
    Unplayable {
        /// Which client.
        client: Client,
    },
    /// The client failed in a way that it should not.
    #[error("the {client} client failed on what the camera sends, by a fault of its own")]
    Panicked {
        /// Which client.
        client: Client,
    },
    /// More than a camera may send.
    #[error("cut off: the camera sends {what}")]
    Flood {
        /// More of what than allowed.
        what: &'static str,
    },
    /// More work than a camera may make.
    #[error("cut off: what the camera sends takes more than its share of the processor")]
    Greedy,
    /// This machine has no resources for a session.
    #[error("this gateway cannot start the session: {0}")]
    Machine(&'static str),
}

impl From<LoginError> for SessionError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::BasicRefused => Self::BasicRefused,
            LoginError::UnknownScheme { offered } => {
                Self::UnknownScheme { offered: shown(offered.as_bytes()) }
            }
        }
    }
}

impl SessionError {
    /// Whether another client may play what this one could not.
    pub(crate) fn other_client_may_play(&self) -> bool {
        matches!(self, Self::Unplayable { .. } | Self::Panicked { .. })
    }

    /// The words for a camera that is set to `client`: if another one may help, they say so.
    pub fn advice(&self, client: Client) -> String {
        if client == Client::Native && self.other_client_may_play() {
            format!("{self}; set `client = \"auto\"`")
        } else {
            self.to_string()
        }
    }

    /// Whether asking again soon does harm: the camera counts wrong passwords and locks the account.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Credentials { .. }
                | Self::NoCredentials
                | Self::BasicRefused
                | Self::UnknownScheme { .. }
                | Self::LoginAside { .. }
        )
    }

    /// Whether to say the same again does harm: the password may be wrong.
    pub(crate) fn must_not_be_repeated(&self) -> bool {
        self.is_refusal() || matches!(self, Self::LoginExpires)
    }

    /// Why a stream ended whose camera had not heard our latest sign of life for this reason.
    pub(crate) fn after_silence(self) -> Self {
        match self {
            error if error.must_not_be_repeated() => error,
            Self::Timeout { step, .. } => Self::Lifeless { why: format!("no answer to {step}") },
            Self::Tls(TlsError::Mute { .. }) => {
                Self::Lifeless { why: "no answer to the TLS handshake".to_owned() }
            }
            error => Self::Lifeless { why: error.to_string() },
        }
    }

    /// Something of this machine that it did not give, which is `what`.
    pub(crate) fn of_machine(what: &'static str, error: &io::Error) -> Self {
        Self::Machine(runtime::out_of_files(error).unwrap_or(what))
    }

    /// A connection that the operating system refused.
    pub(crate) fn unreachable(error: &io::Error) -> Self {
        if let Some(fault) = runtime::out_of_files(error) {
            return Self::Machine(fault);
        }
        if let Some(fault) = trust::broken_off(error) {
            return Self::Tls(fault);
        }
        Self::Unreachable(match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                "nothing listens at this address and port; is RTSP switched on in the camera?"
            }
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                "no way to this address; check the network and the camera's cable"
            }
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                "the camera broke the connection off"
            }
            io::ErrorKind::PermissionDenied => "this machine's firewall forbids the connection",
            io::ErrorKind::TimedOut => "no answer; is the address right and the camera on?",
            _ => "no connection to this address; check host name and port",
        })
    }
}

/// What an RTSP status (RFC 2326 §7.1.1) means to an operator, and what to do.
pub(crate) fn words(status: u16) -> &'static str {
    match status {
        300 => "the stream is at several addresses; set `url` to one of them",
        301..=303 | 305 | 307 | 308 => "the stream is at another address; set `url` to it",
        304 | 306 | 309..=399 => "the camera points elsewhere in a way that is not known here",
        400 => "the camera does not understand the request; is this its RTSP port?",
        401 => "the camera refuses the user or the password",
        403 => {
            "the camera forbids it; the user may lack the right to view, or be locked for a while"
        }
        404 => "the camera knows no stream at this path; check the address after the host",
        405 | 455 | 501 | 551 => "the camera does not know a request that every player sends",
        406 | 415 => "the camera describes its stream in no way that is known here",
        408 | 504 => "the camera was too slow for itself; try again",
        410 => "the stream is gone; check the channel in the camera or recorder",
        413 | 414 => "the address is too long for the camera",
        452 | 453 => "no free session on the camera; close another viewer, or raise its limit",
        454 => "the camera has forgotten the session",
        461 => "the camera does not send over this transport; set `transport` to another one",
        462 | 463 => "the camera cannot reach us over UDP; set `transport = \"tcp\"`",
        500 => "the camera failed inside; restart it if that stays",
        503 => "the camera is busy or starting, or has no free session",
        505 => "the camera speaks another version of RTSP",
        _ if status / 100 == 4 => "the camera refuses the request",
        _ if status / 100 == 5 => "the camera failed",
        _ => "the camera answers with a number that is no status of RTSP; is this its RTSP port?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_reads_what_it_means_and_what_to_do() {
        let refused = |status| SessionError::Refused { step: "SETUP", status }.to_string();
        assert_eq!(
            refused(453),
            "453: no free session on the camera; close another viewer, or raise its limit (SETUP)"
        );
        assert_eq!(refused(599), "599: the camera failed (SETUP)");
        for status in [0, 99, 299, 600, 999] {
            assert!(refused(status).contains("no status of RTSP"), "{status}");
        }
        assert!(refused(300).contains("at several addresses"));
        for status in 300..400 {
            assert!(!refused(status).contains("failed"), "{status} is no failure");
        }
        for status in 300..700 {
            let words = words(status);
            assert!(
                !words.is_empty() && !words.contains("Some(") && !words.ends_with('.'),
                "{words}"
            );
        }
    }

    #[test]
    fn too_many_open_files_are_no_fault_of_the_camera() {
        let full = io::Error::from_raw_os_error(24);
        for told in [SessionError::unreachable(&full), SessionError::of_machine("no port", &full)] {
            let told = told.to_string();
            assert!(told.starts_with("this gateway cannot start the session: this gateway may"));
            assert!(told.contains("LimitNOFILE"), "{told}");
        }
    }

    #[test]
    fn only_what_another_client_may_survive_makes_it_try() {
        let native = Client::Native;
        assert!(SessionError::Panicked { client: native }.other_client_may_play());
        assert!(SessionError::Unplayable { client: native }.other_client_may_play());
        assert!(!SessionError::Credentials { status: 401 }.other_client_may_play());
        assert!(!SessionError::Refused { step: "SETUP", status: 453 }.other_client_may_play());
        assert!(SessionError::Credentials { status: 401 }.is_refusal());
    }
}
