//! One run of a camera: what is shown, and what is truly there.

use std::ops::Range;

use fastrand::Rng;
use standing::Cue;

use crate::cable::Cable;
use crate::condition::{Chance, Condition};
use crate::cutout::CutOut;
use crate::place::Rect;
use crate::scene::{CAMERA, Scene};
use crate::thing::Thing;

/// How real a thing is. Figures of one are never added to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// It stood in the recorded street. What light and weather do to the picture is computed, but by day.
    Real,
    /// A photograph of it was laid into the recorded street.
    Composed,
    /// It was drawn into the recorded street.
    Drawn,
}

impl Evidence {
    pub(crate) const ALL: [Self; 3] = [Self::Real, Self::Composed, Self::Drawn];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Composed => "composed",
            Self::Drawn => "drawn",
        }
    }
}

/// Something that is laid into pictures.
#[derive(Clone)]
pub(crate) enum Object {
    Drawn(Thing),
    Cut(CutOut),
    Cable(Cable),
}

impl Object {
    pub(crate) fn place(&self) -> Rect {
        match self {
            Self::Drawn(thing) => thing.place,
            Self::Cut(cut) => cut.place,
            Self::Cable(cable) => cable.place(),
        }
    }

    pub(crate) fn what(&self) -> String {
        match self {
            Self::Drawn(thing) => format!("{:?}, drawn", thing.kind),
            Self::Cut(cut) => cut.of.what.clone(),
            Self::Cable(cable) => cable.what(),
        }
    }

    pub(crate) fn draw(&self, picture: &mut [f32], width: usize, shift: (f32, f32)) {
        match self {
            Self::Drawn(thing) => thing.draw(picture, width, shift),
            Self::Cut(cut) => cut.draw(picture, width, shift),
            Self::Cable(cable) => cable.draw(picture, width, shift),
        }
    }
}

/// An object, and when it is there, in seconds of the run.
#[derive(Clone)]
pub(crate) struct Laid {
    pub(crate) object: Object,
    pub(crate) stands: Range<f64>,
}

/// Something that an alert is due for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Truth {
    /// Of which incident.
    pub(crate) code: &'static str,
    /// Other incidents that it truly is as well.
    pub(crate) implies: &'static [&'static str],
    pub(crate) zone: String,
    pub(crate) is_held_out: bool,
    pub(crate) evidence: Evidence,
    pub(crate) what: String,
    /// Where it is. An alert must show something there.
    pub(crate) places: Vec<Rect>,
    /// Pixels of its height.
    pub(crate) size_px: f32,
    /// The share of the passage's width that it takes, if it blocks one.
    pub(crate) taken: Option<f32>,
    /// When it is there, in seconds of the run.
    pub(crate) stands: Range<f64>,
}

/// One run of a camera, from a start that knows nothing.
#[derive(Clone)]
pub(crate) struct Case {
    /// Whose zones and rules these are. All look at the same street.
    pub(crate) camera: &'static str,
    pub(crate) condition: Condition,
    pub(crate) seed: u64,
    pub(crate) secs: f64,
    /// Nothing is due: whatever is told of a thing is wrong.
    pub(crate) is_empty: bool,
    pub(crate) laid: Vec<Laid>,
    pub(crate) truths: Vec<Truth>,
    /// It only tells what cues are worth.
    pub(crate) is_ablation: bool,
    /// A cue that does not count in this run.
    pub(crate) without: Option<Cue>,
}

/// What is random in a run.
pub(crate) struct Dice {
    /// The second of the clip with which the run begins.
    pub(crate) start_secs: f64,
    pub(crate) chance: Chance,
}

/// In a run with things: when they come, when they leave, and how long it is, in seconds. A zone is
/// learned in nine looks, three seconds apart; a dwell is 30 s.
pub(crate) const COMES: f64 = 45.0;
pub(crate) const LEAVES: f64 = 129.0;
pub(crate) const RUN_SECS: f64 = 156.0;

impl Case {
    /// A run in which things come and leave.
    pub(crate) fn with_things(condition: Condition, seed: u64) -> Self {
        Self { is_empty: false, ..Self::empty(condition, seed, RUN_SECS) }
    }

    /// A run in which nothing is laid into the street.
    pub(crate) const fn empty(condition: Condition, seed: u64, secs: f64) -> Self {
        Self {
            camera: CAMERA,
            condition,
            seed,
            secs,
            is_empty: true,
            laid: Vec::new(),
            truths: Vec::new(),
            is_ablation: false,
            without: None,
        }
    }

    /// Whether both are of one kind, and show the same pictures: all of them follow from this.
    pub(crate) fn shows_the_same_as(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.is_ablation, it.is_empty, it.condition, it.seed);
        of(self) == of(other)
    }

    /// The same dice for every part of the run that asks.
    pub(crate) fn dice(&self, scene: &Scene) -> Dice {
        let mut rng = Rng::with_seed(self.seed);
        let last = if self.is_empty { 0.8 * self.secs } else { LEAVES - 30.0 };
        let chance = Chance::drawn(30.0..last as f32, &mut rng);
        let start_secs = rng.f64() * scene.length_secs();
        Dice { start_secs, chance }
    }
}
