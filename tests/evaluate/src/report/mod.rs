//! What came of all runs: as figures, as text, and as pictures of what went wrong.

mod figures;
pub(crate) mod gallery;
pub(crate) mod markdown;
mod row;

pub(crate) use figures::Figures;
