//! One device's file under check, and what it takes from elsewhere.

use std::time::Duration;

use incident::SignalRuleSettings;
use rule::signal::CheckpointFacts;

use super::camera_context::Surroundings;
use super::city_check::City;
use super::device_file::{DeviceFile, SignalRuleTable};
use super::document::Document;

/// One device's file under check.
pub(super) struct DeviceCheck<'a> {
    /// What it is called: as written, or as its file is.
    pub(super) id: &'a str,
    pub(super) file: &'a DeviceFile,
    pub(super) document: &'a Document,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// Every point id that is written in the file, also of points with faults: a rule that names one
    /// is not at fault.
    pub(super) points_written: &'a [String],
    /// The ids of all cameras, sound or not.
    pub(super) cameras: &'a [String],
    /// What all topics of the gateway begin with.
    pub(super) topic_prefix: &'a str,
    /// Offset from UTC, in minutes, of times that a device gives without one.
    pub(super) utc_offset_minutes: i32,
}

/// The rules of one device or checkpoint under check.
pub(super) struct RuleHost<'a> {
    /// What alerts call it.
    pub(super) id: &'a str,
    pub(super) document: &'a Document,
    pub(super) rules: &'a [SignalRuleTable],
    pub(super) city: &'a City,
    /// Every point id that is written in the file.
    pub(super) points_written: &'a [String],
    /// After how long without a sign of life silence is a gap.
    pub(super) silence: Duration,
    /// What is known of the checkpoint, if it is one.
    pub(super) facts: Option<CheckpointFacts>,
}

impl DeviceCheck<'_> {
    /// Its rules.
    pub(super) fn rule_host(&self) -> RuleHost<'_> {
        RuleHost {
            id: self.id,
            document: self.document,
            rules: &self.file.rule,
            city: self.surroundings.city,
            points_written: self.points_written,
            silence: self.silence(),
            facts: None,
        }
    }

    /// After how long without a sign of life the device's silence is a gap.
    pub(super) fn silence(&self) -> Duration {
        let written = self.file.silent_after_secs.map(|secs| Duration::from_secs(secs.into()));
        written.unwrap_or(SignalRuleSettings::USUAL_SILENCE)
    }
}
