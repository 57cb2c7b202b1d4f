//! What an eye tells the gateway.

use std::collections::BTreeMap;
use std::time::Duration;

use camera::{GateCounts, Health, Learnt};
use detector::Precision;
use scene::{CaptureTime, Class, Observation};
use serde::{Deserialize, Serialize};

use super::observation::WireObservation;
use super::order::{CameraNumber, Reference, StandingZone};
use super::picture_size::PictureSize;
use super::wire::{ImpossibleError, Micros};

/// One report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The model is loaded; cameras may come.
    Ready(Ready),
    /// It cannot look at pictures, and why. It ends by itself.
    Refused(String),
    /// A camera came or went.
    Health {
        /// Which.
        camera: CameraNumber,
        /// How it is now.
        health: Health,
    },
    /// A picture was analysed. Its lane holds it until [`super::Order::LetGo`].
    Observed {
        /// Which lane.
        lane: u16,
        /// What it shows.
        sight: Box<Sight>,
    },
    /// A due picture was not analysed, and why.
    Stumbled {
        /// Whose.
        camera: CameraNumber,
        /// In words.
        reason: String,
    },
    /// What its metrics have become since the last time.
    Measured(Vec<Sample>),
    /// A camera has granted a session. Pictures follow when it has some.
    Answered {
        /// Which.
        camera: CameraNumber,
    },
    /// What the sessions with a camera have taught, for the eye that has it next.
    Learnt {
        /// Which.
        camera: CameraNumber,
        /// All of it.
        learnt: Learnt,
    },
    /// What became of the access units of these cameras, also of those of which no picture is analysed.
    Gates(Vec<(CameraNumber, GateCounts)>),
    /// How a zone looks when nothing new stands in it, for the eye that has the camera next.
    Refers {
        /// Which camera.
        camera: CameraNumber,
        /// Of which zone.
        reference: Reference,
    },
    /// A zone is too small in the camera's pictures to look for what newly stands there.
    TooSmall {
        /// Which camera.
        camera: CameraNumber,
        /// Which zone.
        zone: SmallZone,
    },
    // Those that are skipped come last: serde counts variants with them in one direction only.
    /// The answer to [`super::Order::Show`]. It goes in parts; see [`super::ReportWriter`].
    #[serde(skip)]
    Shown {
        /// Which lane.
        lane: u16,
        /// The picture, or why there is none.
        shot: Result<Shot, String>,
    },
    /// The answer to [`super::Order::CutClip`]. It goes in parts, too.
    #[serde(skip)]
    Clip {
        /// Which.
        job: u64,
        /// The clip, or why there is none.
        clip: Result<Clip, String>,
    },
}

/// What an eye is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The weights in use.
    pub precision: Precision,
    /// What holds it.
    pub confinement: Confinement,
}

/// What keeps an eye from all that is none of its business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// It can open no file but those that name lookups need (Linux Landlock).
    pub files: bool,
    /// It can take no TCP port by its number (Linux Landlock, since 6.7).
    pub ports: bool,
    /// It can make no system call but those on a list (Linux seccomp): it starts no program and traces
    /// no process.
    pub calls: bool,
}

/// A zone that is too small to look for what newly stands there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SmallZone {
    /// The zone. With another outline it may be large enough.
    pub zone: StandingZone,
    /// Width and height of its smallest box, in pixels of the picture as it is looked at.
    pub size_px: (u32, u32),
}

impl SmallZone {
    /// Pixels: a zone must be as wide and as high as this.
    pub const LEAST_SIDE_PX: usize = standing::LEAST_SIDE_PX;
}

/// One analysed picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// Whose.
    pub camera: CameraNumber,
    observation: WireObservation,
    /// How long the detector took.
    pub detect_time: Duration,
    /// What became of the camera's access units since the eye has it.
    pub gate: GateCounts,
    /// How large the picture is.
    pub size: PictureSize,
}

impl Sight {
    /// Of `camera`.
    #[must_use]
    pub fn new(
        camera: CameraNumber,
        observation: &Observation,
        detect_time: Duration,
        gate: GateCounts,
        size: PictureSize,
    ) -> Self {
        Self { camera, observation: observation.into(), detect_time, gate, size }
    }

    /// What the picture shows, with its classes taken from `classes`.
    ///
    /// # Errors
    /// If no detector could have said that.
    pub fn observation(
        self,
        classes: &BTreeMap<String, Class>,
    ) -> Result<Observation, ImpossibleError> {
        self.observation.checked(classes)
    }
}

/// A picture that may leave the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shot {
    /// JPEG, masked, with the objects' boxes drawn in.
    pub jpeg: Vec<u8>,
    /// What was masked.
    pub masked: Masked,
    /// The picture as the camera took it, as JPEG, if it was asked for.
    pub original: Option<Vec<u8>>,
    /// Width and height in pixels.
    pub size_px: (u32, u32),
    /// How long search, mask and encoding took.
    pub took: Duration,
}

/// What was made unreadable in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// Faces, with the heads around them.
    pub faces: Masking,
    /// Number plates.
    pub plates: Masking,
    /// The camera's privacy zones were filled.
    pub zones: bool,
}

/// What became of one kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Masking {
    /// The model cannot find any.
    NotSearched,
    /// All that was found is unreadable.
    Blurred,
    /// Looked for, and none found. What the detector misses is not masked.
    NoneFound,
}

/// A clip, copied from what the camera sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// MP4 with one video track.
    pub mp4: Vec<u8>,
    /// Width and height in pixels.
    pub size_px: (u32, u32),
    from: Micros,
    /// From the first picture to the last.
    pub duration: Duration,
}

impl Clip {
    /// Of `mp4`, whose first picture was taken at `from`.
    #[must_use]
    pub fn new(mp4: Vec<u8>, size_px: (u32, u32), from: CaptureTime, duration: Duration) -> Self {
        Self { mp4, size_px, from: from.into(), duration }
    }

    /// When its first picture was taken.
    #[must_use]
    pub fn from(&self) -> CaptureTime {
        self.from.into()
    }
}

/// How one metric has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The change.
    pub value: SampleValue,
}

/// A change of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SampleValue {
    /// A counter grew by this much.
    Counter(u64),
    /// A gauge stands here.
    Gauge(f64),
}
