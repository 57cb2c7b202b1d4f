//! RTSP requests and what the server answers to them (RFC 2326 §10).

use std::net::SocketAddr;
use std::sync::Arc;

use rtsp_types::headers::{self, Transports};
use rtsp_types::{Method, Request, Response, ResponseBuilder, StatusCode, Url, Version};

use super::camera_set::{Camera, CameraSet};
use super::digest::{Access, Challenge};
use super::media::{Media, Proposal};
use super::sdp;
use super::session::{SESSION_TIMEOUT, Session};

const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN";

/// An answer without its CSeq; the error side is an answer that refuses.
type Answer = Result<(ResponseBuilder, Vec<u8>), ResponseBuilder>;

fn status(code: StatusCode) -> ResponseBuilder {
    Response::builder(Version::V1_0, code)
}

fn ok() -> ResponseBuilder {
    status(StatusCode::Ok)
}

/// Answers the requests of one connection. After SETUP it holds the connection's session.
#[derive(Debug)]
pub(crate) struct Responder {
    pub(crate) peer: SocketAddr,
    /// Our own address as the client sees it, if the system knows it.
    local_addr: Option<SocketAddr>,
    cameras: Arc<CameraSet>,
    challenge: Challenge,
    pub(crate) session: Option<Session>,
}

impl Responder {
    pub(crate) fn new(
        peer: SocketAddr,
        local_addr: Option<SocketAddr>,
        cameras: Arc<CameraSet>,
    ) -> Self {
        Self { peer, local_addr, cameras, challenge: Challenge::new(), session: None }
    }

    /// Answers one request. Never fails: what cannot be done is refused with its status code.
    pub(crate) async fn answer(&mut self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let answer = if request.version() == Version::V1_0 {
            self.dispatch(request).await
        } else {
            Err(status(StatusCode::RTSPVersionNotSupported))
        };
        let (builder, body) = answer.unwrap_or_else(|refusal| (refusal, Vec::new()));
        let builder = match request.header(&headers::CSEQ) {
            Some(cseq) => builder.header(headers::CSEQ, cseq.as_str()),
            None => builder,
        };
        builder.header(headers::SERVER, "hw-sim").build(body)
    }

    async fn dispatch(&mut self, request: &Request<Vec<u8>>) -> Answer {
        if *request.method() == Method::Options {
            return Ok((ok().header(headers::PUBLIC, METHODS), Vec::new()));
        }
        let url = request.request_uri().ok_or_else(|| status(StatusCode::BadRequest))?.clone();
        let (camera, names_stream) = self.find_camera(&url)?;
        self.authorize(request, &url, &camera)?;
        match request.method() {
            Method::Describe => self.describe(&camera),
            Method::Setup => self.set_up(request, &camera).await,
            Method::Play => self.play(request, &url, names_stream),
            Method::GetParameter => self.get_parameter(request),
            Method::Teardown => self.tear_down(request),
            Method::Pause => {
                let refusal = status(StatusCode::MethodNotAllowed); // it is live: RFC 2326 §10.6
                Err(refusal.header(headers::ALLOW, METHODS))
            }
            _ => Err(status(StatusCode::NotImplemented).header(headers::PUBLIC, METHODS)),
        }
    }

    /// The camera of a URL, and whether the URL names its stream rather than the camera.
    fn find_camera(&self, url: &Url) -> Result<(Arc<Camera>, bool), ResponseBuilder> {
        let path = url.path().trim_matches('/');
        let by_stream = path.strip_suffix(sdp::STREAM).and_then(|id| id.strip_suffix('/'));
        let found = match (self.cameras.camera(path), by_stream) {
            (Some(camera), _) => Some((camera, false)),
            (None, Some(id)) => self.cameras.camera(id).map(|camera| (camera, true)),
            (None, None) => None,
        };
        let (camera, names_stream) = found.ok_or_else(|| status(StatusCode::NotFound))?;
        Ok((Arc::clone(camera), names_stream))
    }

    fn authorize(
        &self,
        request: &Request<Vec<u8>>,
        url: &Url,
        camera: &Camera,
    ) -> Result<(), ResponseBuilder> {
        let Some(credentials) = &camera.settings.credentials else {
            return Ok(());
        };
        let method: &str = request.method().into();
        let given = request.header(&headers::AUTHORIZATION);
        let access =
            given.map(|given| self.challenge.check(given.as_str(), method, url, credentials));
        if access == Some(Access::Granted) {
            return Ok(());
        }
        if access == Some(Access::Refused) {
            let (peer, camera) = (self.peer, &camera.settings.id);
            tracing::info!(%peer, camera, method, "wrong user name or password");
        }
        let challenge = self.challenge.header(access == Some(Access::Stale));
        Err(status(StatusCode::Unauthorized).header(headers::WWW_AUTHENTICATE, challenge))
    }

