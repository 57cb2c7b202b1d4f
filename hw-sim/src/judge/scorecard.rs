//! The score of several plays by incident type: how many alerts were due, came, were missed or
//! false, and how late they were.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use jiff::SignedDuration;
use serde::Serialize;

use super::report::aligned;
use super::score::{Row, Score};
use crate::scenario::device::{DeviceKind, Story};
use crate::scenario::model::{ClipSource, Scenario};

/// One play that was judged.
#[derive(Debug, Clone)]
pub struct PlayedScenario {
    /// File name without folder and extension.
    pub name: String,
    /// One line for a person.
    pub title: String,
    /// What was played to the gateway, by the id of the camera, device or checkpoint.
    pub played: BTreeMap<String, Played>,
    /// Titles of the composed scenes.
    pub composed: BTreeSet<String>,
    /// Cameras times minutes.
    pub camera_minutes: f64,
    /// How it went.
    pub score: Score,
}

/// What of a play is real, and what is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Played {
    /// A recorded street.
    pub recorded: bool,
    /// A recorded street with something laid in: cut out of a photograph, drawn, or a fault of the view.
    pub composed: bool,
    /// Simulated doors and sensors.
    pub simulated: bool,
}

/// The scores of several plays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Scorecard {
    /// The plays, in their order.
    pub scenarios: Vec<ScenarioLine>,
    /// Their incident types, by code.
    pub types: Vec<TypeLine>,
    /// Mean over the types for which an alert came.
    pub mean_precision: Option<f64>,
    /// Mean over the types for which an alert was due.
    pub mean_recall: Option<f64>,
    /// Cameras times minutes, of all plays.
    pub camera_minutes: f64,
}

/// One play of a scorecard.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScenarioLine {
    /// File name without folder and extension.
    pub name: String,
    /// One line for a person.
    pub title: String,
    /// What was played: `recorded`, `COMPOSED`, `simulated devices`, or several of them.
    pub scenes: String,
    /// Titles of its composed scenes; empty if all clips are recordings.
    pub composed: Vec<String>,
    /// Cameras times minutes.
    pub camera_minutes: f64,
    /// Alerts due.
    pub truth: usize,
    /// How many of these came in time.
    pub hits: usize,
    /// Alerts that came without being due.
    pub false_alerts: usize,
    /// Truth and alerts agree, no message was lost, and none contradicts another.
    pub agrees: bool,
    /// Cameras that the gateway could not analyse as it should, and the reason it gave. Such a play
    /// proves nothing.
    pub impaired: BTreeMap<String, String>,
}

/// One incident type of a scorecard.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TypeLine {
    /// The incident type's code.
    pub event: String,
    /// What told of it: `recorded`, `composed`, `simulated devices`, or several of them.
    pub scenes: String,
    /// Alerts due.
    pub truth: usize,
    /// How many of these came in time.
    pub hits: usize,
    /// How many of these did not come.
    pub misses: usize,
    /// Alerts that came without being due, or for something that was reported already.
    pub false_alerts: usize,
    /// Share of hits among all alerts that came.
    pub precision: Option<f64>,
    /// Share of hits among all alerts that were due.
    pub recall: Option<f64>,
    /// Median time from the moment an alert was due to the picture that fulfilled the rule, seconds.
    pub late_median_secs: Option<f64>,
    /// The alert that was furthest off, early or late, seconds.
    pub late_worst_secs: Option<f64>,
}

#[derive(Default)]
struct Tally {
    hits: usize,
    misses: usize,
    false_alerts: usize,
    lateness: Vec<SignedDuration>,
    played: Played,
}

impl Played {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            recorded: self.recorded || other.recorded,
            composed: self.composed || other.composed,
            simulated: self.simulated || other.simulated,
        }
    }

    fn words(self, composed: &str) -> String {
        let all = [
            (self.recorded, "recorded"),
            (self.composed, composed),
            (self.simulated, "simulated devices"),
        ];
        let is_so = all.iter().filter(|(is_so, _)| *is_so);
        is_so.map(|(_, word)| *word).collect::<Vec<_>>().join(" + ")
    }
}

