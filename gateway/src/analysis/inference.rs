//! What is looked for in pictures: what the rules ask for, and what a mask must hide.

use std::collections::{BTreeMap, BTreeSet};

use detector::{DetectSettings, Manifest, ModelFiles, Precision, UnknownClassError};
use eye::{MaskSearch, StandingZone};
use incident::{Model, RuleSettings};
use rule::Wanted;
use scene::track::TrackerSettings;
use scene::{Class, MOST_STANDING_ZONES, Thresholds};
use tracing::warn;

use super::input_size::InputChoice;

/// How alerts name the weights in use.
pub(crate) fn model_in_use(files: &ModelFiles) -> Model {
    let manifest = &files.manifest;
    let weights = match (files.precision, &manifest.int8) {
        (Precision::Int8, Some(int8)) => int8,
        _ => &manifest.fp32,
    };
    Model {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        sha256: Some(weights.sha256.clone()),
    }
}

/// What is looked for in a camera's pictures, and from which scores on it is followed.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) detect: DetectSettings,
    pub(crate) tracking: TrackerSettings,
    /// Zones in which whatever newly stands is looked for.
    pub(crate) standing: Vec<StandingZone>,
}

impl Search {
    /// The same, with the input that suits.
    pub(crate) fn with_input(mut self, choice: &InputChoice) -> Self {
        self.detect.input = choice.number;
        self
    }
}

/// What comes and goes, and hides what stands.
const PASSERS_BY: [&str; 7] = ["person", "bicycle", "bus", "car", "motorcycle", "train", "truck"];

/// What a camera's rules ask for: every class that one of them counts, from the lowest score on at which
/// one of them counts it.
///
/// # Errors
/// A rule asks for a class that the model does not know.
pub(crate) fn search(
    rules: &[RuleSettings],
    manifest: &Manifest,
) -> Result<Search, UnknownClassError> {
    let mut names = BTreeSet::new();
    let mut every = false;
    let mut strong: BTreeMap<&Class, f32> = BTreeMap::new();
    let mut min_score = DetectSettings::of(manifest).min_score;
    for rule in rules {
        let wanted = rule.kind.classes();
        let counted: Vec<&Class> = manifest.classes.iter().filter(|it| wanted.holds(it)).collect();
        if let Some(thresholds) = rule.kind.thresholds() {
            min_score = min_score.min(thresholds.lowest());
            for class in counted {
                let score = thresholds.begins(class);
                strong.entry(class).and_modify(|it| *it = it.min(score)).or_insert(score);
            }
        }
        if rule.kind.needs_standing() {
            // Who stands before a thing hides it, and is none.
            let known = |name: &&str| manifest.classes.iter().any(|it| it.as_str() == *name);
            names.extend(PASSERS_BY.iter().filter(|it| known(it)).map(|it| Class::new(it)));
        }
        match wanted {
            Wanted::Only(classes) => names.extend(classes),
            Wanted::All => every = true,
        }
    }
    let classes = if every {
        manifest.every_class()
    } else {
        manifest.class_filter(names.iter().map(Class::as_str))?
    };
    let usual = Thresholds::of(manifest.score_threshold);
    let by_class =
        strong.into_iter().filter(|(_, score)| score.total_cmp(&manifest.score_threshold).is_ne());
    let strong = by_class.fold(usual, |all, (class, score)| all.with(class.clone(), score));
    Ok(Search {
        detect: DetectSettings {
            classes,
            min_score: min_score.max(manifest.least_score),
            input: 0,
        },
        tracking: TrackerSettings { strong, ..TrackerSettings::default() },
        standing: standing_zones(rules),
    })
}

/// The zones of rules that must know what newly stands there, whatever it is.
fn standing_zones(rules: &[RuleSettings]) -> Vec<StandingZone> {
    let mut zones: BTreeMap<&str, StandingZone> = BTreeMap::new();
    for RuleSettings { zone, kind, .. } in rules.iter().filter(|rule| rule.kind.needs_standing()) {
        let id = zone.id.as_str();
        let watched = zones.entry(id).or_insert_with(|| StandingZone::new(id, &zone.polygon));
        watched.keeps_what_leaves |= kind.keeps_what_leaves();
    }
    if zones.len() > MOST_STANDING_ZONES {
        let left_out: Vec<&str> = zones.keys().skip(MOST_STANDING_ZONES).copied().collect();
        warn!(
            zones = left_out.join(", "),
            "things of no class are looked for in {MOST_STANDING_ZONES} zones of a camera; in these \
             only what the model has a class for counts"
        );
    }
    zones.into_values().take(MOST_STANDING_ZONES).collect()
}

/// Says what the model cannot find, and so what cannot be masked.
pub(crate) fn warn_of_unmasked(manifest: &Manifest) {
    let searched = MaskSearch::of(manifest).searched();
    let parts = [(searched.heads, "people", "faces"), (searched.plates, "vehicles", "plates")];
    for (known, what, part) in parts {
        if !known {
            warn!(
                model = manifest.name,
                "the model does not detect {what}: {part} stay readable in pictures, and alerts say so"
            );
        }
    }
}

#[cfg(test)]
mod tests;
