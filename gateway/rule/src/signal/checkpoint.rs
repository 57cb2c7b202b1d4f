//! What a rule at a checkpoint knows of it: its doors, who signs in where, and what its camera tells.

use std::sync::Arc;

/// What a rule at a checkpoint knows of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckpointFacts {
    /// Its doors: the point of their signals, and their name as people say it.
    pub doors: Vec<(Arc<str>, String)>,
    /// Points at which the guard signs in.
    pub sign_in: Vec<Arc<str>>,
    /// Its camera tells who crosses a line.
    pub has_line: bool,
    /// Its camera tells whether the guard is there.
    pub has_guard: bool,
    /// Who is responsible, in words.
    pub roles: Vec<String>,
}
