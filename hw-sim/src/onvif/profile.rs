//! What a simulated ONVIF camera is.

use std::net::Ipv4Addr;

use jiff::SignedDuration;

/// One camera.
#[derive(Debug, Clone)]
pub struct OnvifProfile {
    /// Its endpoint reference without `urn:uuid:`.
    pub uuid: String,
    /// Its name in its scopes.
    pub name: String,
    /// Maker, model, firmware, serial number.
    pub information: [String; 4],
    /// The user and the password without which it tells little.
    pub account: (String, String),
    /// Its streams.
    pub streams: Vec<StreamProfile>,
    /// Token and name of its presets. Without any it has no PTZ service.
    pub presets: Vec<(String, String)>,
    /// The host that it writes into its addresses. Behind a router that is another one than it answers from.
    pub says_it_is_at: Option<Ipv4Addr>,
    /// How far its clock is ahead.
    pub ahead: SignedDuration,
    /// Whether it knows `GetServices`; older cameras do not.
    pub knows_services: bool,
}

/// One stream.
#[derive(Debug, Clone)]
pub struct StreamProfile {
    /// The profile's token, and its name.
    pub token: String,
    /// The token of the video source.
    pub source: String,
    /// Width and height.
    pub picture_px: [u32; 2],
    /// Its address.
    pub url: String,
}

impl OnvifProfile {
    /// A camera with a main and a sub stream and two presets.
    #[must_use]
    pub fn street(number: u8) -> Self {
        let url = |path: u32| format!("rtsp://127.0.0.1:8554/Streaming/Channels/{path}?a=1&b=2");
        let stream = |token: &str, picture_px, path| StreamProfile {
            token: token.to_owned(),
            source: "VideoSource_1".to_owned(),
            picture_px,
            url: url(path),
        };
        Self {
            uuid: format!("4f3a1c52-0000-1000-8000-0000000000{number:02x}"),
            name: format!("东门 {number}"),
            information: ["Example & Co", "EX-2", "V5.7.3", "EX20260001"].map(str::to_owned),
            account: ("guard".to_owned(), "gate 7".to_owned()),
            streams: vec![
                stream("Profile_2", [640, 360], 102),
                stream("Profile_1", [2560, 1440], 101),
            ],
            presets: vec![("1".to_owned(), "gate".to_owned()), ("2".to_owned(), "道路".to_owned())],
            says_it_is_at: None,
            ahead: SignedDuration::ZERO,
            knows_services: true,
        }
    }
}
