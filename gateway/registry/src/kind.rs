//! The kinds of sheet, and the groups of files that they fill.

use std::fmt;

/// What each row of a sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A camera (摄像机).
    Camera,
    /// A checkpoint (卡口).
    Checkpoint,
    /// A door (门).
    Door,
    /// A point of a sensor (点位).
    Point,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Camera, Self::Checkpoint, Self::Door, Self::Point];

    /// The words by which the name of a sheet or file tells it.
    pub(crate) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Camera => &["camera", "摄像", "相机", "监控"],
            Self::Checkpoint => &["checkpoint", "卡口"],
            Self::Door => &["door", "门"],
            Self::Point => &["point", "sensor", "点位", "测点", "传感"],
        }
    }
}

/// A folder of the configuration: one file for each thing in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileGroup {
    /// `cameras/<id>.toml`.
    Cameras,
    /// `devices/<id>.toml`: controllers of doors, and sensors.
    Devices,
    /// `checkpoints/<id>.toml`.
    Checkpoints,
}

impl FileGroup {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 3] = [Self::Cameras, Self::Devices, Self::Checkpoints];

    /// The folder's name.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Cameras => "cameras",
            Self::Devices => "devices",
            Self::Checkpoints => "checkpoints",
        }
    }

    /// The word for one of them.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cameras => "camera",
            Self::Devices => "device",
            Self::Checkpoints => "checkpoint",
        }
    }
}

impl fmt::Display for FileGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.folder())
    }
}
