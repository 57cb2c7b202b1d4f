//! Rules: what must be seen, where and for how long, before it is an incident. One file a rule.

mod beside;
mod company;
mod crossing;
mod gathering;
mod micros;
mod obstruction;
mod presence;
mod prohibited;
mod ranges;
mod reach;
mod sampling;
pub mod schedule;
mod slug;
mod sought;
mod spot;
mod spots;
#[cfg(test)]
mod stage;
mod stall;
mod standing;
mod tally;
mod trail;
mod view_fault;
mod zone;

use std::time::Duration;

use scene::{
    BoundingBox, CaptureTime, Class, GroundPlane, Observation, track::Track, track::TrackId,
};

pub use beside::{Beside, BesideSettings};
pub use crossing::{Crossing, CrossingSettings};
pub use gathering::{Gathering, GatheringSettings};
pub use micros::micros;
pub use obstruction::{Obstruction, ObstructionLimit, ObstructionSettings};
pub use presence::Presence;
pub use prohibited::{Prohibited, ProhibitedSettings};
pub use reach::Reach;
pub use slug::{InvalidSlug, Slug};
pub use sought::Sought;
pub use stall::{Stall, StallSettings};
pub use standing::{Standing, StandingSettings};
pub use view_fault::{Keepsake, Sight};
pub use view_fault::{Scene, SceneSettings, ViewFault};
pub use zone::Zone;

pub use ranges::Fault;

/// Something that watches one zone of one camera. Pure: equal pictures give equal verdicts.
pub trait Rule: Send {
    /// Takes one analysed picture into account. Pictures come in order of capture, except after
    /// [`Rule::step_back`].
    fn assess(&mut self, view: &View<'_>) -> Verdict;

    /// The clock stepped back: the next picture is dated `at`, no later than the one before. What
    /// is remembered stays, but none of it lies after `at`, and track identities mean nothing now.
    fn step_back(&mut self, at: CaptureTime);

    /// How often it must be shown a picture while the incident is in this phase.
    fn sampling(&self, phase: Phase) -> Sampling;

    /// What it saw, in Chinese, for the case system: no personal data, e.g. `1个目标停留超过300秒`.
    fn describe(&self, finding: &Finding) -> String;

    /// The least score, 0..=1, at which a detection counts.
    fn threshold(&self) -> f32;

    /// Everything it remembers, for [`Rule::restore`].
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known for the shipped rules.
    fn snapshot(&self) -> Result<serde_json::Value, serde_json::Error>;

    /// Takes over what an earlier run remembered, of which track identities mean nothing now.
    /// Answers `false`, and starts with no memory, if another kind of rule wrote it.
    ///
    /// Settings may have changed in between: what no longer fits is missed in the next pictures
    /// and forgotten, what still fits keeps its dwell.
    fn restore(&mut self, memory: &serde_json::Value) -> bool;
}

/// One analysed picture as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Time watched since the assessor began: capture time less all observation gaps. Spans are
    /// measured on it, so that blindness counts neither towards a dwell nor towards a clearing.
    pub watched: Duration,
    /// The picture.
    pub observation: &'a Observation,
    /// The tracks that this picture shows; lost ones are left out.
    pub tracks: &'a [&'a Track],
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

/// What a rule concludes from the pictures up to this one.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing of interest in sight.
    Clear,
    /// Something that may become an incident, or one that is out of sight in this picture.
    Candidate,
    /// The condition holds and this picture shows it.
    Met(Finding),
}

/// What a rule found: the facts behind an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The first picture that showed it.
    pub since_at: CaptureTime,
    /// How long it has lasted, gaps not counted.
    pub dwell: Duration,
    /// Pictures since then that showed it.
    pub pictures_positive: u32,
    /// Pictures analysed since then.
    pub pictures_total: u32,
    /// Mean score of the pictures that showed it, 0..=1; of a fault of the camera, which has no
    /// score, the share of the pictures that showed it.
    pub confidence: f32,
    /// Objects that meet the rule; 0 for a fault of the camera.
    pub count: u32,
    /// Those of them that this picture shows, the longest standing first.
    pub subjects: Vec<Subject>,
}

