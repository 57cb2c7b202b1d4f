//! The `[[rule]]` tables of a device or checkpoint, with the terms of their incident types, as settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use incident::{IncidentType, LifecycleSettings, SignalRuleSettings};
use rule::signal::SignalRuleKind;
use rule::{Slug, TermError, schedule::Schedule};

use super::camera_context::LONGEST_ID;
use super::device_context::RuleHost;
use super::device_file::SignalRuleTable;
use super::device_terms::{SignalTermsInForce, kind_words, takes};
use super::findings::Findings;
use super::hours::hours;
use super::pointer::join;
use super::schema::without_null;
use super::span::secs;
use super::types::TypeEntry;
use super::wording::{expected, unknown};

/// The rules, if all are sound.
pub(super) fn rules(
    host: &RuleHost<'_>,
    findings: &mut Findings,
) -> Option<Vec<SignalRuleSettings>> {
    let mut ids = BTreeSet::new();
    let mut rules: Vec<SignalRuleSettings> = Vec::new();
    for (index, table) in host.rules.iter().enumerate() {
        let at = format!("/rule/{index}");
        let Some(check) = rule(host, at.clone(), table, findings) else { continue };
        let settings = check.settings(findings);
        let repeated =
            settings.as_ref().is_some_and(|it| rules.iter().any(|known| meet(known, it)));
        if repeated {
            let message = "another rule reports this type at this point already: there is one alert \
                           for each point and type, and a rule without a point judges every point";
            findings.refuse::<()>(host.document, &format!("{at}/type"), message);
        }
        rules.extend(settings);
        // A composed id repeats where point and type do: one fault is enough.
        if !ids.insert(check.id()) && (table.id.is_some() || !repeated) {
            let message = "another rule has this id already";
            findings.refuse::<()>(host.document, &format!("{at}/id"), message);
        }
    }
    (rules.len() == host.rules.len()).then_some(rules)
}

/// Whether two rules would raise the same alert.
fn meet(one: &SignalRuleSettings, other: &SignalRuleSettings) -> bool {
    let is_of_device = |it: &SignalRuleSettings| it.point.is_none() && it.kind.is_of_device();
    let is_of_all = |it: &SignalRuleSettings| it.point.is_none() && !it.kind.is_of_device();
    let is_same_place = match (is_of_all(one), is_of_all(other)) {
        (true, _) => !is_of_device(other),
        (_, true) => !is_of_device(one),
        (false, false) => one.point == other.point,
    };
    one.incident.code == other.incident.code && is_same_place
}

/// One rule under check.
struct RuleCheck<'a> {
    host: &'a RuleHost<'a>,
    /// The rule's table, as a JSON pointer.
    at: String,
    table: &'a SignalRuleTable,
    entry: &'a TypeEntry,
    terms: SignalTermsInForce,
}

fn rule<'a>(
    host: &'a RuleHost<'a>,
    at: String,
    table: &'a SignalRuleTable,
    findings: &mut Findings,
) -> Option<RuleCheck<'a>> {
    let (types, code) = (&host.city.types, &table.incident_type);
    let Some(entry) = types.get(code) else {
        let message = unknown("no incident type", code, &types.codes());
        return findings.refuse(host.document, &format!("{at}/type"), message);
    };
    let in_force = match &host.facts {
        Some(_) => SignalTermsInForce::at_checkpoint(&table.terms, code),
        None => SignalTermsInForce::of(&table.terms, code),
    };
    match in_force {
        Some(terms) => Some(RuleCheck { host, at, table, entry, terms }),
        None => {
            let message = format!(
                "[[rule]] lacks `kind`, and type `{code}` is not judged on signals by default; expected {}",
                kind_words(host.facts.is_some())
            );
            findings.refuse(host.document, &at, message)
        }
    }
}

