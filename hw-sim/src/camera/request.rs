//! RTSP requests and what the server answers to them (RFC 2326 §10).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtsp_types::headers::{self, HeaderName, Transports};
use rtsp_types::{Method, Request, Response, ResponseBuilder, StatusCode, Url, Version};
use tokio::time::Instant;

use super::camera_set::{Camera, CameraSet};
use super::challenge::{Access, Challenge, LoginAttempt};
use super::media::{Media, Proposal};
use super::quirk::flood::{Flood, FloodState};
use super::reply::{Asked, Reply};
use super::sdp;
use super::session::Session;
use super::sound::Sound;

const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN";

/// The server's other address, for cameras that send their clients elsewhere.
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// How long a camera refuses everybody after too many wrong passwords.
const LOCKED_FOR: Duration = Duration::from_secs(30 * 60);

/// An answer without its CSeq; the error side is an answer that refuses.
type Answer = Result<(ResponseBuilder, Vec<u8>), ResponseBuilder>;

fn status(code: StatusCode) -> ResponseBuilder {
    Response::builder(Version::V1_0, code)
}

fn ok() -> ResponseBuilder {
    status(StatusCode::Ok)
}

fn text<'r>(request: &'r Request<Vec<u8>>, name: &HeaderName) -> &'r str {
    request.header(name).map_or("", |value| value.as_str())
}

/// Answers the requests of one connection. After SETUP it holds the connection's session.
#[derive(Debug)]
pub(crate) struct Responder {
    pub(crate) peer: SocketAddr,
    /// Our own address as the client sees it, if the system knows it.
    local_addr: Option<SocketAddr>,
    cameras: Arc<CameraSet>,
    challenge: Challenge,
    /// The challenges that go with the answer under way.
    challenges: Vec<String>,
    /// The camera of the latest request that named one.
    camera: Option<Arc<Camera>>,
    pub(crate) session: Option<Session>,
    /// Whether requests come inside HTTP.
    pub(crate) is_tunnelled: bool,
}

impl Responder {
    pub(crate) fn new(
        peer: SocketAddr,
        local_addr: Option<SocketAddr>,
        cameras: Arc<CameraSet>,
    ) -> Self {
        Self {
            peer,
            local_addr,
            cameras,
            challenge: Challenge::new(),
            challenges: Vec::new(),
            camera: None,
            session: None,
            is_tunnelled: false,
        }
    }

    /// The camera of the latest request that named one.
    pub(crate) fn camera(&self) -> Option<&Camera> {
        self.camera.as_deref()
    }

    /// Answers one request. Never fails: what cannot be done is refused with its status code.
    pub(crate) async fn answer(&mut self, request: &Request<Vec<u8>>) -> Reply {
        let named = request.request_uri().and_then(|url| self.find_camera(url).ok());
        self.camera = named.map(|(camera, _)| camera).or(self.camera.take());
        let Some(camera) = self.camera.clone() else {
            let answer = self.dispatch(request).await;
            return self.finish(request, answer);
        };
        let [base, elsewhere] = self.addresses(&camera);
        let method: &str = request.method().into();
        let asked = Asked {
            method,
            query: request.request_uri().and_then(Url::query).unwrap_or_default(),
            transport: text(request, &headers::TRANSPORT),
            tries: camera.tally().count(method),
            base: &base,
            elsewhere: &elsewhere,
            is_elsewhere: self.is_elsewhere(),
        };
        let answer = match camera.settings.quirks.refusal(&asked) {
            Some((code, reason)) => Err(status(StatusCode::from(code)).reason_phrase(reason)),
            None => self.dispatch(request).await,
        };
        let mut reply = self.finish(request, answer);
        camera.settings.quirks.spoil_reply(&asked, &mut reply);
        if camera.settings.quirks.needs_tunnel() && !self.is_tunnelled {
            reply.become_page(400, "Bad Request");
        }
        reply
    }

    fn finish(&mut self, request: &Request<Vec<u8>>, answer: Answer) -> Reply {
        let (builder, body) = answer.unwrap_or_else(|refusal| (refusal, Vec::new()));
        let builder = match request.header(&headers::CSEQ) {
            Some(cseq) => builder.header(headers::CSEQ, cseq.as_str()),
            None => builder,
        };
        let mut reply = Reply::new(builder.header(headers::SERVER, "hw-sim").build(body));
        let challenges = self.challenges.drain(..);
        reply.lines.extend(challenges.map(|challenge| format!("WWW-Authenticate: {challenge}")));
        reply
    }

