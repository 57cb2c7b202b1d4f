//! What the case system, people and the clock ask of cameras: one closed list of orders, and the one
//! way in which they are handed over.

use std::sync::Arc;
use std::time::Duration;

use incident::alert::Evidence;
use incident::casefile::CaseFile;
use scene::CaptureTime;
use uuid::Uuid;

/// Something for a camera to do between two of its pictures.
#[derive(Clone)]
pub enum CameraOrder<'a> {
    /// Take in what is known of the case of an alert. Done by every camera that is at work.
    FollowCase {
        /// The alert.
        alert_id: Uuid,
        /// Its dedupe key, by which its rule and zone are found when the alert itself is closed.
        dedupe_key: &'a str,
        /// All that the case system has said of it.
        file: &'a CaseFile,
    },
    /// Check whether what an alert reported is gone. Done if the alert is open on the camera.
    CheckNow {
        /// The alert.
        alert_id: Uuid,
        /// The message that asks for the check.
        msg_id: Uuid,
    },
    /// Keep rules from opening alerts. Done if the camera has such a rule.
    Mute {
        /// Which rules.
        target: MuteTarget<'a>,
        /// For how long; zero ends the mute.
        lasts: Duration,
    },
    /// Show the next picture that is analysed, which comes soon if the camera delivers. Done if not
    /// too many wait for it already.
    Snapshot(SnapshotOrder),
    /// End what a silent camera would hold up.
    PassTime,
}

/// The rules that a mute is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MuteTarget<'a> {
    /// The rule and zone with this dedupe key.
    DedupeKey(&'a str),
    /// The rule with this name, in every zone.
    Rule(&'a str),
}

/// Called with the picture, or with the reason why there is none.
pub type SnapshotOrder = Arc<dyn Fn(Result<Evidence, String>) + Send + Sync>;

/// A picture that somebody asked for: a masked JPEG among the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Of the JPEG, 64 hex digits.
    pub sha256: String,
    /// Where it can be fetched.
    pub uri: Option<String>,
    /// When it was taken.
    pub captured_at: CaptureTime,
}

/// The cameras at work.
pub trait CameraOrders: Send {
    /// Gives `order` to one camera, or to all. Answers whether a camera has done it.
    fn order(&self, camera: Option<&str>, order: &CameraOrder<'_>) -> bool;
}

impl CameraOrder<'_> {
    /// Whether a camera that is just analysing a picture need not be waited for: the picture does
    /// for it what the order would, or asks for the next one.
    pub(crate) fn is_done_by_a_picture(&self) -> bool {
        matches!(self, Self::PassTime | Self::Snapshot(_))
    }
}

impl MuteTarget<'_> {
    /// Whether the rule of this name, with this dedupe key in one of its zones, is meant.
    pub fn means(&self, rule: &str, dedupe_key: &str) -> bool {
        match self {
            Self::DedupeKey(key) => *key == dedupe_key,
            Self::Rule(name) => *name == rule,
        }
    }
}

impl From<Evidence> for Snapshot {
    fn from(Evidence { sha256, uri, captured_at, .. }: Evidence) -> Self {
        Self { sha256, uri, captured_at }
    }
}
