//! An alert: the full state of one incident, as the command centre is told.

mod case_echo;
pub mod schema;
pub mod topic;
mod v1;
mod verification;

use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, Clock, GeoPoint};
use uuid::Uuid;

use crate::incident_type::IncidentType;
use crate::lifecycle::Summary;
use crate::profile::CameraProfile;
use crate::site::Site;
pub use case_echo::{CaseEcho, CaseStage};
use rule::Finding;
use rule::Slug;
pub use verification::{Verification, VerificationMode, VerificationReason, VerificationResult};

/// The full state of one incident, not a change of it. Receivers tell messages apart by
/// (`alert_id`, `seq`).
///
/// An alert is a clue for a person who decides; it is never proof of an offence by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Identity of this message: `UUIDv7`, follows from (`alert_id`, `seq`).
    pub msg_id: Uuid,
    /// Identity of the incident: `UUIDv7`, the same over its whole life and after a crash.
    pub alert_id: Uuid,
    /// 1 for the opening message, one more for each that follows.
    pub seq: u32,
    /// Why this message is sent.
    pub action: Action,
    /// The state of the scene.
    pub state: State,
    /// The camera and its place.
    pub camera: Arc<CameraProfile>,
    /// Where on the ground it is, the same over its whole life; none: where the camera stands.
    pub site: Option<Site>,
    /// The outline of its zone on the ground as a closed ring; none if the camera cannot tell.
    pub footprint: Option<Vec<GeoPoint>>,
    /// What kind of incident it is.
    pub incident: IncidentType,
    /// What was seen, in Chinese, without personal data: `1个目标停留超过300秒`.
    pub description: String,
    /// When.
    pub times: Times,
    /// What was detected, by which rule.
    pub detection: Detection,
    /// Which other alerts it repeats.
    pub dedupe: Dedupe,
    /// What the case system last said of it, if anything.
    pub case: Option<CaseEcho>,
    /// What the latest re-check (核查) found, if there was one.
    pub verification: Option<Verification>,
    /// Pictures that prove it; see [`Alert::attach`].
    pub evidence: Vec<Evidence>,
}

/// Why a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The incident begins.
    Open,
    /// It is still there, changed or came back.
    Update,
    /// Its object is out of sight.
    Clear,
    /// A re-check is over; see [`Alert::verification`].
    Verify,
    /// It is over for the gateway.
    Close(CloseReason),
}

/// Why an incident is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// It did not come back within the reopening time.
    SelfCleared,
    /// Its rule was removed from the configuration.
    Cancelled,
    /// The case system closed its case, whatever a re-check found.
    CaseClosed,
    /// The case system called it a false alarm.
    FalseAlarm,
    /// The case system goes on with another alert instead; see [`Dedupe::merged_into`].
    Merged,
    /// The case system withdrew its case.
    CaseCancelled,
    /// Nobody closed its case for too long.
    Expired,
}

/// The state of the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The incident is there.
    Open,
    /// It is out of sight.
    Cleared,
    /// It is said to be handled, and the gateway is looking.
    Verifying,
    /// The gateway looked and found it gone.
    VerifiedClear,
    /// The gateway looked and found it, or its like, still there.
    VerifiedPresent,
    /// The gateway could not tell; a person must look.
    VerifyInconclusive,
    /// It is over.
    Closed,
}

/// The times of an incident, all of them capture times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The first picture that showed it.
    pub first_seen_at: CaptureTime,
    /// The latest picture that showed it.
    pub last_seen_at: CaptureTime,
    /// When its rule was met.
    pub opened_at: CaptureTime,
    /// When it was cleared, unless it is open.
    pub cleared_at: Option<CaptureTime>,
    /// When it was closed.
    pub closed_at: Option<CaptureTime>,
    /// Where the time of this message's picture came from.
    pub clock: Clock,
}

/// What was detected, by which rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The rule.
    pub rule: Slug,
    /// The zone.
    pub zone: Slug,
    /// Least score that counts, 0..=1.
    pub threshold: f32,
    /// What the rule found; its subjects are those that this message's picture shows.
    pub finding: Finding,
}