/// What tells of each device of a story, beside what `cameras` show.
fn told_by(story: &Story, cameras: &BTreeMap<String, Played>) -> BTreeMap<String, Played> {
    let seen_by = story.in_step_with.as_ref().and_then(|camera| cameras.get(camera));
    let simulated = Played { simulated: true, ..Played::default() };
    let told = story.devices.iter().map(|device| {
        let seen = seen_by.filter(|_| device.kind == DeviceKind::Checkpoint);
        (device.id.clone(), seen.map_or(simulated, |seen| seen.and(simulated)))
    });
    told.collect()
}

impl PlayedScenario {
    /// `scenario`, read from `path`, before it is played. Its score is empty.
    #[must_use]
    pub fn announce(path: &Path, scenario: &Scenario) -> Self {
        let shown = scenario.cameras.iter().map(|camera| {
            let composed = matches!(camera.clip, ClipSource::Composed(_));
            (camera.id.clone(), Played { composed, recorded: !composed, simulated: false })
        });
        let mut played: BTreeMap<String, Played> = shown.collect();
        played.extend(told_by(&scenario.story, &played));
        let composed = scenario.cameras.iter().filter_map(|camera| match &camera.clip {
            ClipSource::Composed(scene) => Some(scene.title.clone()),
            ClipSource::Recorded(_) => None,
        });
        let cameras = u32::try_from(scenario.cameras.len()).unwrap_or(u32::MAX);
        Self {
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            title: scenario.title.clone(),
            played,
            composed: composed.collect(),
            camera_minutes: f64::from(cameras) * scenario.duration.as_secs_f64() / 60.0,
            score: Score::default(),
        }
    }
}

impl Scorecard {
    /// Adds up the scores of `plays`.
    #[must_use]
    pub fn of(plays: &[PlayedScenario]) -> Self {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for play in plays {
            for row in play.score.rows.iter().filter(|row| !row.key.event.is_empty()) {
                let played = play.played.get(&row.key.camera).copied().unwrap_or_default();
                tallies.entry(&row.key.event).or_default().add(row, played);
            }
        }
        let types: Vec<TypeLine> =
            tallies.into_iter().map(|(event, tally)| tally.line(event)).collect();
        Self {
            mean_precision: mean(types.iter().filter_map(|line| line.precision)),
            mean_recall: mean(types.iter().filter_map(|line| line.recall)),
            camera_minutes: plays.iter().map(|play| play.camera_minutes).sum(),
            scenarios: plays.iter().map(ScenarioLine::of).collect(),
            types,
        }
    }

