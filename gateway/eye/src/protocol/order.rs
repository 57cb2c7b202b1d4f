//! What the gateway tells an eye.

use std::path::PathBuf;
use std::time::Duration;

use camera::{Learnt, LookPace, RingBounds};
use detector::{
    CableFiles, DetectSettings, HeadFiles, ManifestError, ModelFiles, Precision, SecondLookFiles,
};
use scene::{BoundingBox, CaptureTime, Point, Polygon};
use serde::{Deserialize, Serialize};

use super::demand::{CableDemand, Crops, QuietWatch};
use super::wire::{Micros, WireBox, WirePolygon};

/// Grows with every change of what is said. Both sides are the same program, so it differs only if
/// a file was replaced while the gateway ran.
pub const PROTOCOL: u32 = 11;

/// The gateway's number for a camera at work. No other camera ever gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CameraNumber(pub u32);

/// One order. Those that name a camera which the eye does not have change nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// The first of all: what the eye is to be.
    Start(Start),
    /// Connect to a camera and look at it.
    TakeIn(Box<Seat>),
    /// Look at a camera in another way from now on.
    Watch {
        /// Which.
        camera: CameraNumber,
        /// How.
        watch: Watch,
    },
    /// Go on with what an earlier eye knew of a zone: what stands there since is found. It follows the
    /// camera's seat.
    Refer {
        /// Which camera.
        camera: CameraNumber,
        /// Which zone, and how it looks when nothing new stands in it.
        reference: Reference,
    },
    /// What stands in this zone now belongs there: whatever is there later has come.
    Free {
        /// Which camera.
        camera: CameraNumber,
        /// Which zone.
        zone: String,
    },
    /// End a camera's session and forget the camera.
    TakeOut(CameraNumber),
    /// Forget what was kept for clips, and keep no more: part of the picture is private now.
    ForgetFootage(CameraNumber),
    /// Mask and encode the picture that this lane holds.
    Show {
        /// Which lane.
        lane: u16,
        /// What to show and hide.
        request: ShotRequest,
    },
    /// Let go of the picture that this lane holds.
    LetGo {
        /// Which lane.
        lane: u16,
    },
    /// Cut a clip once its time has passed.
    CutClip(ClipOrder),
    /// End all sessions, then yourself.
    Stop,
}

/// What an eye is. The model's weights follow it on the socket, as they are, and behind them those of the
/// model that looks at crops, and of the net that finds new cables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`super::PROTOCOL`] of the gateway.
    pub protocol: u32,
    /// Names it in the log. No other eye of this gateway ever gets it.
    pub number: u32,
    /// ONNX Runtime.
    pub onnxruntime_file: PathBuf,
    /// Where `model.toml` was, and what was in it, when the gateway started. So all eyes run the model
    /// that alerts name, whatever becomes of its folder.
    pub(crate) model_toml: (PathBuf, String),
    /// Whose weights follow.
    pub(crate) precision: Precision,
    /// How long they are.
    pub(crate) weights_bytes: u64,
    /// The model that looks at crops, if there is one.
    pub(crate) second_look: Option<SecondLookStart>,
    /// The net that finds new cables, if there is one.
    pub(crate) cable: Option<CableStart>,
    /// How many pictures it looks at side by side: its lanes.
    pub lanes: u16,
}

impl Start {
    /// An eye with this number and so many lanes that runs `model` with the library
    /// `onnxruntime_file`.
    #[must_use]
    pub fn new((number, lanes): (u32, u16), model: &ModelFiles, onnxruntime_file: PathBuf) -> Self {
        Self {
            protocol: PROTOCOL,
            number,
            onnxruntime_file,
            model_toml: (model.path().to_owned(), model.text().to_owned()),
            precision: model.precision,
            weights_bytes: model.weights().len() as u64,
            second_look: model.second_look.as_ref().map(SecondLookStart::of),
            cable: model.cable.as_ref().map(CableStart::of),
            lanes,
        }
    }
}

/// The model that looks at crops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SecondLookStart {
    /// Where its `model.toml` was, and what was in it.
    pub(crate) model_toml: (PathBuf, String),
    /// How long its weights are.
    pub(crate) weights_bytes: u64,
    /// Its heads. They are short.
    heads: Vec<HeadStart>,
}

/// A head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct HeadStart {
    /// Where its `model.toml` was, and what was in it.
    model_toml: (PathBuf, String),
    weights: Vec<u8>,
}

impl SecondLookStart {
    fn of(files: &SecondLookFiles) -> Self {
        Self {
            model_toml: (files.model.path().to_owned(), files.model.text().to_owned()),
            weights_bytes: files.model.weights().len() as u64,
            heads: files.heads.iter().map(HeadStart::of).collect(),
        }
    }

    /// The files that it tells of; the weights have come behind it.
    ///
    /// # Errors
    /// They do not belong together.
    pub(crate) fn files(&self, weights: Vec<u8>) -> Result<SecondLookFiles, ManifestError> {
        let heads = self.heads.iter().map(|HeadStart { model_toml, weights }| {
            HeadFiles::handed_over(model_toml.clone(), weights.clone())
        });
        let heads = heads.collect::<Result<_, _>>()?;
        SecondLookFiles::handed_over(self.model_toml.clone(), weights)?.with_heads(heads)
    }
}

impl HeadStart {
    fn of(files: &HeadFiles) -> Self {
        let model_toml = (files.path().to_owned(), files.text().to_owned());
        Self { model_toml, weights: files.weights().to_owned() }
    }
}

/// The net that finds new cables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CableStart {
    /// Where its `model.toml` was, and what was in it.
    model_toml: (PathBuf, String),
    /// How long its weights are.
    pub(crate) weights_bytes: u64,
}

