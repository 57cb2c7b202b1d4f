//! One device's file under check, and what it takes from elsewhere.

use std::time::Duration;

use incident::SignalRuleSettings;

use super::camera_context::Surroundings;
use super::device_file::DeviceFile;
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

impl DeviceCheck<'_> {
    /// After how long without a sign of life the device's silence is a gap.
    pub(super) fn silence(&self) -> Duration {
        let written = self.file.silent_after_secs.map(|secs| Duration::from_secs(secs.into()));
        written.unwrap_or(SignalRuleSettings::USUAL_SILENCE)
    }
}
