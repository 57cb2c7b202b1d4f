//! What a scenario consists of.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::camera::clip_span::ClipSpan;
use crate::camera::digest::Credentials;
use crate::camera::quirk::quirks::Quirks;
use crate::camera::simulated::Playback;
use crate::centre::profile::Profile;
use crate::compose::error::ComposeError;
use crate::compose::recipe::Composition;
use crate::scenario::device::Story;

/// One play: cameras, and what an attentive person would report.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// One line for the person who watches the play.
    pub title: String,
    /// How long the play runs.
    pub duration: Duration,
    /// The cameras, in the order of the file.
    pub cameras: Vec<Camera>,
    /// The zones that the gateway watches, one entry for each camera.
    pub zones: Vec<Zone>,
    /// What happens in the clips, one entry for each camera that shows it.
    pub truths: Vec<Truth>,
    /// What doors and sensors do.
    pub story: Story,
    /// The case centre that handles the alerts as cases, if there is one.
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
    /// The file that the password stands in.
    pub password_file: Option<PathBuf>,
    /// What it does otherwise than other cameras.
    pub quirks: Quirks,
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
    /// The MP4 file. A composed clip is made now, unless it was made before.
    ///
    /// # Errors
    /// If a composed clip cannot be made.
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

/// Something that stands, or is missing, for long enough to be an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// What a person sees, in words.
    pub what: String,
    /// The camera that shows it, or the device that tells of it.
    pub camera: String,
    /// The event type that it is, such as `fire_passage_blocked`.
    pub event: String,
    /// The zone that it stands in, `<camera>.<zone>`, or the point of the device.
    pub zone: String,
    /// When it stands, in time of the clip, or of the story; `None` if it stands the whole time.
    pub stands: Option<ClipSpan>,
    /// An alert is due once it has lasted this long.
    pub dwell: Duration,
    /// How much earlier or later than that moment the alert may come.
    pub tolerance: Duration,
}
