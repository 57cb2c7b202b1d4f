//! Weekly windows as a file writes them.

use rule::schedule::Hours;

use super::document::Document;
use super::findings::Findings;

/// The windows written at `at`; the first one that cannot be read is named.
pub(super) fn hours(
    windows: &[String],
    document: &Document,
    at: &str,
    findings: &mut Findings,
) -> Option<Hours> {
    for (index, window) in windows.iter().enumerate() {
        if let Err(fault) = Hours::parse(std::slice::from_ref(window)) {
            return findings.refuse(document, &format!("{at}/{index}"), fault.to_string());
        }
    }
    Hours::parse(windows).ok()
}
