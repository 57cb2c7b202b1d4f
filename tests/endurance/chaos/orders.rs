//! What a life is told at its birth, and how it answers.

use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Tells the test binary that it is a child, and which.
pub(super) const ORDERS: &str = "GRIDWHISTLE_TEST_CHAOS_LIFE";
/// What the topics of all lives begin with.
pub(super) const PREFIX: &str = "cg/v1/110117/001/003/gw-chaos";

/// What a life is told at its birth, as JSON in the environment.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Orders {
    pub(super) folder: PathBuf,
    pub(super) ca_file: PathBuf,
    pub(super) port: u16,
    pub(super) seed: u64,
}

/// Tells the parent. One write a line: a kill cannot leave half a line that reads as a whole one.
pub(super) fn report(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}
