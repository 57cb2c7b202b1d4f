//! A session of ONNX Runtime for a model that looks at crops, or for a head.

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use crate::runtime::Runtime;

/// On one thread, never more, as the detector's.
pub(super) fn open(runtime: &Runtime, weights: &[u8]) -> ort::Result<Session> {
    Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_memory(weights)
}
