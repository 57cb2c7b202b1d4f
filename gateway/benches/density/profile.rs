//! What cameras are asked to watch: the profiles of the bench.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Result, bail};

use super::scenes::SCENES;

/// How a street uses its cameras.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Rules with a dwell of five minutes.
    Dwell,
    /// Five pictures a second of every camera.
    Fast,
    /// The street of 847 cameras, scaled down.
    Street,
    /// Rules for things of no class, with a dwell of five minutes.
    Unknown,
}

/// Scenes by number, as often as they are met.
const DAY_AND_NIGHT: [usize; 10] = [0, 1, 2, 3, 1, 0, 4, 1, 2, 1];

impl Profile {
    /// The profile of this letter.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn of(letter: &str) -> Result<Self> {
        Ok(match letter {
            "a" => Self::Dwell,
            "b" => Self::Fast,
            "c" => Self::Street,
            "u" => Self::Unknown,
            "d" => bail!("profile d needs sub-streams, which the gateway cannot use yet"),
            _ => bail!("DENSITY_PROFILES knows a, b, c and u, not {letter:?}"),
        })
    }

    /// As the table says it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Dwell => "(a) every camera: a rule with a dwell of 300 s",
            Self::Unknown => {
                "(u) every camera: whatever newly stands in a fire lane for 300 s, things of no class too"
            }
            Self::Fast => "(b) every camera: five pictures a second",
            Self::Street => {
                "(c) the street: 90 % dwell rules, 10 % fast rules, 5 % with an open incident, half of it at night"
            }
        }
    }

    /// What the camera of this number shows.
    pub(crate) fn scene(self, camera: u32) -> usize {
        match self {
            // The parked cars of the photograph are what stands there.
            Self::Street if self.is_open(camera) => 2,
            _ => DAY_AND_NIGHT[camera as usize % DAY_AND_NIGHT.len()],
        }
    }

    /// Pictures a second that somebody who runs the detector at a fixed pace would look at.
    pub(crate) fn fixed_pace(self, camera: u32) -> u32 {
        match self {
            _ if self.is_fast(camera) => 5,
            _ => 1,
        }
    }

    fn is_fast(self, camera: u32) -> bool {
        self == Self::Fast || self == Self::Street && camera % 10 == 3
    }

    fn is_open(self, camera: u32) -> bool {
        self == Self::Street && camera % 20 == 7
    }

    fn rule(self, camera: u32) -> &'static str {
        if self == Self::Unknown {
            "type = \"fire_passage_blocked\"\ndwell_secs = 300\n"
        } else if self == Self::Fast {
            // A look every fifth of a second; nothing of this stands there.
            "type = \"other\"\nkind = \"standing\"\nclasses = [\"bus\", \"truck\"]\ndwell_secs = 2\n"
        } else if self.is_fast(camera) {
            "type = \"other\"\nkind = \"prohibited\"\nclasses = [\"motorcycle\", \"bicycle\"]\nconfirm_secs = 2\n"
        } else if self.is_open(camera) {
            "type = \"other\"\nkind = \"standing\"\nclasses = [\"car\", \"truck\", \"bus\"]\ndwell_secs = 10\n\
             min_score = 0.2\n"
        } else {
            "type = \"other\"\nkind = \"standing\"\n\
             classes = [\"car\", \"truck\", \"bus\", \"motorcycle\", \"bicycle\"]\ndwell_secs = 300\n"
        }
    }

    /// The file of a camera.
    pub(crate) fn camera_toml(self, camera: u32, cameras_at: SocketAddr) -> String {
        let id = camera_id(camera);
        // A lane of a fifth of the picture; where something stands, the whole picture.
        let zone = if self.is_open(camera) {
            "[[0, 0], [1919, 0], [1919, 1079], [0, 1079]]"
        } else {
            "[[700, 350], [1200, 350], [1500, 1000], [500, 1000]]"
        };
        format!(
            "id = \"{id}\"\nurl = \"rtsp://{cameras_at}/{id}\"\npicture_px = [1920, 1080]\n\
             [place]\nlongitude = 117.112\nlatitude = 40.144\naccuracy_metres = 15.0\n\
             [[zone]]\nid = \"lane\"\npolygon_px = {zone}\n[[rule]]\nid = \"lane\"\nzone = \"lane\"\n{}",
            self.rule(camera)
        )
    }

    /// So many simulated cameras, as hw-sim reads them.
    pub(crate) fn scenario_toml(self, cameras: u32) -> String {
        let mut text = "title = \"density\"\nduration_secs = 60\n".to_owned();
        for camera in 1..=cameras {
            let clip = SCENES[self.scene(camera)].file;
            let _infallible = write!(
                text,
                "[[camera]]\nid = \"{}\"\nclip = \"{clip}\"\nplayback = \"loop\"\nstart_offset_secs = {}.0\n",
                camera_id(camera),
                camera * 7 % 38,
            );
        }
        text
    }
}

/// The id of the camera of this number, from 1.
pub(crate) fn camera_id(number: u32) -> String {
    format!("cam-{number:03}")
}