impl RuleCheck<'_> {
    fn settings(&self, findings: &mut Findings) -> Option<SignalRuleSettings> {
        self.check_terms(findings);
        let id = self.checked_id(findings);
        let point = self.point(findings);
        let kind = self.kind(findings);
        let schedule = self.schedule(findings);
        let settings = SignalRuleSettings {
            id: id?,
            point: point?,
            incident: self.incident(),
            kind: kind?,
            lifecycle: self.lifecycle(),
            schedule: schedule?,
            silence: self.host.silence,
        };
        match settings.fault() {
            None => Some(settings),
            Some((setting, expected)) => {
                let named = |term: &&String| term.starts_with(setting);
                let term = self.table.terms.keys().find(named).map_or(setting, String::as_str);
                let message = format!("`{term}` must be {expected}");
                findings.refuse(self.host.document, &join(&self.at, term), message)
            }
        }
    }

    fn id(&self) -> String {
        let point = self.table.point.as_deref().unwrap_or(self.host.id);
        let composed = || format!("{point}.{}", self.table.incident_type);
        self.table.id.clone().unwrap_or_else(composed)
    }

    fn checked_id(&self, findings: &mut Findings) -> Option<Slug> {
        let id = self.id();
        if id.len() > LONGEST_ID {
            let message =
                "point and type together are too long a name: give this rule a shorter `id`";
            return findings.refuse(self.host.document, &join(&self.at, "id"), message);
        }
        // Point and type that are no ids are unknown, too: one fault is enough.
        Slug::new(&id).ok()
    }

    /// A term that means nothing to the rule's kind is a mistake, not a wish to ignore.
    fn check_terms(&self, findings: &mut Findings) {
        let kind = self.terms.kind;
        for term in self.table.terms.keys().filter(|term| !takes(kind, term)) {
            let message = format!("`{term}` means nothing to a rule of kind `{}`", kind.name());
            findings.refuse::<()>(self.host.document, &join(&self.at, term), message);
        }
    }

    fn point(&self, findings: &mut Findings) -> Option<Option<Slug>> {
        let Some(point) = &self.table.point else { return Some(None) };
        let written = self.host.points_written;
        if !written.contains(point) {
            // One that is no id is told where it stands.
            let ids = written.iter().filter(|id| Slug::new(id).is_ok());
            let known: Vec<&str> = ids.map(String::as_str).collect();
            let message = unknown("no point", point, &known);
            return findings.refuse(self.host.document, &join(&self.at, "point"), message);
        }
        Slug::new(point).ok().map(Some)
    }

    fn incident(&self) -> IncidentType {
        let mut incident = self.entry.incident.clone();
        incident.priority = self.table.priority.unwrap_or(incident.priority);
        incident
    }

    fn kind(&self, findings: &mut Findings) -> Option<SignalRuleKind> {
        match self.terms.kind.settings(self.terms.all.clone()) {
            Ok(kind) => match &self.host.facts {
                Some(facts) => kind.at_checkpoint(facts),
                None => Some(kind),
            },
            Err(errors) => {
                for error in &errors {
                    let (at, message) = self.explain(error);
                    findings.refuse::<()>(self.host.document, &at, message);
                }
                None
            }
        }
    }

    /// Where a fault stands, and what to do about it.
    fn explain(&self, error: &TermError) -> (String, String) {
        match error {
            TermError::Lacking { term } => {
                let kind = self.terms.kind;
                let wanted = kind.term(term).map(|schema| without_null(schema.clone()));
                let (kind, wanted) = (kind.name(), expected(wanted.as_ref()));
                let message = format!("a rule of kind `{kind}` lacks `{term}`; expected {wanted}");
                (self.at.clone(), message)
            }
            TermError::Idle { term, .. } => (join(&self.at, term), error.to_string()),
            other => (self.at.clone(), other.to_string()),
        }
    }

    fn lifecycle(&self) -> LifecycleSettings {
        let usual = LifecycleSettings::default();
        let shared = &self.terms.shared;
        LifecycleSettings {
            clear_after: shared.clear_after_secs.map_or(usual.clear_after, secs),
            reopen_after: shared.reopen_after_secs.map_or(usual.reopen_after, secs),
            daily_cap: shared.daily_cap.unwrap_or(usual.daily_cap),
            ..usual
        }
    }

    fn schedule(&self, findings: &mut Findings) -> Option<Schedule> {
        let hours = match self.terms.shared.hours.as_deref() {
            Some(windows) => {
                let at = join(&self.at, "hours");
                Some(hours(windows, self.host.document, &at, findings)?)
            }
            None => None,
        };
        let calendar = Arc::clone(&self.host.city.calendar);
        Some(Schedule { hours, allowed: Vec::new(), calendar })
    }
}