/// An object behind an alert, as one picture shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// What it is.
    pub class: Class,
    /// The detector's score, 0..=1.
    pub score: f32,
    /// Where it is, normalised.
    pub bbox: BoundingBox,
    /// The track that shows it.
    pub track_id: TrackId,
}

impl Subject {
    fn of(track: &Track) -> Self {
        let Track { class, score, bbox, id, .. } = track;
        Self { class: class.clone(), score: *score, bbox: *bbox, track_id: *id }
    }
}

/// Where an incident is in its life, as far as sampling is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing in sight.
    Idle,
    /// Something may become an incident.
    Candidate,
    /// An incident is open.
    Open,
}

/// How often a camera must be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sampling {
    /// The longest time between two analysed pictures that the rules tolerate.
    pub interval: Duration,
}

/// The kinds of rule and their own settings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RuleKind {
    /// An object of these classes stands in the zone for so long.
    Standing(StandingSettings),
    /// At least so many objects are in the zone at once for so long.
    Gathering(GatheringSettings),
    /// An object of these classes is in the zone at all.
    Prohibited(ProhibitedSettings),
    /// Objects pass over a directed line.
    Crossing(CrossingSettings),
    /// What stands in a passage leaves too little of it free.
    Obstruction(ObstructionSettings),
    /// An object of these classes stands in the zone near one of those.
    Beside(BesideSettings),
    /// Somebody stays with goods that stand in the zone.
    Stall(StallSettings),
    /// Something is wrong with the camera's view.
    Scene(SceneSettings),
}

/// What the settings of every kind of rule can say.
trait KindSettings {
    /// The first setting out of range and what was expected of it.
    fn fault(&self) -> Option<Fault>;

    /// The classes that the detector must look for.
    fn classes(&self) -> Wanted;

    /// Whether it must be shown what the picture looks like as a whole.
    fn needs_appearance(&self) -> bool {
        false
    }

    /// The rule with no memory yet. `clear_after` is how long an open incident outlasts its cause.
    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule>;
}

/// The object classes that a rule must be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// These.
    Only(Vec<Class>),
    /// Whatever the model knows.
    All,
}

impl RuleKind {
    fn settings(&self) -> &dyn KindSettings {
        match self {
            Self::Standing(settings) => settings,
            Self::Gathering(settings) => settings,
            Self::Prohibited(settings) => settings,
            Self::Crossing(settings) => settings,
            Self::Obstruction(settings) => settings,
            Self::Beside(settings) => settings,
            Self::Stall(settings) => settings,
            Self::Scene(settings) => settings,
        }
    }

    /// The first setting out of range, and what was expected of it.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.settings().fault()
    }

    /// The rule with no memory yet. `clear_after` is how long an open incident outlasts its cause.
    #[must_use]
    pub fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        self.settings().build(zone, clear_after)
    }

    /// The classes that it must be shown.
    #[must_use]
    pub fn classes(&self) -> Wanted {
        self.settings().classes()
    }

    /// Whether it must be shown [`Observation::appearance`], which costs time.
    #[must_use]
    pub fn needs_appearance(&self) -> bool {
        self.settings().needs_appearance()
    }

    /// Whether its zone is a part of the ground, and not of a wall or of the picture as such.
    #[must_use]
    pub fn lies_on_ground(&self) -> bool {
        match self {
            Self::Standing(StandingSettings { presence, .. })
            | Self::Gathering(GatheringSettings { presence, .. })
            | Self::Prohibited(ProhibitedSettings { presence, .. })
            | Self::Beside(BesideSettings { presence, .. })
            | Self::Stall(StallSettings { presence, .. }) => *presence == Presence::Foot,
            Self::Crossing(_) | Self::Obstruction(_) => true,
            Self::Scene(_) => false,
        }
    }
}
