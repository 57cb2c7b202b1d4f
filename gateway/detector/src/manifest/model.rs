//! One checked `model.toml`, and the classes that a caller chooses from it.

use std::collections::BTreeSet;

use scene::Class;
use serde::{Deserialize, Serialize};

use super::error::UnknownClassError;
use super::format::{InputFormat, Layout};
use super::weights::ModelFile;

/// One `model.toml`, checked.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The model's name.
    pub name: String,
    /// The model's version, as its maker counts.
    pub version: String,
    /// How to read the output.
    pub layout: Layout,
    /// The score from which a detection counts on its own, 0..=1.
    pub score_threshold: f32,
    /// The lowest score for which the model can be asked, 0..=1.
    pub least_score: f32,
    /// Overlap (IoU) above which two boxes of one kind are one object, 0..=1.
    pub nms_iou: f32,
    /// The classes in the order of the output.
    pub classes: Vec<Class>,
    /// For each class the number of its kind: classes that the model confuses share one.
    pub kinds: Vec<usize>,
    /// The licence of the weights.
    pub licence: String,
    /// Where the weights come from.
    pub source: String,
    /// Weights in 32-bit floats; run everywhere.
    pub fp32: ModelFile,
    /// Weights in 8-bit integers; for CPUs with VNNI.
    pub int8: Option<ModelFile>,
    /// The picture it expects.
    pub input: InputFormat,
    /// Larger pictures that it takes too, for small objects; growing.
    pub larger: Vec<InputFormat>,
}

impl Manifest {
    /// A filter that passes only the classes of these names.
    ///
    /// # Errors
    /// The model has no class of such a name.
    pub fn class_filter<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<ClassFilter, UnknownClassError> {
        let mut indices = BTreeSet::new();
        for name in names {
            let index = self.classes.iter().position(|class| class.as_str() == name);
            indices.insert(index.ok_or_else(|| self.unknown_class(name))?);
        }
        Ok(ClassFilter(indices.into_iter().collect()))
    }

    /// All pictures that it takes: the usual one first, then growing.
    pub fn inputs(&self) -> impl Iterator<Item = &InputFormat> {
        std::iter::once(&self.input).chain(&self.larger)
    }

    /// A filter that passes every class.
    #[must_use]
    pub fn every_class(&self) -> ClassFilter {
        ClassFilter((0..self.classes.len()).collect())
    }

    fn unknown_class(&self, name: &str) -> UnknownClassError {
        let known: Vec<&str> = self.classes.iter().map(Class::as_str).collect();
        UnknownClassError {
            name: name.to_owned(),
            model: self.name.clone(),
            known: known.join(", "),
        }
    }
}

/// The classes that a caller wants to see, as rising indices into [`Manifest::classes`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ClassFilter(Vec<usize>);

impl ClassFilter {
    /// The wanted classes' indices, rising.
    #[must_use]
    pub fn indices(&self) -> &[usize] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn of_indices(indices: &[usize]) -> Self {
        Self(indices.to_vec())
    }
}
