//! Why a net for cables cannot be used, or could not look at a pair of pictures.

use std::path::PathBuf;

/// Why a net for cables cannot be used, or could not look at a pair of pictures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CableError {
    /// ONNX Runtime refuses the net or failed.
    #[error("{}: ONNX Runtime cannot use this net: {source}", path.display())]
    Inference {
        /// The net's file.
        path: PathBuf,
        /// What it said.
        source: ort::Error,
    },
    /// The output is not that of its layout.
    #[error(
        "{}: found no outputs \"cable\" and \"tile\" of numbers from 0 to 1 for a tile of 256 x 256; train the \
         net again: make models-wire", path.display()
    )]
    Output {
        /// The net's file.
        path: PathBuf,
    },
    /// It does not say what its `model.toml` says.
    #[error(
        "{}: the self-test on a made-up pair {} a cable gives {found:.4}, and model.toml beside it says \
         {expected:.4}: the file is not the one that was trained. Take the folder again as it was released",
        path.display(), if *with_cable { "with" } else { "without" }
    )]
    SelfTest {
        /// The net's file.
        path: PathBuf,
        /// Which of the pairs.
        with_cable: bool,
        /// What came of it.
        found: f32,
        /// What should have come of it.
        expected: f32,
    },
}
