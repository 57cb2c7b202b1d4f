//! A scenario: which clips play as which cameras, and what truly happens in them.
//!
//! The truth is written down by a person who looked at the clip. The gateway never reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::camera::{Credentials, Playback};
use crate::centre::Profile;
use crate::compose::{ComposeError, Composition};

mod check;
mod fault;
mod file;

pub(crate) use check::Check;
pub use fault::{Fault, ScenarioError};

/// One play: cameras, and what an attentive person would have reported.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// One line for the person who watches.
    pub title: String,
    /// How long the play runs.
    pub duration: Duration,
    /// The cameras, in the order of the file.
    pub cameras: Vec<Camera>,
    /// The zones that the gateway watches, one for each camera they are laid on.
    pub zones: Vec<Zone>,
    /// What happens, one entry for each camera that shows it.
    pub truths: Vec<Truth>,
    /// The city that takes the alerts up as cases, if one does.
    pub centre: Option<Profile>,
}

/// One simulated camera.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Its name, which is also the path of its RTSP address.
    pub id: String,
    /// What it shows.
    pub clip: ClipSource,
    /// Whether the clip starts again at its end.
    pub playback: Playback,
    /// Where in the clip the camera begins.
    pub start_offset: Duration,
    /// Set if the camera asks for a password.
    pub credentials: Option<Credentials>,
}

/// Where a camera's pictures come from.
#[derive(Debug, Clone)]
pub enum ClipSource {
    /// A recorded clip, relative to the media folder.
    Recorded(PathBuf),
    /// A recorded clip with something laid into it.
    Composed(Arc<Composition>),
}

impl ClipSource {
    /// The MP4 file, made now if it is a composed one that was not made before.
    ///
    /// # Errors
    /// If it has to be made and cannot be.
    pub fn file(&self, media: &Path) -> Result<PathBuf, ComposeError> {
        match self {
            Self::Recorded(clip) => Ok(media.join(clip)),
            Self::Composed(composition) => composition.ensure(media, &media.join("composed")),
        }
    }
}

/// A polygon that the gateway watches on one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// The camera.
    pub camera: String,
    /// `<camera>.<zone>`: the `roi_id` of its alerts.
    pub id: String,
    /// Corners in pixels of the clip, origin top left.
    pub polygon_px: Vec<[f64; 2]>,
}

/// Something that stands long enough for an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// What a person sees, in words.
    pub what: String,
    /// The camera that shows it.
    pub camera: String,
    /// The event type that it is, such as `fire_passage_blocked`.
    pub event: String,
    /// The zone that it stands in, `<camera>.<zone>`.
    pub zone: String,
    /// When it stands, in time of the clip. None: it stands the whole time.
    pub stands: Option<ClipSpan>,
    /// An alert is due once it has stood so long.
    pub dwell: Duration,
    /// How far the alert may be off that moment, either way.
    pub tolerance: Duration,
}

/// A stretch of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipSpan {
    /// From here.
    pub from: Duration,
    /// To here, later than `from`.
    pub to: Duration,
}

impl Scenario {
    /// Reads a scenario and the password files it names, which lie relative to it.
    ///
    /// # Errors
    /// [`ScenarioError::Faults`] names every mistake with file and line.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ScenarioError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads a scenario from `text`, which lies at `path`.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScenarioError> {
        file::parse(text, path)
    }
}

#[cfg(test)]
mod tests;
