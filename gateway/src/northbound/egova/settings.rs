//! What the adapter must know of its case system, and what holds where nothing is said.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::Offset;
use scene::CaptureTime;
use url::Url;

/// What the adapter must know of its case system.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EgovaSettings {
    /// The case system; `https`, or `http` on loopback. Ends with `/`.
    pub(crate) url: Url,
    /// PEM file of the authority that signed its certificate, for `https`.
    pub(crate) ca_file: Option<PathBuf>,
    /// What it calls this gateway.
    pub(crate) sender_code: String,
    /// Who asks for tokens.
    pub(crate) client_id: String,
    /// The first line is the secret. Read again for each token.
    pub(crate) client_secret_file: PathBuf,
    /// Where the token goes.
    pub(crate) token_in: TokenPlace,
    /// The longest time between two looks for notices.
    pub(crate) poll: Duration,
    /// Which of an alert's codes is the case's type (`recTypeId`); the first where none fits.
    pub(crate) scheme: Option<String>,
    /// Where cases come from (问题来源): id and name.
    pub(crate) source: (String, String),
    /// Drills are reported too.
    pub(crate) drills: bool,
    /// What opened longer ago, and is over, is not reported any more.
    pub(crate) report_within: Duration,
    /// The local time of its calls.
    pub(crate) utc_offset: Offset,
    /// The first and the longest pause before a failed call is made again.
    pub(crate) retry: (Duration, Duration),
    /// For each call, from connecting to the last byte.
    pub(crate) timeout: Duration,
}

impl EgovaSettings {
    /// Default for `poll`, in seconds.
    pub(crate) const POLL_SECS: u32 = 10;
    /// Default for `timeout`, in seconds.
    pub(crate) const TIMEOUT_SECS: u32 = 30;
    /// Default for `report_within`, in days.
    pub(crate) const REPORT_DAYS: u16 = 7;
    /// Where cases come from by default: id and name.
    pub(crate) const SOURCE: (&'static str, &'static str) = ("1", "视频监控");
    /// The first and the longest pause before a failed call is made again.
    pub(crate) const RETRY: (Duration, Duration) =
        (Duration::from_secs(1), Duration::from_secs(60));

    /// Whether what was sent at `sent_at` is too old to be reported, by a clock that is believed. Another makes
    /// nothing old: what is passed over is lost to the case system for good.
    pub(super) fn is_too_old(
        &self,
        sent_at: CaptureTime,
        now: CaptureTime,
        is_believed: bool,
    ) -> bool {
        is_believed && sent_at < now.before(self.report_within)
    }
}

/// Where a token goes; both are seen in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenPlace {
    /// `?egova_openapi_token=`.
    #[default]
    Query,
    /// `X-EGOVA-Authorization: Bearer`.
    Header,
}
