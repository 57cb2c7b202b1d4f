//! The schemas of what goes to the command centre and what comes back, as text.

/// JSON Schema (draft 2020-12) of an alert, `cg.alert/1`.
pub const ALERT_V1: &str = include_str!("schema/alert.schema.json");

/// JSON Schema (draft 2020-12) of the case system's feedback, `cg.case/1`.
pub const CASE_FEEDBACK_V1: &str = include_str!("schema/case-feedback.schema.json");

#[cfg(test)]
mod tests;
