//! `prohibited`: an object of these classes is in this zone at all, even if only for seconds.
//!
//! One picture may be wrong, so three (`confirm_pictures`) must show the same object within the confirmation
//! time, by its track or by its place. It may move: an e-bike that is pushed into a lift is one object.
//!
//! Looks twice in the confirmation time, at least every second, while nothing is in sight; as soon
//! as one picture shows something, ten times in the confirmation time: every 0.2 s by default. A
//! ride of eight seconds in a lift is long enough for both.

#[cfg(test)]
mod tests;

use std::time::Duration;

use scene::{CaptureTime, Class, Thresholds, track::Track};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{MIN_INTERVAL, Phase, Sampling};
use crate::sought::Sought;
use crate::tally::{MIN_POSITIVE, Tally, TallyV1};
use crate::terms::{ClassesTerm, PresenceTerms, ScoreTerm, ShareTerm, secs};
use crate::trail::{self, Trail, TrailV1};
use crate::verdict::{Finding, Subject, Verdict};
use crate::view::View;
use crate::zone::Zone;

/// Slower than this, who stays for seconds would be missed.
const MAX_INTERVAL: Duration = Duration::from_secs(1);
/// Pictures wanted per confirmation once something is in sight.
const PICTURES_PER_CONFIRMATION: u32 = 10;

/// How many pictures may be asked for. One alone proves nothing, and there are ten in a confirmation time.
const CONFIRM_PICTURES: std::ops::RangeInclusive<u32> = 2..=10;

/// The longest time in which an object may have to be confirmed.
const MAX_CONFIRM_SECS: u32 = 60;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ProhibitedTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// How soon it must be certain.
    #[schemars(range(min = 1, max = MAX_CONFIRM_SECS))]
    confirm_secs: Option<u32>,
    /// How many pictures must show it in that time. Left out: 3.
    #[schemars(range(min = 2, max = 10))]
    confirm_pictures: Option<u32>,
    #[serde(flatten)]
    presence: PresenceTerms,
    #[serde(flatten)]
    score: ScoreTerm,
    #[serde(flatten)]
    share: ShareTerm,
}

impl KindTerms for ProhibitedTerms {
    const NAME: &'static str = "prohibited";
    const MEANING: &'static str = "an object of these classes is in the zone at all";
    type Settings = ProhibitedSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<ProhibitedSettings> {
        let usual = ProhibitedSettings::new(self.classes.or(&[], reading)?);
        Some(ProhibitedSettings {
            confirm: self.confirm_secs.map_or(usual.confirm, secs),
            pictures: self.confirm_pictures.unwrap_or(usual.pictures),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            ..usual
        })
    }
}

/// What must not be where.
#[derive(Debug, Clone, PartialEq)]
pub struct ProhibitedSettings {
    /// Any of these counts.
    pub classes: Vec<Class>,
    /// Within this time enough pictures must show one object, 1 s to 60 s.
    pub confirm: Duration,
    /// How many are enough, 2 to 10.
    pub pictures: u32,
    /// When it is in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the pictures from the first to the last of those that must show it,
    /// above 0 to 1.
    pub min_share: f32,
}

impl ProhibitedSettings {
    /// These classes, confirmed by three pictures within 2 s; foot point, the usual score, half of the pictures.
    #[must_use]
    pub fn new(classes: Vec<Class>) -> Self {
        Self {
            classes,
            confirm: Duration::from_secs(2),
            pictures: MIN_POSITIVE,
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.5,
        }
    }
}

