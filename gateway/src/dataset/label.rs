//! What is known of a picture of an alert.

use clap::ValueEnum;
use serde::Serialize;

/// What is known of a picture of an alert, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Label {
    /// The case system said that the alert was right, or people took the case up.
    Confirmed,
    /// The case system called the alert a false alarm.
    FalseAlarm,
    /// The case system said that the alert was not right, and did not call it a false alarm.
    Wrong,
    /// A re-check found it still there.
    StillThere,
    /// A re-check found it gone.
    Gone,
}

impl Label {
    /// As it is written.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::FalseAlarm => "false_alarm",
            Self::Wrong => "wrong",
            Self::StillThere => "still_there",
            Self::Gone => "gone",
        }
    }

    /// Whether the boxes of the picture are what they were taken for.
    pub(super) const fn is_positive(self) -> bool {
        matches!(self, Self::Confirmed | Self::StillThere)
    }
}