    fn local_addr(&self) -> Result<SocketAddr, ResponseBuilder> {
        self.local_addr.ok_or_else(|| status(StatusCode::InternalServerError))
    }

    fn describe(&self, camera: &Camera) -> Answer {
        let addr = self.local_addr()?;
        let settings = &camera.settings;
        let body = sdp::describe(&settings.id, &settings.clip, addr.ip());
        let answer = ok()
            .header(headers::CONTENT_BASE, format!("rtsp://{addr}/{}/", settings.id))
            .header(headers::CONTENT_TYPE, "application/sdp");
        Ok((answer, body.into_bytes()))
    }

    async fn set_up(&mut self, request: &Request<Vec<u8>>, camera: &Arc<Camera>) -> Answer {
        if request.header(&headers::SESSION).is_some() {
            self.own_session(request)?;
        }
        if self.session.as_ref().is_some_and(Session::is_playing) {
            return Err(status(StatusCode::MethodNotValidInThisState));
        }
        let transports = request.typed_header::<Transports>().ok().flatten();
        let proposal = transports.as_ref().and_then(Proposal::choose);
        let proposal = proposal.ok_or_else(|| status(StatusCode::UnsupportedTransport))?;
        let local = self.local_addr()?;
        let opened = Media::open(proposal, local.ip(), self.peer.ip()).await;
        let session = opened.map(|media| Session::new(camera, media));
        let answer = session.and_then(|session| Ok((session.transport_header()?, session)));
        let (transport, session) = answer.map_err(|error| {
            tracing::warn!(peer = %self.peer, %error, "no UDP ports for a session");
            status(StatusCode::ServiceUnavailable)
        })?;
        let timeout = format!("{};timeout={}", session.id(), SESSION_TIMEOUT.as_secs());
        self.session = Some(session);
        let answer = ok().header(headers::SESSION, timeout).header(headers::TRANSPORT, transport);
        Ok((answer, Vec::new()))
    }

    fn play(&mut self, request: &Request<Vec<u8>>, url: &Url, names_stream: bool) -> Answer {
        let session = self.own_session(request)?;
        let answer = ok().header(headers::SESSION, session.id());
        if session.is_playing() {
            return Ok((answer, Vec::new())); // some clients keep a session alive this way
        }
        let (sequence, timestamp) = session.play().ok_or_else(|| status(StatusCode::NotFound))?;
        let url = url.as_str().trim_end_matches('/');
        let stream = if names_stream { url.to_owned() } else { format!("{url}/{}", sdp::STREAM) };
        let answer = answer
            .header(headers::RANGE, "npt=now-")
            .header(headers::RTP_INFO, format!("url={stream};seq={sequence};rtptime={timestamp}"));
        Ok((answer, Vec::new()))
    }

    /// Without a body it is the keep-alive of RFC 2326 §10.8. There are no parameters to get.
    fn get_parameter(&mut self, request: &Request<Vec<u8>>) -> Answer {
        if request.header(&headers::SESSION).is_some() {
            self.own_session(request)?;
        }
        if request.body().is_empty() {
            return Ok((ok(), Vec::new()));
        }
        Err(status(StatusCode::ParameterNotUnderstood))
    }

    fn tear_down(&mut self, request: &Request<Vec<u8>>) -> Answer {
        self.own_session(request)?;
        self.session = None;
        Ok((ok(), Vec::new()))
    }

    /// This connection's session, if the request names it: 455 before SETUP, 454 for the session of
    /// another connection.
    fn own_session(&mut self, request: &Request<Vec<u8>>) -> Result<&mut Session, ResponseBuilder> {
        let header = request.header(&headers::SESSION).map(|header| header.as_str());
        let named = header.and_then(|header| header.split(';').next()).map(str::trim);
        match (&mut self.session, named) {
            (Some(session), Some(id)) if session.id() == id => Ok(session),
            (None, None) => Err(status(StatusCode::MethodNotValidInThisState)),
            _ => Err(status(StatusCode::SessionNotFound)),
        }
    }
}
