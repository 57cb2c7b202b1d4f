//! The terms of a rule as the settings of its kind, and what is wrong with them in plain words.

use rule::{RuleKind, Site, TermError};
use scene::{Class, is_of_second_look};

use super::findings::Findings;
use super::pointer::join;
use super::rule_context::RuleCheck;
use super::schema::without_null;
use super::wording::{expected, unknown};

/// What must be seen; faults are noted.
pub(super) fn kind(rule: &RuleCheck<'_>, findings: &mut Findings) -> Option<RuleKind> {
    let site = Site {
        picture_px: rule.camera.file.picture_px,
        is_calibrated: rule.camera.file.calibration.is_some(),
        classes: rule.camera.surroundings.classes.as_deref(),
        scores: rule.camera.surroundings.scores,
        looks_twice: rule.camera.surroundings.looks_twice,
        cable_score: rule.camera.surroundings.cable_score,
        written: &rule.table.terms,
    };
    match rule.terms.kind.settings(rule.terms.all.clone(), &site) {
        Ok(kind) => Some(kind),
        Err(errors) => {
            for error in &errors {
                let (at, message) = explain(rule, error);
                findings.refuse::<()>(rule.document, &at, message);
            }
            None
        }
    }
}

const NO_CABLE_NET: &str = "kind `wire` compares two pictures with a net, and there is none to be used: name its \
     folder in gateway.toml, [inference] charging_wire_dir, such as \"../models/charging-wire\", or take another kind";

/// Where a fault stands, and what to do about it.
fn explain(rule: &RuleCheck<'_>, error: &TermError) -> (String, String) {
    let code = &rule.table.incident_type;
    match error {
        TermError::Lacking { term } => {
            let kind = rule.terms.kind;
            let wanted = kind.term(term).map(|schema| without_null(schema.clone()));
            let (kind, wanted) = (kind.name(), expected(wanted.as_ref()));
            let message = format!("a rule of kind `{kind}` lacks `{term}`; expected {wanted}");
            (rule.at.clone(), message)
        }
        TermError::NoClasses { term } => {
            let message = format!(
                "[[rule]] lacks `{term}`, and type `{code}` names none by default; expected \
                 object classes as the model spells them"
            );
            (rule.at.clone(), message)
        }
        TermError::NoneKnown { term, named } => {
            let message = format!(
                "the model knows none of the classes that type `{code}` looks for by default \
                 ({}): name `{term}` that it knows, or use a model that knows them",
                named.join(", ")
            );
            (rule.at.clone(), message)
        }
        TermError::UnknownClass { term, index, class } => {
            (format!("{}/{index}", join(&rule.at, term)), no_such_class(rule, class))
        }
        TermError::UnknownKey { term, class } => {
            (join(&join(&rule.at, term), class), no_such_class(rule, class))
        }
        TermError::UncountedKey { term, class } => {
            (join(&join(&rule.at, term), class), uncounted(term, class))
        }
        TermError::ScoreOutOfReach { term, class, found, least } => {
            let class = class.as_deref();
            let of_class = class.map_or(String::new(), |class| format!(" of `{class}`"));
            let message = format!(
                "`{term}`{of_class} is {found}; expected {least} to 1: the model gives no box that \
                 scores less"
            );
            let at = join(&rule.at, term);
            if !rule.document.holds(&at) {
                return (rule.at.clone(), format!("type `{code}` sets it: {message}"));
            }
            (class.map_or(at.clone(), |class| join(&at, class)), message)
        }
        TermError::NeedsGround { term } => {
            let message = format!(
                "`{term}` measures on the ground, and this camera has no [calibration]: add \
                 it, or use a term without metres"
            );
            (join(&rule.at, term), message)
        }
        TermError::NeedsSecondLook { term } => (join(&rule.at, term), lacks_second_look(term)),
        TermError::NeedsCableNet => (rule.at.clone(), NO_CABLE_NET.to_owned()),
        TermError::Idle { term, .. } => (join(&rule.at, term), error.to_string()),
        other => (rule.at.clone(), other.to_string()),
    }
}

fn uncounted(term: &str, class: &str) -> String {
    format!(
        "`{term}` names `{class}`, which this rule does not count: leave it out, or let the rule count it"
    )
}

fn lacks_second_look(term: &str) -> String {
    format!(
        "`{term}` judges what a second look at the crop tells, and there is no model for that: run `make \
         models-second-look` and name its folder in gateway.toml, [inference] second_look_dir, or leave the \
         term out"
    )
}

fn no_such_class(rule: &RuleCheck<'_>, class: &str) -> String {
    if is_of_second_look(&Class::new(class)) {
        return format!(
            "`{class}` is told by a second look, and there is no model for it: run `make \
             models-second-look` and name its folder in gateway.toml, [inference] second_look_dir"
        );
    }
    let known = rule.camera.surroundings.classes.iter().flatten();
    let known: Vec<&str> = known.map(Class::as_str).collect();
    unknown("the model knows no class", class, &known)
}
