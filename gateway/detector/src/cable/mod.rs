//! A net that is given two pictures of one place, and says where a new cable hangs.

mod error;
mod net;

pub use error::CableError;
pub use net::{CableAnswer, CableFiles, CableNet};
