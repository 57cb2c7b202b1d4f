//! Why a device's web server tells nothing, in words for the person who can change that.

use std::io;
use std::time::Duration;

use trust::{LoginError, TlsError};

/// Why a session with a device's web server did not start, or ended. It holds no word of the body of
/// an answer: that may name a person.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("{0}")]
    Unreachable(&'static str),
    #[error("no answer to {step} within {} s; is the address right and the device on?", .limit.as_secs())]
    Timeout { step: &'static str, limit: Duration },
    #[error("no trusted TLS connection: {0}")]
    Tls(#[from] TlsError),
    #[error("401: the device asks for a user and a password; name them in `credentials_file`")]
    NoCredentials,
    #[error(
        "{status}: the device refuses the login; check user and password. It is asked again in some \
         minutes, or at once when they change, so that it does not lock us out"
    )]
    Refused { status: u16 },
    #[error(
        "401: the device's log-in challenges expire before the answer reaches it; check the network \
         to it, and whether it or this gateway is overloaded"
    )]
    LoginExpires,
    #[error(
        "the device wants the password unencrypted (Basic); switch digest authentication on in the \
         device, use https://, or allow it with `allow_basic_auth = true`"
    )]
    BasicRefused,
    #[error("the device asks for the password in a way that is not known here: {offered}")]
    UnknownScheme { offered: String },
    #[error(
        "{status}: the device sends us to https://; write that into `url`, with what its certificate \
         must be"
    )]
    RedirectToTls { status: u16 },
    #[error(
        "{status}: the device sends us to another address; write the one that its own page has into \
         `url`"
    )]
    Redirect { status: u16 },
    #[error("{status}: {}", words(*.status))]
    Status { status: u16 },
    #[error("cut off: the device sends {what}")]
    TooLong { what: &'static str },
    #[error(
        "what answers at this address and port does not speak HTTP; is it the device's web port?"
    )]
    NotHttp,
    #[error(
        "the device answers with something that is no {expected}; check `url` and the device's type"
    )]
    OtherKind { expected: &'static str },
    #[error(
        "the device answers, but has told nothing whole for {} s; it is connected again. If that stays, \
         restart it",
        .limit.as_secs()
    )]
    Silent { limit: Duration },
    #[error("the device ended the stream")]
    Ended,
    #[error("the device answers that it cannot do it: {0}")]
    Denied(&'static str),
}

impl HttpError {
    /// No connection came about, or it broke.
    pub(crate) fn unreachable(error: &io::Error) -> Self {
        if let Some(fault) = runtime::out_of_files(error) {
            return Self::Unreachable(fault);
        }
        Self::Unreachable(match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                "nothing listens at this address and port; is the web server switched on in the device?"
            }
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                "no way to this address; check the network and the device's cable"
            }
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                "the device broke the connection off"
            }
            io::ErrorKind::PermissionDenied => "this machine's firewall forbids the connection",
            io::ErrorKind::TimedOut => "no answer; is the address right and the device on?",
            _ => "no connection to this address; check host name and port",
        })
    }

    /// What hyper says went wrong.
    pub(crate) fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_parse_too_large() {
            return Self::TooLong { what: "a message head of more than 64 KiB" };
        }
        if error.is_parse() || error.is_parse_status() {
            return Self::NotHttp;
        }
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            return Self::Unreachable("the device broke the connection off");
        }
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            if let Some(error) = inner.downcast_ref::<io::Error>() {
                return Self::unreachable(error);
            }
            source = inner.source();
        }
        Self::Unreachable("the device broke the connection off")
    }

    /// Whether the device refused the password. It must not be asked again soon: it locks accounts.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether the device is there and has enough of us: too many listeners, or no right to listen.
    pub(crate) fn is_crowded(&self) -> bool {
        matches!(self, Self::Status { status: 400 | 403 | 429 | 500 | 503 } | Self::LoginExpires)
    }
}

impl From<LoginError> for HttpError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::BasicRefused => Self::BasicRefused,
            LoginError::UnknownScheme { offered } => {
                Self::UnknownScheme { offered: runtime::plain_text(&offered, 80) }
            }
        }
    }
}

/// What a status (RFC 9110 §15) means to an operator, and what to do.
fn words(status: u16) -> &'static str {
    match status {
        400 => {
            "the device refuses another listener, or does not know the request; close other clients of \
             its events, and check the device's type"
        }
        401 => "the device refuses the user or the password",
        403 => "the device forbids it; the user may lack the right, or be locked for a while",
        404 => "the device has no events at this address; check `url` and the device's type",
        405 | 501 => "the device does not know this request; check the device's type",
        408 | 504 => "the device was too slow for itself",
        429 | 503 => "the device is busy or starting, or has too many listeners",
        500 => "the device failed inside; restart it if that stays",
        _ if status / 100 == 4 => "the device refuses the request",
        _ => "the device failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_reads_what_it_means_and_what_to_do() {
        for status in 300..700 {
            let told = HttpError::Status { status }.to_string();
            assert!(told.starts_with(&format!("{status}: the device ")), "{told}");
        }
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(
            HttpError::unreachable(&reset).to_string(),
            "the device broke the connection off"
        );
        let offered = format!("a\nERROR forged{}", "x".repeat(10_000));
        let told = HttpError::from(LoginError::UnknownScheme { offered }).to_string();
        assert!(!told.contains('\n') && told.len() < 250, "{told}");
    }
}