    /// What the camera sends without end once a request was answered, and how far it has come.
    pub(crate) fn flood<'c>(
        &self,
        method: &str,
        cseq: &'c str,
    ) -> Option<(&'static Flood, FloodState<'c>)> {
        let flood = self.camera()?.settings.quirks.flood(method)?;
        let (ssrc, sequence) = self.session.as_ref().map(Session::identity).unwrap_or_default();
        Some((flood, FloodState { count: 0, cseq, ssrc, sequence }))
    }

    fn is_elsewhere(&self) -> bool {
        self.local_addr.is_some_and(|addr| addr.ip() == ELSEWHERE)
    }

    /// The camera's URL here and at the other address.
    fn addresses(&self, camera: &Camera) -> [String; 2] {
        let id = &camera.settings.id;
        let port = self.local_addr.map_or(0, |addr| addr.port());
        let here = self.local_addr.map(|addr| addr.to_string()).unwrap_or_default();
        [format!("rtsp://{here}/{id}"), format!("rtsp://{ELSEWHERE}:{port}/{id}")]
    }

    async fn dispatch(&mut self, request: &Request<Vec<u8>>) -> Answer {
        if request.version() != Version::V1_0 {
            return Err(status(StatusCode::RTSPVersionNotSupported));
        }
        let is_options = *request.method() == Method::Options;
        let asks_always =
            self.camera().is_some_and(|camera| camera.settings.quirks.login().asks_for_options);
        if is_options && !asks_always {
            return Ok((ok().header(headers::PUBLIC, METHODS), Vec::new()));
        }
        let url = request.request_uri().ok_or_else(|| status(StatusCode::BadRequest))?.clone();
        let (camera, stream) = self.find_camera(&url)?;
        self.authorize(request, &url, &camera)?;
        match request.method() {
            Method::Options => Ok((ok().header(headers::PUBLIC, METHODS), Vec::new())),
            Method::Describe => self.describe(&camera),
            Method::Setup => self.set_up(request, &camera, stream.as_deref()).await,
            Method::Play => self.play(request, &url, stream.is_some()),
            Method::GetParameter => self.get_parameter(request),
            Method::Teardown => self.tear_down(request),
            Method::Pause => {
                let refusal = status(StatusCode::MethodNotAllowed); // it is live: RFC 2326 §10.6
                Err(refusal.header(headers::ALLOW, METHODS))
            }
            _ => Err(status(StatusCode::NotImplemented).header(headers::PUBLIC, METHODS)),
        }
    }

    /// The camera of a URL, and the name of its stream if the URL names one. A camera with quirks
    /// takes any name.
    fn find_camera(&self, url: &Url) -> Result<(Arc<Camera>, Option<String>), ResponseBuilder> {
        let path = url.path().trim_matches('/');
        if let Some(camera) = self.cameras.camera(path) {
            return Ok((Arc::clone(camera), None));
        }
        let (id, stream) = path.rsplit_once('/').ok_or_else(|| status(StatusCode::NotFound))?;
        let camera = self.cameras.camera(id).ok_or_else(|| status(StatusCode::NotFound))?;
        if stream != sdp::STREAM && camera.settings.quirks == Default::default() {
            return Err(status(StatusCode::NotFound));
        }
        Ok((Arc::clone(camera), Some(stream.to_owned())))
    }

    fn authorize(
        &mut self,
        request: &Request<Vec<u8>>,
        url: &Url,
        camera: &Camera,
    ) -> Result<(), ResponseBuilder> {
        let given = request.header(&headers::AUTHORIZATION).map(|given| given.as_str());
        let quirks = camera.settings.quirks;
        if self.is_elsewhere() {
            camera.tally().logins_elsewhere += u32::from(given.is_some());
            let Some(login) = quirks.asks_elsewhere().filter(|_| given.is_none()) else {
                return Ok(());
            };
            self.challenges = self.challenge.headers(login, false);
            return Err(status(StatusCode::Unauthorized));
        }
        let Some(credentials) = &camera.settings.credentials else {
            return Ok(());
        };
        if self.is_tunnelled && quirks.tunnel().trusts_within {
            return Ok(());
        }
        let login = quirks.login();
        let method: &str = request.method().into();
        let access = given.map(|authorization| {
            let attempt = LoginAttempt { authorization, method, url };
            self.challenge.check(login, &attempt, credentials)
        });
        let is_locked = camera.tally().locked_until.is_some_and(|until| Instant::now() < until);
        if access == Some(Access::Granted) && !is_locked {
            return Ok(());
        }
        if access == Some(Access::Refused) {
            let (peer, camera_id) = (self.peer, &camera.settings.id);
            tracing::info!(%peer, camera = camera_id, method, "wrong user name or password");
            let mut tally = camera.tally();
            tally.wrong_logins += 1;
            if login.lockout.is_some_and(|most| tally.wrong_logins >= most) {
                tally.locked_until = Some(Instant::now() + LOCKED_FOR);
            }
        }
        self.challenges = self.challenge.headers(login, access == Some(Access::Stale));
        Err(status(StatusCode::Unauthorized))
    }

    fn local_addr(&self) -> Result<SocketAddr, ResponseBuilder> {
        self.local_addr.ok_or_else(|| status(StatusCode::InternalServerError))
    }

    fn describe(&self, camera: &Camera) -> Answer {
        let addr = self.local_addr()?;
        let settings = &camera.settings;
        let quirks = settings.quirks;
        let mut description =
            sdp::describe(&settings.id, &settings.clip, addr.ip(), quirks.side_streams());
        let base = format!("rtsp://{addr}/{}", settings.id);
        quirks.spoil_description(&mut description, &base);
        let answer = ok()
            .header(headers::CONTENT_BASE, format!("{base}/"))
            .header(headers::CONTENT_TYPE, "application/sdp");
        Ok((answer, description.bytes()))
    }

    async fn set_up(
        &mut self,
        request: &Request<Vec<u8>>,
        camera: &Arc<Camera>,
        stream: Option<&str>,
    ) -> Answer {
        let is_next_stream = request.header(&headers::SESSION).is_some();
        if is_next_stream {
            self.own_session(request)?;
        }
        if self.session.as_ref().is_some_and(Session::is_playing) {
            return Err(status(StatusCode::MethodNotValidInThisState));
        }
        let quirks = camera.settings.quirks;
        let transports = request.typed_header::<Transports>().ok().flatten();
        let proposal = transports.as_ref().and_then(Proposal::choose);
        let proposal = proposal.ok_or_else(|| status(StatusCode::UnsupportedTransport))?;
        let proposal = proposal.raised(quirks.channels_above());
        let local = self.local_addr()?;
        let opened = Media::open(proposal, local.ip(), self.peer.ip()).await;
        let mut session = match self.session.take() {
            Some(session) if is_next_stream => session,
            _ => Session::new(camera),
        };
        let side = quirks.side_streams().find(|side| Some(side.name) == stream);
        let transport = opened.and_then(|media| match side {
            None => session.add_video(media),
            Some(side) if side.has_sound => session.add_sound(media),
            Some(_quiet) => Sound::new(media).transport_header(),
        });
        let transport = transport.map_err(|error| {
            tracing::warn!(peer = %self.peer, %error, "no UDP ports for a session");
            status(StatusCode::ServiceUnavailable)
        })?;
        let timeout = quirks.session_timeout().as_secs();
        let header = format!("{};timeout={timeout}", session.id());
        self.session = Some(session);
        let answer = ok().header(headers::SESSION, header).header(headers::TRANSPORT, transport);
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
        let takes_any =
            self.camera().is_some_and(|camera| camera.settings.quirks.takes_any_session());
        let header = request.header(&headers::SESSION).map(|header| header.as_str());
        let named = header.and_then(|header| header.split(';').next()).map(str::trim);
        match (&mut self.session, named) {
            (Some(session), named) if takes_any || named == Some(session.id()) => Ok(session),
            (None, None) => Err(status(StatusCode::MethodNotValidInThisState)),
            _ => Err(status(StatusCode::SessionNotFound)),
        }
    }
}
