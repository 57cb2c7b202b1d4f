//! From an RTSP address to a playing video stream, with a timeout on every step.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use retina::client::{
    Demuxed, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, TcpTransportOptions,
    Transport as RtpTransport, UdpTransportOptions,
};
use retina::codec::{FrameFormat, ParametersRef};

use crate::codec::Codec;
use crate::settings::{Settings, Transport};

/// Why a session did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A step took too long.
    #[error("no answer to {step} within {} s; is the address right and the camera on?", .limit.as_secs())]
    Timeout {
        /// Which RTSP step.
        step: &'static str,
        /// How long it was given.
        limit: Duration,
    },
    /// 401 or 403.
    #[error("the camera refuses the credentials (RTSP {status}); check user and password")]
    Unauthorized {
        /// RTSP status code.
        status: u16,
    },
    /// 404.
    #[error("the camera knows no stream at this path (RTSP 404); check the address after the host")]
    NotFound,
    /// Any other failure of a step.
    #[error("{step} failed: {reason}")]
    Step {
        /// Which RTSP step.
        step: &'static str,
        /// First line of what the RTSP client said.
        reason: String,
    },
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
    /// No picture came in time.
    #[error("no picture for {} s", .limit.as_secs())]
    Silent {
        /// How long it was given.
        limit: Duration,
    },
    /// It sent more than a camera may, for too long.
    #[error("the camera sends more than {limits}; check its settings")]
    TooMuch {
        /// The limits, in words.
        limits: String,
    },
    /// What it sent made the RTSP client panic.
    #[error("the camera sends what this gateway cannot read; report it")]
    Confused,
    /// The camera closed the stream.
    #[error("the camera ended the stream")]
    Ended,
    /// The stream broke.
    #[error("stream broken: {0}")]
    Broken(String),
}

impl SessionError {
    /// The session broke for this reason.
    pub fn broken(error: &retina::Error) -> Self {
        Self::Broken(first_line(error))
    }

    fn step(step: &'static str, error: &retina::Error) -> Self {
        match error.status_code() {
            Some(status @ (401 | 403)) => Self::Unauthorized { status },
            Some(404) => Self::NotFound,
            _ => Self::Step { step, reason: first_line(error) },
        }
    }
}

/// The RTSP client adds connection details on further lines; an operator needs the first.
fn first_line(error: &retina::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    if line.contains("Unable to guess depacketizer") || line.contains("credentials") {
        return line.to_owned();
    }
    line.trim_end_matches(':').to_owned()
}

/// A playing video stream.
pub struct Connected {
    /// Access units and RTCP, demultiplexed.
    pub stream: Demuxed,
    /// Which of the presentation's streams is the video.
    pub video: usize,
    /// Its codec.
    pub codec: Codec,
    /// RTP clock rate in hertz.
    pub clock_rate_hz: u32,
    /// What the SDP promises, in the camera's words.
    pub described: Described,
    /// Awaits the TEARDOWN of the session.
    pub group: Arc<SessionGroup>,
}

/// What a camera says of its stream before the first picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Described {
    /// RFC 6381 codec string, e.g. `avc1.42C01E`.
    pub codec_string: Option<String>,
    /// Width and height in pixels.
    pub size_px: Option<(u32, u32)>,
    /// Frames a second by the SDP.
    pub framerate: Option<f32>,
    /// Server name, if it gives one.
    pub tool: Option<String>,
}

/// Connects, describes, sets up and plays the first video stream of `settings.url`.
///
/// # Errors
/// Every step has its own timeout and its own error.
pub async fn connect(settings: &Settings) -> Result<Connected, SessionError> {
    let limit = settings.step_timeout;
    let group = Arc::new(SessionGroup::default().named(settings.camera.clone()));
    let credentials =
        settings.credentials.as_ref().map(|credentials| retina::client::Credentials {
            username: credentials.user.clone(),
            password: credentials.password.clone(),
        });
    let options = SessionOptions::default()
        .creds(credentials)
        .session_group(Arc::clone(&group))
        .user_agent(concat!("gridwhistle/", env!("CARGO_PKG_VERSION")).to_owned());
    let describe = Session::describe(settings.url.clone(), options);
    let mut session = step("DESCRIBE", limit, describe).await?;
    let (video, codec) = find_video(session.streams())?;
    let transport = match settings.transport {
        Transport::Tcp => RtpTransport::Tcp(TcpTransportOptions::default()),
        Transport::Udp => RtpTransport::Udp(UdpTransportOptions::default()),
    };
    let setup = SetupOptions::default().transport(transport).frame_format(FrameFormat::SIMPLE);
    step("SETUP", limit, session.setup(video, setup)).await?;
    let playing = step("PLAY", limit, session.play(PlayOptions::default())).await?;
    let stream = playing.demuxed().map_err(|error| SessionError::step("PLAY", &error))?;
    let described = describe_video(&stream, video);
    let clock_rate_hz = stream.streams().get(video).map_or(90_000, |video| video.clock_rate_hz());
    Ok(Connected { stream, video, codec, clock_rate_hz, described, group })
}

async fn step<T>(
    name: &'static str,
    limit: Duration,
    future: impl Future<Output = Result<T, retina::Error>>,
) -> Result<T, SessionError> {
    match tokio::time::timeout(limit, future).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(SessionError::step(name, &error)),
        Err(_) => Err(SessionError::Timeout { step: name, limit }),
    }
}

fn find_video(streams: &[retina::client::Stream]) -> Result<(usize, Codec), SessionError> {
    let mut other_video = None;
    for (index, stream) in
        streams.iter().enumerate().filter(|(_, stream)| stream.media() == "video")
    {
        match Codec::from_encoding_name(stream.encoding_name()) {
            Some(codec) => return Ok((index, codec)),
            None => other_video = Some(stream.encoding_name().to_owned()),
        }
    }
    if let Some(encoding) = other_video {
        return Err(SessionError::UnsupportedCodec { encoding });
    }
    let offered: Vec<&str> = streams.iter().map(retina::client::Stream::media).collect();
    let offered = if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") };
    Err(SessionError::NoVideo { offered })
}

fn describe_video(stream: &Demuxed, video: usize) -> Described {
    let tool = stream.tool().map(|tool| tool.to_string());
    let Some(video) = stream.streams().get(video) else {
        return Described { tool, ..Described::default() };
    };
    let framerate = video.framerate();
    match video.parameters() {
        Some(ParametersRef::Video(parameters)) => Described {
            codec_string: Some(parameters.rfc6381_codec().to_owned()),
            size_px: Some(parameters.pixel_dimensions()),
            framerate,
            tool,
        },
        _ => Described { framerate, tool, ..Described::default() },
    }
}
