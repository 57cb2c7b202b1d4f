//! The `[egova]` table of `gateway.toml`, as it is written: every key, its range, its default.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::northbound::egova::{EgovaSettings, TokenPlace};

/// Where a token may go.
pub(super) const TOKEN_PLACES: [&str; 2] = ["query", "header"];

/// An eGova case system (数字城管) that alerts are reported to over HTTP, beside the broker.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EgovaTable {
    /// Its address, `https://host/`; `http://` on this machine only.
    #[schemars(length(min = 1, max = 512))]
    pub(crate) url: String,
    /// For `https://`: certificate (PEM) of the authority that signed its certificate.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ca_file: Option<String>,
    /// The case system's name for this gateway (`senderCode`).
    #[schemars(length(min = 1, max = 64))]
    pub(crate) sender_code: String,
    /// The name under which the gateway asks for tokens (`client_id`).
    #[schemars(length(min = 1, max = 128))]
    pub(crate) client_id: String,
    /// A file that holds the client's secret in its first line.
    #[schemars(length(min = 1))]
    pub(crate) client_secret_file: String,
    /// Where the token goes: `query` (`egova_openapi_token`) or `header`
    /// (`X-EGOVA-Authorization`).
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = TOKEN_PLACES))]
    pub(crate) token_in: TokenPlace,
    /// The longest time between two looks for notices.
    #[serde(default = "poll_secs")]
    #[schemars(range(min = 1, max = 3600))]
    pub(crate) poll_secs: u32,
    /// Time for each call.
    #[serde(default = "timeout_secs")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) timeout_secs: u32,
    /// Which scheme of the city's codes is the case's type (`recTypeId`); left out, or where an
    /// alert has no such code, its first code.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) scheme: Option<String>,
    /// Where cases come from (问题来源): its id in the case system.
    #[serde(default = "source_id")]
    #[schemars(length(min = 1, max = 32))]
    pub(crate) source_id: String,
    /// Its name.
    #[serde(default = "source_name")]
    #[schemars(length(min = 1, max = 32))]
    pub(crate) source_name: String,
    /// Alerts that opened longer ago than this, and are over, are no longer reported.
    #[serde(default = "report_days")]
    #[schemars(range(min = 1, max = 366))]
    pub(crate) report_days: u16,
    /// Reports drills (演练) too: for a case system that is itself a drill.
    #[serde(default)]
    pub(crate) drills: bool,
}

fn poll_secs() -> u32 {
    EgovaSettings::POLL_SECS
}

fn timeout_secs() -> u32 {
    EgovaSettings::TIMEOUT_SECS
}

fn source_id() -> String {
    EgovaSettings::SOURCE.0.to_owned()
}

fn source_name() -> String {
    EgovaSettings::SOURCE.1.to_owned()
}

fn report_days() -> u16 {
    EgovaSettings::REPORT_DAYS
}
