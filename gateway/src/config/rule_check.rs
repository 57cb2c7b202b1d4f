//! A camera's `[[rule]]` tables, with the terms of their incident types, as settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use incident::{IncidentType, LifecycleSettings, RuleError, RuleSettings};
use rule::{Slug, Zone};
use rule::{schedule::Allowance, schedule::Schedule};
use scene::{Class, Point, Polygon, UNKNOWN_OBJECT};

use super::camera_context::{CameraCheck, LONGEST_ID};
use super::camera_file::RuleTable;
use super::findings::Findings;
use super::hours::hours;
use super::kind_check::kind;
use super::pointer::join;
use super::rule_context::RuleCheck;
use super::rule_terms::{SharedTerms, TermsInForce, renamed, takes};
use super::span::secs;
use super::wording::unknown;

/// What a rule watches if it names no zone and its kind may go without one.
const WHOLE_VIEW: &str = "view";

/// The rules, if all are sound.
pub(super) fn rules(
    camera: &CameraCheck<'_>,
    zones: &BTreeMap<&str, Zone>,
    findings: &mut Findings,
) -> Option<Vec<RuleSettings>> {
    if camera.file.rule.is_empty() {
        findings.warn(camera.document, "", "no rule: this camera raises no alert");
    }
    let (mut ids, mut incidents) = (BTreeSet::new(), BTreeSet::new());
    let mut rules = Vec::new();
    for (index, table) in camera.file.rule.iter().enumerate() {
        let at = format!("/rule/{index}");
        let zone = table.zone.as_deref().unwrap_or(WHOLE_VIEW);
        let repeated = !incidents.insert((zone, &table.incident_type));
        if repeated {
            let message = "another rule reports this type in this zone already: there is one alert \
                           for each zone and type";
            findings.refuse::<()>(camera.document, &format!("{at}/type"), message);
        }
        let Some(check) = rule(camera, at.clone(), table, findings) else { continue };
        rules.extend(check.settings(zones, findings));
        let id = check.id();
        // A composed id repeats where zone and type do: one fault is enough.
        if !ids.insert(id.clone()) && (table.id.is_some() || !repeated) {
            let message = "another rule has this id already";
            findings.refuse::<()>(camera.document, &format!("{at}/id"), message);
        }
    }
    (rules.len() == camera.file.rule.len()).then_some(rules)
}

fn rule<'a>(
    camera: &'a CameraCheck<'a>,
    at: String,
    table: &'a RuleTable,
    findings: &mut Findings,
) -> Option<RuleCheck<'a>> {
    let types = &camera.surroundings.city.types;
    let Some(entry) = types.get(&table.incident_type) else {
        let message = unknown("no incident type", &table.incident_type, &types.codes());
        return findings.refuse(camera.document, &format!("{at}/type"), message);
    };
    if let Some(word) = renamed(table.terms.get("kind")) {
        findings.warn(camera.document, &format!("{at}/kind"), word);
    }
    match TermsInForce::of(&table.terms, &entry.defaults) {
        Ok(terms) => Some(RuleCheck { camera, document: camera.document, at, table, entry, terms }),
        Err(error) => findings.refuse(camera.document, &at, error.to_string()),
    }
}

