//! What one camera's session and decoder can be told, and what holds where nothing is said.

use std::fmt;
use std::time::Duration;

use trust::{Credentials, Trust};
use url::Url;

/// How RTP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Interleaved in the RTSP connection (RFC 2326 §10.12): nothing is lost, firewalls pass it.
    #[default]
    Tcp,
    /// UDP: less delay on a bad link, but every lost packet costs pictures.
    Udp,
    /// Interleaved in an RTSP connection that is carried inside HTTP (ONVIF Streaming Specification
    /// §5.1.1.4): firewalls and proxies pass it where they pass nothing else.
    Http,
}

/// Which program code speaks RTSP with the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// The native one first, the compatible one where that fails; what worked is remembered.
    #[default]
    Auto,
    /// Retina: cheap, strict about the stream.
    Native,
    /// libavformat: a thread for the camera, plays what other players play.
    Compatible,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Native => "native",
            Self::Compatible => "compatible",
        })
    }
}

/// All that one camera's stream needs. Two equal ones need no new connection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Settings {
    /// The camera's id, as in config and alerts.
    pub camera: String,
    /// `rtsp://` or `rtsps://` address, without credentials.
    pub url: Url,
    /// Which client plays it.
    pub client: Client,
    /// How RTP travels.
    pub transport: Transport,
    /// For digest authentication.
    pub credentials: Option<Credentials>,
    /// Whether the password may also be sent as it is (Basic) over a line without TLS.
    pub allow_basic_auth: bool,
    /// What the certificate must be. `rtsps://` is refused without it.
    pub trust: Option<Trust>,
    /// Limit for each of connect + DESCRIBE, SETUP and PLAY.
    pub step_timeout: Duration,
    /// Limit from PLAY to the first picture.
    pub first_frame_timeout: Duration,
    /// A camera that is silent for this long is connected again.
    pub silence_timeout: Duration,
    /// Coded video that may wait for the decoder, in bytes; beyond it the gate skips to the next
    /// random access point.
    pub decoder_queue_bytes: usize,
    /// The largest picture that is decoded, width times height, in 4:2:0 with 8 bit. Other formats
    /// take more memory, so their pictures must be smaller.
    pub max_picture_px: u64,
}

impl Settings {
    /// Default limit for each RTSP step.
    pub const STEP_TIMEOUT: Duration = Duration::from_secs(5);
    /// Default limit from PLAY to the first picture.
    pub const FIRST_FRAME_TIMEOUT: Duration = Duration::from_secs(10);
    /// Default silence after which a camera is connected again.
    pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(10);
    /// Default room for coded video, in bytes: about two seconds of a 4K camera.
    pub const DECODER_QUEUE_BYTES: usize = 4 * 1024 * 1024;
    /// Default largest picture: 4K with the rows that codecs add.
    pub const MAX_PICTURE_PX: u64 = 4096 * 2176;

    /// The defaults for one camera and address.
    pub fn new(camera: impl Into<String>, url: Url) -> Self {
        Self {
            camera: camera.into(),
            url,
            client: Client::default(),
            transport: Transport::default(),
            credentials: None,
            allow_basic_auth: false,
            trust: None,
            step_timeout: Self::STEP_TIMEOUT,
            first_frame_timeout: Self::FIRST_FRAME_TIMEOUT,
            silence_timeout: Self::SILENCE_TIMEOUT,
            decoder_queue_bytes: Self::DECODER_QUEUE_BYTES,
            max_picture_px: Self::MAX_PICTURE_PX,
        }
    }
}
