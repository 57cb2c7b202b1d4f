//! A head at work: an embedding in, a chance out.

use ort::session::Session;
use ort::value::TensorRef;

use super::error::SecondLookError;
use super::files::HeadFiles;
use super::onnx_session::open;
use crate::manifest::head::{HeadManifest, HeadTask};
use crate::runtime::Runtime;

/// What a head calls its answer.
const CHANCE: &str = "chance";

/// By how much a chance may differ from what the self-test says: another processor rounds otherwise.
const NEAR: f32 = 1e-3;

/// A head ready to judge embeddings.
#[derive(Debug)]
pub(super) struct Head {
    session: Session,
    manifest: HeadManifest,
}

impl Head {
    /// Opens the head and has it pass its self-test.
    pub(super) fn of(runtime: &Runtime, files: &HeadFiles) -> Result<Self, SecondLookError> {
        let manifest = files.manifest.clone();
        let path = || manifest.weights.path.clone();
        let session = open(runtime, files.weights())
            .map_err(|source| SecondLookError::Inference { path: path(), source })?;
        let mut head = Self { session, manifest };
        for (seed, expected) in head.manifest.self_test.clone() {
            let found = head.chance(&made_up(seed, head.manifest.size))?;
            if (found - expected).abs() > NEAR {
                let path = head.manifest.weights.path.clone();
                return Err(SecondLookError::SelfTest { path, seed, found, expected });
            }
        }
        Ok(head)
    }

    pub(super) fn task(&self) -> HeadTask {
        self.manifest.task
    }

    /// What it makes of an embedding, 0..=1.
    pub(super) fn chance(&mut self, embedding: &[f32]) -> Result<f32, SecondLookError> {
        let path = || self.manifest.weights.path.clone();
        let (size, found) = (self.manifest.size, embedding.len());
        if size != found {
            return Err(SecondLookError::Embedding { path: path(), size, found });
        }
        let inference = |source| SecondLookError::Inference { path: path(), source };
        let tensor = TensorRef::from_array_view(([1, size], embedding)).map_err(inference)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(inference)?;
        let chance =
            outputs.get(CHANCE).ok_or_else(|| SecondLookError::NoChance { path: path() })?;
        let (_, chance) = chance.try_extract_tensor::<f32>().map_err(inference)?;
        match chance {
            [chance] if (0.0..=1.0).contains(chance) => Ok(*chance),
            _ => Err(SecondLookError::NoChance { path: path() }),
        }
    }
}

/// The made-up embedding of a seed: numbers of 0 to 2, as the trainer makes them up.
pub(super) fn made_up(seed: u32, size: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0
    };
    (0..size).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers that `made_up(1, 4)` of `shelf.py` gives.
    #[test]
    fn numbers_are_made_up_as_the_trainer_does() {
        let told = made_up(1, 4).into_iter().map(|it| format!("{it:.6}")).collect::<Vec<_>>();
        assert_eq!(told, ["0.472911", "0.738541", "1.008484", "1.409766"]);
        assert!(made_up(7, 1000).iter().all(|it| (0.0..2.0).contains(it)));
    }
}