impl KindSettings for ProhibitedSettings {
    fn fault(&self) -> Option<Fault> {
        let confirmation = secs(1)..=secs(MAX_CONFIRM_SECS);
        ranges::classes(&self.classes)
            .or_else(|| {
                (!confirmation.contains(&self.confirm)).then_some(("confirm", "1 to 60 seconds"))
            })
            .or_else(|| {
                (!CONFIRM_PICTURES.contains(&self.pictures)).then_some(("pictures", "2 to 10"))
            })
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_share", self.min_share))
            .or_else(|| self.presence.fault())
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn lies_on_ground(&self) -> bool {
        self.presence == Presence::Foot
    }

    fn sought(&self) -> Option<Sought> {
        Some(Sought::in_zone(&self.classes, self.presence, &self.min_score))
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Prohibited::new(self.clone(), zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Prohibited {
    settings: ProhibitedSettings,
    zone: Zone,
    clear_after: Duration,
    suspects: Vec<Suspect>,
}

/// An object that should not be here, if it is one.
#[derive(Debug, Clone, PartialEq)]
struct Suspect {
    trail: Trail,
    /// One since each of the latest sightings, as many as must be, the oldest first; once confirmed,
    /// only the one that confirmed it.
    tallies: Vec<Tally>,
    /// Enough pictures have shown it.
    confirmed: bool,
    /// The object in the current picture, if that shows it.
    subject: Option<Subject>,
}

impl Prohibited {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its object.
    fn new(settings: ProhibitedSettings, zone: Zone, clear_after: Duration) -> Self {
        Self { settings, zone, clear_after, suspects: Vec::new() }
    }

    fn is_forgotten(&self, suspect: &Suspect, view: &View<'_>) -> bool {
        let confirm = self.settings.confirm;
        let memory = if suspect.confirmed { confirm.max(self.clear_after) } else { confirm };
        view.watched.saturating_sub(suspect.trail.seen) > memory
    }

    /// Confirmed objects that this picture or one within the confirmation time before shows.
    fn present(&self, view: &View<'_>) -> usize {
        let is_recent = |suspect: &&Suspect| {
            view.watched.saturating_sub(suspect.trail.seen) <= self.settings.confirm
        };
        self.suspects.iter().filter(|suspect| suspect.confirmed).filter(is_recent).count()
    }

    fn verdict(&self, view: &View<'_>) -> Verdict {
        let confirmed = || self.suspects.iter().filter(|suspect| suspect.confirmed);
        let subjects = || confirmed().filter_map(|suspect| suspect.subject.clone());
        let shown = confirmed().find(|suspect| suspect.subject.is_some());
        match shown.and_then(|suspect| suspect.tallies.first()) {
            Some(tally) => {
                Verdict::Met(tally.finding(view, self.present(view), subjects().collect()))
            }
            None if self.suspects.is_empty() => Verdict::Clear,
            None => Verdict::Candidate,
        }
    }
}

impl Rule for Prohibited {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let Self { settings, zone, .. } = &*self;
        let visible: Vec<&Track> = view
            .tracks
            .iter()
            .copied()
            .filter(|track| settings.classes.contains(&track.class))
            .collect();
        let in_zone = |track: &&Track| settings.presence.holds(zone, &track.bbox);
        let inside: Vec<&Track> = visible.iter().copied().filter(in_zone).collect();
        let mut suspects = std::mem::take(&mut self.suspects);
        suspects.retain(|suspect| !self.is_forgotten(suspect, view));
        let trails = suspects.iter().map(|suspect| &suspect.trail);
        let heirs = trail::continued(trails, &visible, &inside);
        for (suspect, heir) in suspects.iter_mut().zip(&heirs) {
            suspect.begin_picture();
            if let Some(track) = heir.and_then(|index| inside.get(index)) {
                suspect.see(track, view, &self.settings);
            }
        }
        let strangers = inside.iter().enumerate().filter(|(i, _)| !heirs.contains(&Some(*i)));
        suspects.extend(strangers.map(|(_, track)| Suspect::new(track, view)));
        self.suspects = suspects;
        self.verdict(view)
    }

    fn step_back(&mut self, at: CaptureTime) {
        for suspect in &mut self.suspects {
            suspect.trail.step_back(at);
            for tally in &mut suspect.tallies {
                tally.step_back(at);
            }
        }
    }

    /// Also while an incident is open: the next one may enter before it clears.
    fn sampling(&self, _: Phase) -> Sampling {
        let ProhibitedSettings { confirm, .. } = self.settings;
        let undecided = self.suspects.iter().any(|suspect| !suspect.confirmed);
        let pictures = if undecided { PICTURES_PER_CONFIRMATION } else { 2 };
        Sampling { interval: (confirm / pictures).clamp(MIN_INTERVAL, MAX_INTERVAL) }
    }

    fn describe(&self, finding: &Finding) -> String {
        format!("{}个禁止进入的目标出现在区域内", finding.count)
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score.usual()
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        let suspects: Vec<SuspectV1> = self.suspects.iter().map(SuspectV1::of).collect();
        memory::write(ProhibitedTerms::NAME, suspects)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let suspects: Option<Vec<SuspectV1>> = memory::read(ProhibitedTerms::NAME, memory);
        self.suspects = suspects.iter().flatten().map(SuspectV1::suspect).collect();
        suspects.is_some()
    }
}

impl Suspect {
    fn new(track: &Track, view: &View<'_>) -> Self {
        Self {
            trail: Trail::of(track, view),
            tallies: vec![Tally::begin(track.score, view)],
            confirmed: false,
            subject: Some(Subject::of(track)),
        }
    }

    fn begin_picture(&mut self) {
        self.subject = None;
        self.tallies.iter_mut().for_each(Tally::begin_picture);
    }

    fn see(&mut self, track: &Track, view: &View<'_>, settings: &ProhibitedSettings) {
        self.trail = Trail::of(track, view);
        self.subject = Some(Subject::of(track));
        for tally in &mut self.tallies {
            tally.see(track.score);
        }
        if self.confirmed {
            return;
        }
        self.tallies.push(Tally::begin(track.score, view));
        if self.tallies.first().is_some_and(|oldest| oldest.positive > settings.pictures) {
            self.tallies.remove(0);
        }
        self.confirmed = self.tallies.first().is_some_and(|oldest| {
            oldest.positive >= settings.pictures
                && view.watched.saturating_sub(oldest.since) <= settings.confirm
                && oldest.share() >= settings.min_share
        });
        if self.confirmed {
            self.tallies.truncate(1);
        }
    }
}

/// A remembered suspect.
#[derive(Serialize, Deserialize)]
struct SuspectV1 {
    trail: TrailV1,
    tallies: Vec<TallyV1>,
    confirmed: bool,
}

impl SuspectV1 {
    fn of(suspect: &Suspect) -> Self {
        Self {
            trail: TrailV1::of(&suspect.trail),
            tallies: suspect.tallies.iter().map(TallyV1::of).collect(),
            confirmed: suspect.confirmed,
        }
    }

    fn suspect(&self) -> Suspect {
        Suspect {
            trail: self.trail.trail(),
            tallies: self.tallies.iter().map(TallyV1::tally).collect(),
            confirmed: self.confirmed,
            subject: None,
        }
    }
}
