//! One grid of a map.

use super::outline::Outline;
use crate::place::Grid;

/// One grid and the ground it covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) grid: Grid,
    pub(super) outline: Outline,
}
