//! Why no tunnel of HTTP to a camera came about, in words for the person who can change that.

/// Why RTSP cannot be carried inside HTTP to this camera.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TunnelError {
    /// The camera refused one of the two requests that make a tunnel.
    #[error("{status}: {} ({step})", words(*.status))]
    Refused {
        /// GET or POST.
        step: &'static str,
        /// HTTP status code.
        status: u16,
    },
    /// A page for a browser came in place of the stream.
    #[error(
        "the camera answers with a page ({kind}); check the address after the host, and whether RTSP \
         over HTTP is switched on in the camera"
    )]
    Page {
        /// Its content type, made fit to be shown.
        kind: String,
    },
    /// RTSP came in answer to HTTP.
    #[error(
        "the camera speaks RTSP at this port; set `transport = \"tcp\"`, or name its HTTP port in `url`"
    )]
    SpeaksRtsp,
    /// What came is no HTTP.
    #[error("what the camera answers is no HTTP ({what}); is this its HTTP port?")]
    NoHttp {
        /// What came, made fit to be shown.
        what: String,
    },
    /// The tunnel stands, and what comes through it is no RTSP.
    #[error(
        "what comes through it in answer to {step} is no RTSP ({what}); check the address after the host"
    )]
    NoRtsp {
        /// Which RTSP step.
        step: &'static str,
        /// What came, made fit to be shown.
        what: String,
    },
    /// What is sent does not arrive.
    #[error(
        "the camera breaks each connection off that carries requests (POST); is there a proxy in between?"
    )]
    Cut,
}

/// What an HTTP status means to an operator, and what to do.
fn words(status: u16) -> &'static str {
    match status {
        300..=399 => "the camera points elsewhere in a way that is not known here",
        400 | 411 | 413 | 415 | 501 | 505 => {
            "the camera's web server knows no tunnel; set `transport = \"tcp\"` and its RTSP port in `url`"
        }
        403 => {
            "the camera forbids it; the user may lack the right to view, or be locked for a while"
        }
        404 | 405 | 406 | 410 => {
            "the camera has no tunnel at this path; check the address after the host, or set \
             `transport = \"tcp\"` and its RTSP port in `url`"
        }
        407 | 502 | 504 => "a proxy in between does not let it through; ask for a way past it",
        408 => "the camera was too slow for itself; try again",
        500 => "the camera failed inside; restart it if that stays",
        503 => "the camera is busy or starting, or has no free session",
        _ if status / 100 == 4 => "the camera refuses the request",
        _ if status / 100 == 5 => "the camera failed",
        _ => "the camera answers with a number that is no status of HTTP; is this its HTTP port?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_reads_what_it_means_and_what_to_do() {
        let refused = |status| TunnelError::Refused { step: "GET", status }.to_string();
        assert!(refused(404).starts_with("404: the camera has no tunnel at this path"));
        assert!(refused(404).ends_with("(GET)"));
        for status in [0, 99, 600, 999] {
            assert!(refused(status).contains("no status of HTTP"), "{status}");
        }
        for status in 100..700 {
            let words = words(status);
            assert!(!words.is_empty() && !words.ends_with('.'), "{words}");
        }
    }
}