    /// Every play agrees with its truth, and every play proves something.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.scenarios.iter().all(|play| play.agrees && play.impaired.is_empty())
    }

    /// The tables as a person reads them.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = aligned(&self.play_lines(), 2);
        text.push('\n');
        text.push_str(&aligned(&self.type_lines(), 2));
        let false_alerts: usize = self.types.iter().map(|line| line.false_alerts).sum();
        let _infallible = writeln!(
            text,
            "Mean precision {}, mean recall {}; {false_alerts} false alerts in {:.1} camera-minutes.",
            ratio(self.mean_precision),
            ratio(self.mean_recall),
            self.camera_minutes,
        );
        for play in self.scenarios.iter().filter(|play| !play.impaired.is_empty()) {
            let cameras: Vec<&str> = play.impaired.keys().map(String::as_str).collect();
            let _infallible = writeln!(
                text,
                "{} proves nothing, because the gateway could not analyse these cameras in time: {}",
                play.name,
                cameras.join(", "),
            );
        }
        if self.scenarios.iter().any(|play| !play.composed.is_empty()) {
            text.push_str(
                "Composed scenes are recordings with cut-outs, drawn things or camera faults laid in. They \
                 are not real incidents.\n",
            );
        }
        if self.scenarios.iter().any(|play| play.scenes.contains("simulated")) {
            text.push_str(
                "Simulated devices are programs that speak as doors and sensors do. No real device was \
                 there.\n",
            );
        }
        text
    }

    fn play_lines(&self) -> Vec<Vec<String>> {
        let headings =
            ["scenario", "scenes", "camera-min", "truth", "hits", "false", "agrees", "sound"];
        let mut lines = vec![headings.map(str::to_owned).to_vec()];
        lines.extend(self.scenarios.iter().map(|play| {
            vec![
                play.name.clone(),
                play.scenes.clone(),
                format!("{:.1}", play.camera_minutes),
                play.truth.to_string(),
                play.hits.to_string(),
                play.false_alerts.to_string(),
                if play.agrees { "yes" } else { "NO" }.to_owned(),
                if play.impaired.is_empty() { "yes" } else { "NO" }.to_owned(),
            ]
        }));
        lines
    }

    fn type_lines(&self) -> Vec<Vec<String>> {
        let headings = [
            "incident type",
            "scenes",
            "truth",
            "hits",
            "misses",
            "false",
            "precision",
            "recall",
            "late s, median",
            "worst",
        ];
        let mut lines = vec![headings.map(str::to_owned).to_vec()];
        let secs = |secs: Option<f64>| secs.map_or("-".to_owned(), |secs| format!("{secs:+.1}"));
        lines.extend(self.types.iter().map(|line| {
            vec![
                line.event.clone(),
                line.scenes.clone(),
                line.truth.to_string(),
                line.hits.to_string(),
                line.misses.to_string(),
                line.false_alerts.to_string(),
                ratio(line.precision),
                ratio(line.recall),
                secs(line.late_median_secs),
                secs(line.late_worst_secs),
            ]
        }));
        lines
    }
}

impl ScenarioLine {
    fn of(play: &PlayedScenario) -> Self {
        let rows = &play.score.rows;
        let played = play.played.values().copied().fold(Played::default(), Played::and);
        Self {
            name: play.name.clone(),
            title: play.title.clone(),
            scenes: played.words("COMPOSED"),
            composed: play.composed.iter().cloned().collect(),
            camera_minutes: play.camera_minutes,
            truth: rows.iter().map(|row| row.truth).sum(),
            hits: rows.iter().map(|row| row.received).sum(),
            false_alerts: rows.iter().map(false_alerts).sum(),
            agrees: play.score.agrees(),
            impaired: play.score.impaired.clone(),
        }
    }
}

impl Tally {
    fn add(&mut self, row: &Row, played: Played) {
        self.hits += row.received;
        self.misses += row.missed;
        self.false_alerts += false_alerts(row);
        self.lateness.extend(&row.lateness);
        self.played = self.played.and(played);
    }

    fn line(mut self, event: &str) -> TypeLine {
        self.lateness.sort_unstable();
        let worst = self.lateness.iter().max_by_key(|late| late.abs());
        TypeLine {
            event: event.to_owned(),
            scenes: self.played.words("composed"),
            truth: self.hits + self.misses,
            hits: self.hits,
            misses: self.misses,
            false_alerts: self.false_alerts,
            precision: share(self.hits, self.hits + self.false_alerts),
            recall: share(self.hits, self.hits + self.misses),
            late_median_secs: median(&self.lateness),
            late_worst_secs: worst.map(SignedDuration::as_secs_f64),
        }
    }
}

/// The median of sorted lengths, in seconds; the mean of the middle two if their number is even.
fn median(sorted: &[SignedDuration]) -> Option<f64> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower.as_secs_f64(), upper.as_secs_f64()))
}

fn false_alerts(row: &Row) -> usize {
    row.false_alerts.len() + row.duplicates.len()
}

fn share(part: usize, whole: usize) -> Option<f64> {
    let count = |number| u32::try_from(number).map_or(f64::MAX, f64::from);
    (whole > 0).then(|| count(part) / count(whole))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    let count = u32::try_from(values.len()).ok().filter(|count| *count > 0)?;
    Some(values.iter().sum::<f64>() / f64::from(count))
}

fn ratio(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
#[path = "scorecard_tests.rs"]
mod tests;
