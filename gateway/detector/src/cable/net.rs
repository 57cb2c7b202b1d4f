//! A net for cables at work, on one thread.

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

use super::error::CableError;
use crate::kept_files::KeptFiles;
use crate::manifest::cable::{CableManifest, SIDE_PX};
use crate::runtime::Runtime;

const SIDE: usize = SIDE_PX as usize;

/// The planes of a pair: red, green and blue of before, then of now.
const PLANES: usize = 6;

/// By how much a score may differ from what the self-test says: another processor rounds otherwise.
const NEAR: f32 = 0.01;

/// The files of a net for cables.
pub type CableFiles = KeptFiles<CableManifest>;

/// A net ready to look at pairs: load one for each thread that analyses pictures.
#[derive(Debug)]
pub struct CableNet {
    session: Session,
    manifest: CableManifest,
}

/// What the net says of a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct CableAnswer {
    /// How surely a new cable is at each pixel of the tile, row by row, 0..=1.
    pub map: Vec<f32>,
    /// How surely the tile shows one, 0..=1.
    pub score: f32,
}

impl CableNet {
    /// Opens the net and has it pass its self-test: a made-up pair with a cable, and one without.
    ///
    /// # Errors
    /// It is no net of this layout, or not what its `model.toml` says.
    pub fn of(runtime: &Runtime, files: &CableFiles) -> Result<Self, CableError> {
        let manifest = files.manifest.clone();
        let session = open(runtime, files.weights()).map_err(|source| CableError::Inference {
            path: manifest.weights.path.clone(),
            source,
        })?;
        let mut net = Self { session, manifest };
        for (with_cable, expected) in [true, false].into_iter().zip(net.manifest.self_test) {
            let found = net.look(&made_up(with_cable))?.score;
            if (found - expected).abs() > NEAR {
                let path = net.manifest.weights.path.clone();
                return Err(CableError::SelfTest { path, with_cable, found, expected });
            }
        }
        Ok(net)
    }

    /// What its `model.toml` says.
    #[must_use]
    pub const fn manifest(&self) -> &CableManifest {
        &self.manifest
    }

    /// What a pair of tiles of 256 x 256 pixels shows: planes of red, green and blue of before, then of now,
    /// 0 to 255, each row by row.
    ///
    /// # Errors
    /// ONNX Runtime fails, or `pair` has another length; the next pair may pass.
    pub fn look(&mut self, pair: &[f32]) -> Result<CableAnswer, CableError> {
        let path = || self.manifest.weights.path.clone();
        let inference = |source| CableError::Inference { path: path(), source };
        let shape = [1, PLANES, SIDE, SIDE];
        let tensor = TensorRef::from_array_view((shape, pair)).map_err(inference)?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(inference)?;
        let lacks = || CableError::Output { path: path() };
        let (map, tile) = outputs.get("cable").zip(outputs.get("tile")).ok_or_else(lacks)?;
        let (_, map) = map.try_extract_tensor::<f32>().map_err(inference)?;
        let (_, tile) = tile.try_extract_tensor::<f32>().map_err(inference)?;
        let is_share = |value: &f32| (0.0..=1.0).contains(value);
        match tile {
            [score] if map.len() == SIDE * SIDE && map.iter().chain([score]).all(is_share) => {
                Ok(CableAnswer { map: map.to_vec(), score: *score })
            }
            _ => Err(lacks()),
        }
    }
}

/// On one thread, never more, as the detector's.
fn open(runtime: &Runtime, weights: &[u8]) -> ort::Result<Session> {
    Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_memory(weights)
}

/// The made-up pair of the self-test, as `check.py` makes it up: squares with grain, and a dark slanting
/// cable in the second picture if there is to be one.
fn made_up(with_cable: bool) -> Vec<f32> {
    let mut state = 1_u32;
    let mut grain = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 24) % 9) as f32
    };
    let mut values = Vec::with_capacity(PLANES * SIDE * SIDE);
    for has_cable in [false, with_cable] {
        let mut plane = Vec::with_capacity(SIDE * SIDE);
        for y in 0..SIDE {
            for x in 0..SIDE {
                let square = if (x / 16 + y / 16) % 2 == 1 { 128.0 } else { 96.0 };
                let is_cable = has_cable && x.abs_diff(60 + y / 2) <= 2;
                plane.push(if is_cable { 20.0 } else { square } + grain());
            }
        }
        (0..3).for_each(|_| values.extend_from_slice(&plane));
    }
    values
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shipped() -> CableFiles {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/charging-wire");
        CableFiles::read(&folder).unwrap()
    }

    fn runtime() -> Runtime {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ort/libonnxruntime.so");
        let library = std::env::var_os("ORT_DYLIB_PATH").map_or(beside, Into::into);
        Runtime::load(&library).unwrap()
    }

    #[test]
    fn the_shipped_net_passes_its_self_test_and_marks_the_cable() {
        let mut net = CableNet::of(&runtime(), &shipped()).unwrap();
        let answer = net.look(&made_up(true)).unwrap();
        assert!(answer.score > net.manifest().tile_threshold);
        let at = |x: usize, y: usize| answer.map[y * SIDE + x];
        assert!(at(60 + 50, 100) > net.manifest().map_threshold, "on the cable");
        assert!(at(200, 40) < net.manifest().map_threshold, "beside it");
    }

    #[test]
    fn other_weights_under_the_same_name_do_not_pass() {
        let files = shipped();
        let text = files.text().replace("made_up_with = 0.96", "made_up_with = 0.56");
        assert_ne!(text, files.text());
        let other = (files.path().to_owned(), text);
        let other = CableFiles::handed_over(other, files.weights().to_vec()).unwrap();
        let told = CableNet::of(&runtime(), &other).unwrap_err().to_string();
        assert!(told.contains("self-test") && told.contains("with a cable"), "{told}");
        let mut net = CableNet::of(&runtime(), &files).unwrap();
        assert!(net.look(&[0.0; 12]).is_err(), "a pair of another length");
    }
}
