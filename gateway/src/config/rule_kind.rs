//! The terms of a rule as the settings of its kind, and what is wrong with them in plain words.

use rule::{RuleKind, Site, TermError};
use scene::Class;

use super::document::join;
use super::findings::Findings;
use super::rule_check::RuleCheck;
use super::schema::without_null;
use super::wording::{expected, or_suggest};

impl RuleCheck<'_> {
    /// What must be seen; faults are noted.
    pub(super) fn kind(&self, findings: &mut Findings) -> Option<RuleKind> {
        let site = Site {
            picture_px: self.camera.file.picture_px,
            is_calibrated: self.camera.file.calibration.is_some(),
            classes: self.camera.surroundings.classes.as_deref(),
            written: &self.table.terms,
        };
        match self.terms.kind.settings(self.terms.all.clone(), &site) {
            Ok(kind) => Some(kind),
            Err(errors) => {
                for error in &errors {
                    let (at, message) = self.explain(error);
                    findings.refuse::<()>(self.document, &at, message);
                }
                None
            }
        }
    }

    /// Where a fault stands, and what to do about it.
    fn explain(&self, error: &TermError) -> (String, String) {
        let code = &self.table.incident_type;
        match error {
            TermError::Lacking { term } => {
                let kind = self.terms.kind;
                let wanted = kind.term(term).map(|schema| without_null(schema.clone()));
                let (kind, wanted) = (kind.name(), expected(wanted.as_ref()));
                let message = format!("a rule of kind `{kind}` lacks `{term}`; expected {wanted}");
                (self.at.clone(), message)
            }
            TermError::NoClasses { term } => {
                let message = format!(
                    "[[rule]] lacks `{term}`, and type `{code}` names none by default; expected \
                     object classes as the model spells them"
                );
                (self.at.clone(), message)
            }
            TermError::NoneKnown { term, named } => {
                let message = format!(
                    "the model knows none of the classes that type `{code}` looks for by default \
                     ({}): name `{term}` that it knows, or use a model that knows them",
                    named.join(", ")
                );
                (self.at.clone(), message)
            }
            TermError::UnknownClass { term, index, class } => {
                let known = self.camera.surroundings.classes.iter().flatten();
                let known: Vec<&str> = known.map(Class::as_str).collect();
                let message =
                    or_suggest(format!("the model knows no class `{class}`"), class, &known);
                (format!("{}/{index}", join(&self.at, term)), message)
            }
            TermError::NeedsGround { term } => {
                let message = format!(
                    "`{term}` measures on the ground, and this camera has no [calibration]: add \
                     it, or use a term without metres"
                );
                (join(&self.at, term), message)
            }
            other => (self.at.clone(), other.to_string()),
        }
    }
}
