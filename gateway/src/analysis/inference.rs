//! What is looked for in pictures: what the rules ask for, and what a mask must hide.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use detector::{
    CableFiles, CableManifest, DetectSettings, HeadFiles, HeadManifest, LoadError, Manifest,
    ModelFile, ModelFiles, Precision, SecondLookFiles, SecondLookManifest, UnknownClassError,
};
use eye::{InferenceSettings, MaskSearch, StandingZone};
use incident::{Model, RuleSettings};
use rule::Wanted;
use scene::track::TrackerSettings;
use scene::{
    Class, E_BIKE, MOST_STANDING_ZONES, PEDAL_BICYCLE, Thresholds, is_looked_at_twice,
    is_of_second_look,
};
use tracing::warn;

use super::input_size::InputChoice;

/// The files of the models that these settings name.
///
/// # Errors
/// They are not good models.
pub(crate) fn model_files(settings: &InferenceSettings) -> Result<ModelFiles, LoadError> {
    let mut files = ModelFiles::read(&settings.model_dir, settings.precision)?;
    let second_look = settings.second_look_dir.as_deref().map(SecondLookFiles::read);
    files.second_look = second_look.transpose()?;
    if let Some(second_look) = files.second_look.take() {
        let heads = settings.second_look_heads.iter().map(|folder| HeadFiles::read(folder));
        files.second_look = Some(second_look.with_heads(heads.collect::<Result<_, _>>()?)?);
    }
    let cable = settings.charging_wire_dir.as_deref().map(CableFiles::read);
    files.cable = cable.transpose()?;
    Ok(files)
}

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
        second_look: files.second_look.iter().flat_map(second_look_in_use).collect(),
        cable: files.cable.as_ref().map(cable_in_use),
    }
}

/// The model that looks at crops, and its heads.
fn second_look_in_use(files: &SecondLookFiles) -> impl Iterator<Item = Model> {
    let SecondLookManifest { name, version, weights, .. } = &files.model.manifest;
    let heads = files.heads.iter().map(|head| {
        let HeadManifest { name, version, weights, .. } = &head.manifest;
        (name, version, weights)
    });
    let model = |(name, version, weights): (&String, &String, &ModelFile)| Model {
        name: name.clone(),
        version: version.clone(),
        sha256: Some(weights.sha256.clone()),
        second_look: Vec::new(),
        cable: None,
    };
    [(name, version, weights)].into_iter().chain(heads).map(model)
}

/// The net that finds new cables.
fn cable_in_use(files: &CableFiles) -> Box<Model> {
    let CableManifest { name, version, weights, .. } = &files.manifest;
    Box::new(Model {
        name: name.clone(),
        version: version.clone(),
        sha256: Some(weights.sha256.clone()),
        second_look: Vec::new(),
        cable: None,
    })
}

/// What is looked for in a camera's pictures, and from which scores on it is followed.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) detect: DetectSettings,
    pub(crate) tracking: TrackerSettings,
    /// Zones in which whatever newly stands is looked for.
    pub(crate) standing: Vec<StandingZone>,
    /// Zones of rules that ask what a two-wheeler is.
    pub(crate) second_look: Vec<StandingZone>,
    /// For so long looks may be left out while nothing happens; none if they may not.
    pub(crate) longest_look: Option<Duration>,
}

impl Search {
    /// The same, with looks left out for so long while nothing happens, if at all.
    pub(crate) fn leaving_out(self, longest_look: Option<Duration>) -> Self {
        Self { longest_look, ..self }
    }

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
    let ours = [E_BIKE, PEDAL_BICYCLE].map(Class::new);
    let mut names = BTreeSet::new();
    let mut every = false;
    let mut strong: BTreeMap<&Class, f32> = BTreeMap::new();
    let mut min_score = DetectSettings::of(manifest).min_score;
    for rule in rules {
        let wanted = rule.kind.classes();
        let counted: Vec<&Class> =
            manifest.classes.iter().chain(&ours).filter(|it| wanted.names(it)).collect();
        if let Some(thresholds) = rule.kind.thresholds() {
            min_score = min_score.min(thresholds.lowest());
            for class in counted {
                let score = thresholds.begins(class);
                strong.entry(class).and_modify(|it| *it = it.min(score)).or_insert(score);
            }
        }
        if rule.kind.needs_standing() || rule.kind.needs_cables() {
            // Who stands before a thing or a cable hides it, and is none.
            let known = |name: &&str| manifest.classes.iter().any(|it| it.as_str() == *name);
            names.extend(PASSERS_BY.iter().filter(|it| known(it)).map(|it| Class::new(it)));
        }
        match wanted {
            Wanted::Only(classes) => names.extend(by_detector(classes, manifest)),
            Wanted::All => every = true,
        }
    }
    let classes = if every {
        manifest.every_class()
    } else {
        manifest.class_filter(names.iter().map(Class::as_str))?
    };
    let strong = of_all_names(strong, manifest);
    let usual = Thresholds::of(manifest.score_threshold);
    let by_class =
        strong.into_iter().filter(|(_, score)| score.total_cmp(&manifest.score_threshold).is_ne());
    let strong = by_class.fold(usual, |all, (class, score)| all.with(class, score));
    Ok(Search {
        detect: DetectSettings {
            classes,
            min_score: min_score.max(manifest.least_score),
            input: 0,
        },
        tracking: TrackerSettings { strong, ..TrackerSettings::default() },
        standing: standing_zones(rules),
        second_look: second_look_zones(rules),
        longest_look: None,
    })
}

/// The classes that the detector must look for so that these can be told. It may know an e-bike itself.
fn by_detector(mut classes: Vec<Class>, manifest: &Manifest) -> Vec<Class> {
    if classes.iter().any(is_of_second_look) {
        classes.retain(|class| !is_of_second_look(class) || manifest.classes.contains(class));
        classes.extend(manifest.classes.iter().filter(|class| is_looked_at_twice(class)).cloned());
    }
    classes
}

/// The same scores, where a second look may give a two-wheeler another name: it is followed from the
/// lowest score of all its names on.
fn of_all_names(strong: BTreeMap<&Class, f32>, manifest: &Manifest) -> BTreeMap<Class, f32> {
    let mut strong: BTreeMap<Class, f32> =
        strong.into_iter().map(|(class, score)| (class.clone(), score)).collect();
    if strong.keys().any(is_of_second_look) {
        let is_name = |class: &Class| is_looked_at_twice(class) || is_of_second_look(class);
        let named = strong.iter().filter(|(class, _)| is_name(class));
        let lowest = named.map(|(_, score)| *score).fold(f32::INFINITY, f32::min);
        let by_detector = manifest.classes.iter().filter(|class| is_looked_at_twice(class));
        let ours = [E_BIKE, PEDAL_BICYCLE].map(Class::new);
        strong.extend(by_detector.cloned().chain(ours).map(|class| (class, lowest)));
    }
    strong
}

/// The zones of rules that name a class of the second look.
fn second_look_zones(rules: &[RuleSettings]) -> Vec<StandingZone> {
    let asks = |rule: &&RuleSettings| match rule.kind.classes() {
        Wanted::Only(classes) => classes.iter().any(is_of_second_look),
        Wanted::All => false,
    };
    let zones = rules.iter().filter(asks).map(|rule| &rule.zone);
    let zones: BTreeMap<&str, _> = zones.map(|zone| (zone.id.as_str(), zone)).collect();
    zones.into_iter().map(|(id, zone)| StandingZone::new(id, &zone.polygon)).collect()
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