impl CableStart {
    fn of(files: &CableFiles) -> Self {
        let model_toml = (files.path().to_owned(), files.text().to_owned());
        Self { model_toml, weights_bytes: files.weights().len() as u64 }
    }

    /// The files that it tells of; the weights have come behind it.
    ///
    /// # Errors
    /// `model.toml` has faults.
    pub(crate) fn files(&self, weights: Vec<u8>) -> Result<CableFiles, ManifestError> {
        CableFiles::handed_over(self.model_toml.clone(), weights)
    }
}

/// A camera's place in an eye.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seat {
    /// The gateway's number for it.
    pub camera: CameraNumber,
    /// Its stream. The password is in it: it comes by the socket, and the eye can read no file.
    pub stream: camera::Settings,
    /// How to look at it.
    pub watch: Watch,
    /// What to keep of it for clips; none if no clips are wanted.
    pub footage: Option<RingBounds>,
    /// What earlier sessions with it have taught.
    pub learnt: Learnt,
}

/// How a camera is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// How often its rules want a picture.
    pub interval: Duration,
    /// What they look for.
    pub detect: DetectSettings,
    /// Whether they want to know what the picture looks like as a whole.
    pub wants_appearance: bool,
    /// Zones in which whatever newly stands is looked for. Of one camera the first
    /// [`scene::MOST_STANDING_ZONES`] are watched.
    pub standing: Vec<StandingZone>,
    /// Zones in which two-wheelers are looked at a second time.
    pub second_look: Vec<StandingZone>,
    /// Parts of the picture that its rules ask about.
    pub crops: Crops,
    /// Whether and where it is looked for new cables.
    pub cables: CableDemand,
    /// Nothing is in sight, so not every look needs the detector; none if something is.
    pub quiet: Option<QuietWatch>,
}

impl Watch {
    /// How often it is looked at.
    #[must_use]
    pub fn pace(&self) -> LookPace {
        let longest = self.quiet.as_ref().and_then(|quiet| quiet.longest_look);
        LookPace { interval: self.interval, longest }
    }
}

/// A zone in which more is looked for than what the detector finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandingZone {
    /// Its id.
    pub id: String,
    outline: WirePolygon,
    /// What leaves it is told for as long as it is gone.
    pub keeps_what_leaves: bool,
}

impl StandingZone {
    /// The zone of this id with this outline.
    #[must_use]
    pub fn new(id: &str, outline: &Polygon) -> Self {
        Self { id: id.to_owned(), outline: outline.into(), keeps_what_leaves: false }
    }

    /// Its outline; none if it is no polygon.
    pub(crate) fn outline(&self) -> Option<Polygon> {
        self.outline.clone().try_into().ok()
    }
}

/// How a zone looks when nothing new stands in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The zone. With another outline it says nothing.
    pub zone: StandingZone,
    /// As [`standing::ZoneWatch::saved`] gives it.
    pub saved: Vec<u8>,
    /// It was learned without any before. What stood in the zone by then is in it.
    pub is_anew: bool,
}

impl Reference {
    /// Whether a watch can go on with it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.saved.len() <= standing::LONGEST_SAVED_BYTES && standing::check(&self.saved).is_ok()
    }

    /// The same with everything blank that `private` covers; none if it covers nothing of the zone, or if
    /// this is no reference at all.
    #[must_use]
    pub fn blanked(&self, private: &[Polygon]) -> Option<Self> {
        let place = self.zone.outline()?.bounds();
        let in_picture = |point: Point| Point {
            x: place.left + point.x * place.width(),
            y: place.top + point.y * place.height(),
        };
        let is_private = |point| private.iter().any(|zone| zone.contains(in_picture(point)));
        let saved = standing::blanked(&self.saved, is_private).ok().flatten()?;
        Some(Self { saved, ..self.clone() })
    }
}

/// What a masked picture must show and hide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShotRequest {
    boxes: Vec<WireBox>,
    zones: Vec<WirePolygon>,
    /// Also the picture as the camera took it.
    pub with_original: bool,
}

impl ShotRequest {
    /// Outlines `boxes` and fills `zones`.
    #[must_use]
    pub fn new(boxes: &[BoundingBox], zones: &[Polygon], with_original: bool) -> Self {
        Self {
            boxes: boxes.iter().map(WireBox::from).collect(),
            zones: zones.iter().map(WirePolygon::from).collect(),
            with_original,
        }
    }

    /// Objects to be outlined.
    pub(crate) fn boxes(&self) -> Vec<BoundingBox> {
        self.boxes.iter().map(|it| it.within_the_picture()).collect()
    }

    /// Areas to be filled; none at all if one of them is no polygon, because a picture with a zone
    /// left open must not leave.
    pub(crate) fn zones(&self) -> Option<Vec<Polygon>> {
        self.zones.iter().map(|it| it.clone().try_into().ok()).collect()
    }
}

/// A clip to be cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClipOrder {
    /// The gateway's number for it.
    pub job: u64,
    /// Whose.
    pub camera: CameraNumber,
    from: Micros,
    to: Micros,
    /// A camera that falls silent is waited for no longer than this.
    pub patience: Duration,
}

impl ClipOrder {
    /// Of what `camera` shows from `from` to `to`.
    #[must_use]
    pub fn new(
        job: u64,
        camera: CameraNumber,
        (from, to): (CaptureTime, CaptureTime),
        patience: Duration,
    ) -> Self {
        Self { job, camera, from: from.into(), to: to.into(), patience }
    }

    /// Its first and last instant.
    pub(crate) fn span(&self) -> (CaptureTime, CaptureTime) {
        (self.from.into(), self.to.into())
    }
}
