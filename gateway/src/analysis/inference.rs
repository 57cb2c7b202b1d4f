//! What is looked for in pictures: what the rules ask for, and what a mask must hide.

use std::collections::BTreeSet;

use detector::{DetectSettings, Manifest, ModelFiles, Precision, UnknownClassError};
use eye::MaskSearch;
use incident::{Model, RuleSettings};
use rule::Wanted;
use tracing::warn;

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

/// What a camera's rules ask the detector for.
///
/// # Errors
/// A rule asks for a class that the model does not know.
pub(crate) fn detect_settings(
    rules: &[RuleSettings],
    manifest: &Manifest,
) -> Result<DetectSettings, UnknownClassError> {
    let mut names = BTreeSet::new();
    let mut every = false;
    for rule in rules {
        match rule.kind.classes() {
            Wanted::Only(classes) => names.extend(classes),
            Wanted::All => every = true,
        }
    }
    let classes = if every {
        manifest.every_class()
    } else {
        manifest.class_filter(names.iter().map(scene::Class::as_str))?
    };
    Ok(DetectSettings { classes, ..DetectSettings::of(manifest) })
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
