//! RTSP inside HTTP, as QuickTime introduced it and ONVIF asks for it (Streaming Specification §5.1.1.4): the
//! answer to one request, GET, never ends and carries all that the camera says. The body of another, POST, never
//! ends either, and carries what is said to the camera, in Base64. A cookie tells that they belong together.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use bytes::BytesMut;
use tokio::time::Instant;

use super::admission::{Admission, Proof};
use super::head::Head;
use super::http::{self, Chunks};
use super::network::{Connection, Network};
use super::posts::Posts;
use super::reach::Reach;
use super::route::Route;
use crate::fault::SessionError;
use crate::settings::Settings;
use crate::tunnel_fault::TunnelError;

/// Letters of a cookie: Darwin Streaming Server takes no other number.
const COOKIE_LETTERS: usize = 22;

/// A tunnel, and the connection over which the camera speaks.
pub(super) struct Tunnel<N> {
    pub(super) posts: Posts<N>,
    pub(super) connection: Connection,
    /// Set if it speaks in chunks.
    pub(super) chunks: Option<Chunks>,
    /// What it has said already.
    pub(super) said: BytesMut,
}

impl<N: Network> Tunnel<N> {
    /// A tunnel to where `route` leads, by way of redirections.
    ///
    /// # Errors
    /// If the camera has none for us.
    pub(super) async fn open(
        network: &Arc<N>,
        route: &mut Route,
        settings: &Settings,
    ) -> Result<Self, SessionError> {
        let (mut admission, mut proof) = (Admission::default(), Proof::new());
        let cookie = cookie();
        loop {
            let mut connection = network.connect(&route.url, None, settings).await?;
            let Connection { peer_ip, is_encrypted, .. } = connection;
            let mut request = http::request("GET", &route.url, settings.transport);
            request.push_str(&http::tunnel_headers("Accept", &cookie));
            let login = admission.answer(&mut proof, ("GET", &http::target(&route.url)), settings);
            let request = http::complete(request, login);
            proof.asked_at = Instant::now();
            let (head, said) = http::ask(&mut connection.wire, &request, "GET", settings).await?;
            match http::status(&head) {
                // A web server that has no other word for a wrong password shows where to log in. One that
                // knows no stream at this path shows a page, too.
                200..=399 if proof.is_given() && !is_stream(&head) => {
                    return Err(http::aside(&head));
                }
                200..=299 => {
                    check_kind(&head)?;
                    admission.granted(&proof);
                    let (network, route) = (Arc::clone(network), route.clone());
                    let reach = Reach { network, route, settings: settings.clone() };
                    let posts = Posts::new(cookie, reach, (peer_ip, is_encrypted), admission);
                    let chunks = is_chunked(&head).then(Chunks::default);
                    return Ok(Self { posts, connection, chunks, said });
                }
                401 => {
                    route.check_password(settings)?;
                    admission.challenged(&mut proof, &head, settings, is_encrypted)?;
                }
                301 | 302 | 303 | 305 | 307 | 308 => {
                    route.follow(&head, settings)?;
                    admission.forget_challenge();
                }
                403 if proof.is_given() => return Err(SessionError::Credentials { status: 403 }),
                status => return Err(TunnelError::Refused { step: "GET", status }.into()),
            }
        }
    }
}

/// Letters that nobody guesses: std's hasher keys are random, and others at each call.
fn cookie() -> String {
    let dice = |seed: u8| format!("{:016x}", RandomState::new().hash_one(seed));
    (dice(0) + &dice(1)).chars().take(COOKIE_LETTERS).collect()
}

/// Whether an answer is neither a redirection nor a page.
fn is_stream(head: &Head) -> bool {
    http::status(head) < 300 && check_kind(head).is_ok()
}

/// Tells a page from a stream.
fn check_kind(head: &Head) -> Result<(), TunnelError> {
    http::page_kind(head).map_or(Ok(()), |kind| Err(TunnelError::Page { kind }))
}

fn is_chunked(head: &Head) -> bool {
    let coding = head.get("transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    coding.ends_with(b"chunked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tunnel_has_a_cookie_of_its_own() {
        let (one, other) = (cookie(), cookie());
        assert_eq!((one.len(), other.len()), (COOKIE_LETTERS, COOKIE_LETTERS));
        assert_ne!(one, other);
    }

    #[test]
    fn a_page_is_no_tunnel_and_a_stream_of_any_name_may_be_one() {
        let check = |header: &str| {
            let head = Head::parse(format!("HTTP/1.0 200 OK\r\n{header}").as_bytes()).unwrap();
            check_kind(&head)
        };
        for fine in [
            "Content-Type: application/x-rtsp-tunnelled",
            "content-type:application/x-rtsp-tunneled",
            "Content-Type: application/octet-stream",
            "Server: cam",
        ] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        assert!(matches!(check("Content-Type: Text/HTML"), Err(TunnelError::Page { .. })));
    }
}
