//! What the camera that sees a door or sensor has shown of an alert.

use rule::Slug;
use serde::{Deserialize, Serialize};

/// The camera that sees a door or sensor, and what it has shown of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraWitness {
    /// The camera.
    pub camera: Slug,
    /// What it has shown.
    pub sight: Sight,
}

/// What a camera has shown of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sight {
    /// It was asked for a picture; an update follows.
    Asked,
    /// Its picture is evidence of the alert.
    Shown,
    /// It delivers, and nothing can be seen.
    Blind,
    /// It does not deliver.
    Offline,
    /// The gateway has no such camera at work.
    Unknown,
    /// It delivers, and no picture came in time.
    Late,
    /// The device told of it so late that no camera shows it any more.
    Past,
}

impl CameraWitness {
    /// What people are told of it; empty if there is a picture, or will be one.
    pub(crate) fn words(&self) -> String {
        let why = match self.sight {
            Sight::Asked | Sight::Shown => return String::new(),
            Sight::Past => return "；该事件系设备补传，无当时画面".to_owned(),
            Sight::Blind => "画面无法看清",
            Sight::Offline => "离线，当前无画面",
            Sight::Unknown => "未接入本网关，无画面",
            Sight::Late => "未及时传回画面",
        };
        format!("；关联摄像机{}{why}，未能取得现场照片", self.camera)
    }
}
