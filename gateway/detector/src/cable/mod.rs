//! A net that is given two pictures of one place, and says where a new cable hangs.

mod error;
mod files;
mod net;

pub use error::CableError;
pub use files::CableFiles;
pub use net::{CableAnswer, CableNet};
