//! One rule of a camera under check.

use super::camera_context::CameraCheck;
use super::camera_file::RuleTable;
use super::document::Document;
use super::rule_terms::TermsInForce;
use super::types::TypeEntry;

/// One rule under check.
pub(super) struct RuleCheck<'a> {
    pub(super) camera: &'a CameraCheck<'a>,
    pub(super) document: &'a Document,
    /// The rule's table, as a JSON pointer.
    pub(super) at: String,
    pub(super) table: &'a RuleTable,
    pub(super) entry: &'a TypeEntry,
    /// Those written and those inherited.
    pub(super) terms: TermsInForce,
}
