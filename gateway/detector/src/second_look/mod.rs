//! A second look: a crop of a picture, shown to a model that knows no boxes but more classes.

mod answer;
mod crop;
mod error;
mod files;
mod head;
mod onnx_session;
mod session;
#[cfg(test)]
mod tests;

pub use answer::{CropAnswer, TwoWheeler};
pub use crop::{Square, square_around};
pub use error::SecondLookError;
pub use files::{HeadFiles, SecondLookFiles};
pub use session::SecondLook;
