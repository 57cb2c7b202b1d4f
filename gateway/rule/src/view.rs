//! One analysed picture as a rule sees it.

use std::time::Duration;

use scene::{CaptureTime, GroundPlane, Observation, StandingLook, track::Track};

/// One analysed picture as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Time watched since the assessor began: capture time less all observation gaps. Rules measure
    /// spans on it, so a blind time counts neither towards a dwell nor towards a clearing.
    pub watched: Duration,
    /// When the picture before this one was taken; none if this is the first.
    pub previous_at: Option<CaptureTime>,
    /// The picture.
    pub observation: &'a Observation,
    /// The tracks that this picture shows; lost ones are left out.
    pub tracks: &'a [&'a Track],
    /// What newly stands in the rule's zone, whatever it is; none if the picture was not searched for
    /// it, or if the rule does not need it.
    pub standing: Option<&'a StandingLook>,
    /// From picture to ground, if the camera is calibrated.
    pub ground: Option<&'a GroundPlane>,
}

impl View<'_> {
    /// When the picture was taken.
    #[must_use]
    pub const fn at(&self) -> CaptureTime {
        self.observation.captured_at
    }
}