/// How alerts of the same kind and place relate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedupe {
    /// 32 hex digits; there is one open alert per key.
    pub key: String,
    /// Earlier alerts with this key within the repeat window.
    pub repeat_count: u32,
    /// The length of that window in seconds.
    pub repeat_window_secs: u64,
    /// The latest of them.
    pub previous_alert_id: Option<Uuid>,
    /// The alert that the case system goes on with instead of this one.
    pub merged_into: Option<Uuid>,
    /// This alert stands for all that its rule found beyond its daily cap.
    pub summary: Option<Summary>,
}

/// A picture or clip that proves an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Unique within the alert.
    pub id: Slug,
    /// What it shows.
    pub role: EvidenceRole,
    /// A still or a moving picture.
    pub kind: EvidenceKind,
    /// Where it can be fetched, if it can.
    pub uri: Option<String>,
    /// Media type, e.g. `image/jpeg`.
    pub mime: String,
    /// SHA-256 of the file, 64 hex digits.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Size of the picture in pixels.
    pub width_px: u32,
    /// Size of the picture in pixels.
    pub height_px: u32,
    /// When it was taken; of a clip, its first picture.
    pub captured_at: CaptureTime,
    /// What of it was made unreadable.
    pub masked: Masked,
    /// When the gateway deletes it; none: it does not know.
    pub expires_at: Option<CaptureTime>,
    /// The gateway keeps the picture as the camera took it, too.
    pub original_held: bool,
}

/// What kind of file proves an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceKind {
    /// One picture.
    Snapshot,
    /// So much video.
    Clip {
        /// From the first picture to the last.
        duration: Duration,
    },
}

/// What an evidence picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceRole {
    /// The incident as first reported (上报).
    Report,
    /// The incident later on.
    Update,
    /// Its place when it was checked whether it is gone (核查).
    Verify,
}

/// What was made unreadable before evidence may leave the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked {
    /// Faces, with the heads around them.
    pub faces: Masking,
    /// Number plates.
    pub plates: Masking,
    /// The camera's privacy zones were filled.
    pub zones: bool,
}

/// What became of one kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Masking {
    /// As the camera took it; nobody looked for any.
    NotMasked,
    /// All that was found is unreadable.
    Blurred,
    /// Looked for, and none found. What a detector overlooks it cannot mask.
    NoneFound,
}

impl Masked {
    /// As the camera took it.
    pub const NOTHING: Self =
        Self { faces: Masking::NotMasked, plates: Masking::NotMasked, zones: false };

    /// Whether both were looked for, and all that was found is unreadable.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.faces != Masking::NotMasked && self.plates != Masking::NotMasked
    }
}

impl Action {
    /// The action as messages spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Update => "update",
            Self::Clear => "clear",
            Self::Verify => "verify",
            Self::Close(_) => "close",
        }
    }
}

impl CloseReason {
    /// The reason as messages spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfCleared => "self_cleared",
            Self::Cancelled | Self::CaseCancelled => "cancelled",
            Self::CaseClosed => "case_closed",
            Self::FalseAlarm => "false_alarm",
            Self::Merged => "merged",
            Self::Expired => "expired",
        }
    }
}

impl State {
    /// The state as messages spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared => "cleared",
            Self::Verifying => "verifying",
            Self::VerifiedClear => "verified_clear",
            Self::VerifiedPresent => "verified_present",
            Self::VerifyInconclusive => "verify_inconclusive",
            Self::Closed => "closed",
        }
    }
}

impl Alert {
    /// Adds a picture or clip. The message holds 16 at most; further ones are left out of it.
    pub fn attach(&mut self, evidence: Evidence) {
        self.evidence.push(evidence);
    }

    /// Whether it leads to what may show a person: its words and numbers never do, a picture of the
    /// street as the camera took it may.
    #[must_use]
    pub fn contains_personal_data(&self) -> bool {
        self.evidence.iter().any(|evidence| !evidence.masked.is_complete())
    }

    /// The message as JSON of schema `cg.alert/1`, sent at `sent_at`.
    ///
    /// `times.clock` says `device` where the camera's own sender reports gave the time, else (time
    /// of arrival at the gateway) `ntp` if the error is known and `unsynced` if not.
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    pub fn to_json(&self, sent_at: CaptureTime) -> Result<String, serde_json::Error> {
        v1::write(self, sent_at)
    }
}