impl RuleCheck<'_> {
    fn settings(
        &self,
        zones: &BTreeMap<&str, Zone>,
        findings: &mut Findings,
    ) -> Option<RuleSettings> {
        self.check_terms(findings);
        let id = self.checked_id(findings);
        let zone = self.zone(zones, findings);
        let kind = kind(self, findings);
        let schedule = self.schedule(findings);
        let settings = RuleSettings {
            id: id?,
            zone: zone?,
            incident: self.incident(),
            kind: kind?,
            lifecycle: self.lifecycle(),
            schedule: schedule?,
        };
        match settings.check() {
            Ok(()) => Some(settings),
            Err(fault) => self.refuse_settings(&fault, findings),
        }
    }

    /// What no single term says is wrong and all of them together do, such as a tolerance beyond
    /// the dwell.
    fn refuse_settings<T>(&self, fault: &RuleError, findings: &mut Findings) -> Option<T> {
        let RuleError::Setting { setting, expected, .. } = fault else {
            return findings.refuse(self.document, &self.at, fault.to_string());
        };
        let named = |term: &&String| term.starts_with(setting);
        let term = self.table.terms.keys().find(named).map_or(*setting, String::as_str);
        let message = format!("`{term}` must be {expected}");
        findings.refuse(self.document, &join(&self.at, term), message)
    }

    fn id(&self) -> String {
        let zone = self.table.zone.as_deref().unwrap_or(WHOLE_VIEW);
        let composed = || format!("{zone}.{}", self.table.incident_type);
        self.table.id.clone().unwrap_or_else(composed)
    }

    fn checked_id(&self, findings: &mut Findings) -> Option<Slug> {
        let id = self.id();
        if id.len() > LONGEST_ID {
            let message =
                "zone and type together are too long a name: give this rule a shorter `id`";
            return findings.refuse(self.document, &join(&self.at, "id"), message);
        }
        // Zone and type that are no ids are unknown, too: one fault is enough.
        Slug::new(&id).ok()
    }

    /// A term that means nothing to the rule's kind is a mistake, not a wish to ignore.
    fn check_terms(&self, findings: &mut Findings) {
        let kind = self.terms.kind;
        for term in self.table.terms.keys().filter(|term| !takes(kind, term)) {
            let message = format!("`{term}` means nothing to a rule of kind `{}`", kind.name());
            findings.refuse::<()>(self.document, &join(&self.at, term), message);
        }
    }

    fn incident(&self) -> IncidentType {
        let mut incident = self.entry.incident.clone();
        incident.priority = self.table.priority.unwrap_or(incident.priority);
        incident
    }

    fn zone(&self, zones: &BTreeMap<&str, Zone>, findings: &mut Findings) -> Option<Zone> {
        let written = &self.camera.zones_written;
        let Some(zone) = &self.table.zone else {
            if self.terms.kind.may_watch_all() {
                return self.whole_view(findings);
            }
            let message = "[[rule]] lacks `zone`; expected the id of a [[zone]] of this camera";
            return findings.refuse(self.document, &self.at, message);
        };
        if !written.contains(zone) {
            // One that is no id is told where it stands.
            let ids = written.iter().filter(|id| Slug::new(id).is_ok());
            let known: Vec<&str> = ids.map(String::as_str).collect();
            let message = unknown("no zone", zone, &known);
            return findings.refuse(self.document, &join(&self.at, "zone"), message);
        }
        zones.get(zone.as_str()).cloned()
    }

    fn whole_view(&self, findings: &mut Findings) -> Option<Zone> {
        let corner = |x, y| Point { x, y };
        let corners = vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0)];
        let id = format!("{}.{WHOLE_VIEW}", self.camera.file.id);
        let id = findings.slug(self.document, &self.at, &id)?;
        Polygon::new(corners).ok().map(|polygon| Zone { id, polygon })
    }

    /// Those of the classes `named` at `at` that the model knows, and the one that no model knows. Another is
    /// a fault if the rule itself names it; a type's own words hold for many models.
    fn known(&self, at: &str, named: &[String], findings: &mut Findings) -> Vec<Class> {
        let Some(known) = &self.camera.surroundings.classes else {
            return named.iter().map(|class| Class::new(class)).collect();
        };
        let spelled: Vec<&str> = known.iter().map(Class::as_str).collect();
        let mut classes = Vec::new();
        for (index, class) in named.iter().enumerate() {
            if spelled.contains(&class.as_str()) || class == UNKNOWN_OBJECT {
                classes.push(Class::new(class));
            } else if self.document.holds(at) {
                let message = unknown("the model knows no class", class, &spelled);
                findings.refuse::<()>(self.document, &format!("{at}/{index}"), message);
            }
        }
        classes
    }

    fn lifecycle(&self) -> LifecycleSettings {
        let usual = LifecycleSettings::default();
        let SharedTerms { clear_after_secs, reopen_after_secs, daily_cap, .. } = self.terms.shared;
        LifecycleSettings {
            clear_after: clear_after_secs.map_or(usual.clear_after, secs),
            reopen_after: reopen_after_secs.map_or(usual.reopen_after, secs),
            daily_cap: daily_cap.unwrap_or(usual.daily_cap),
            ..usual
        }
    }

    fn schedule(&self, findings: &mut Findings) -> Option<Schedule> {
        let own = self.terms.shared.hours.as_deref().map(|windows| {
            let at = join(&self.at, "hours");
            hours(windows, self.document, &at, findings)
        });
        let mut allowed = Some(Vec::new());
        for (index, table) in self.terms.shared.allowed.iter().flatten().enumerate() {
            let at = format!("{}/allowed/{index}", self.at);
            let classes = self.known(&join(&at, "classes"), &table.classes, findings);
            match hours(&table.hours, self.document, &join(&at, "hours"), findings) {
                Some(_) if classes.is_empty() => {}
                Some(hours) => allowed.iter_mut().for_each(|list| {
                    list.push(Allowance { classes: classes.clone(), hours: hours.clone() });
                }),
                None => allowed = None,
            }
        }
        let hours = match own {
            Some(own) => Some(own?),
            None => None,
        };
        let calendar = Arc::clone(&self.camera.surroundings.city.calendar);
        Some(Schedule { hours, allowed: allowed?, calendar })
    }
}
