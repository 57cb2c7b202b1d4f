//! That another client has this gateway's client id, for the gateway's status topic.

use runtime::{rfc3339, utc_now};
use serde::Serialize;

/// Another client seems to have this gateway's client id: each cuts the other off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RivalNews {
    client_id: String,
    /// RFC 3339.
    since: String,
    /// For the person who can act.
    reason: String,
}

impl RivalNews {
    /// Since now.
    pub(super) fn now(client_id: &str, reason: &str) -> Self {
        let since = rfc3339(utc_now());
        Self { client_id: client_id.to_owned(), since, reason: reason.to_owned() }
    }
}
