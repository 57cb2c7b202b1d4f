//! The alerts of two sets of rules side by side.

use incident::RuleSettings;
use rule::Slug;

use super::trial::Occurrence;

/// Which of the two sets has a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Proposed,
    InForce,
}

/// One rule in one zone.
#[derive(Debug)]
pub(super) struct RuleComparison {
    pub(super) rule: Slug,
    pub(super) zone: Slug,
    /// The incident type's code.
    pub(super) incident: Slug,
    pub(super) side: Side,
    /// Alerts of the rules in force.
    pub(super) in_force: Vec<Occurrence>,
    /// Proposed alerts that overlap one in force, each with the first such.
    pub(super) kept: Vec<(Occurrence, Occurrence)>,
    /// Proposed alerts that overlap none in force.
    pub(super) gained: Vec<Occurrence>,
    /// Alerts in force that overlap none proposed.
    pub(super) lost: Vec<Occurrence>,
    /// Why the stored pictures may not tell all.
    pub(super) caveats: Vec<String>,
}

/// Every rule of both sets: the proposed ones in their order, then those that would go.
pub(super) fn compare(
    (proposed, with_proposed): (&[RuleSettings], Vec<Occurrence>),
    (current, in_force): (&[RuleSettings], Vec<Occurrence>),
) -> Vec<RuleComparison> {
    let is_same = |a: &RuleSettings, b: &RuleSettings| a.id == b.id && a.zone.id == b.zone.id;
    let has = |rules: &[RuleSettings], rule| rules.iter().any(|other| is_same(other, rule));
    let gone = current.iter().filter(|rule| !has(proposed, rule));
    proposed
        .iter()
        .map(|rule| (rule, if has(current, rule) { Side::Both } else { Side::Proposed }))
        .chain(gone.map(|rule| (rule, Side::InForce)))
        .map(|(rule, side)| RuleComparison::new(rule, side, &with_proposed, &in_force))
        .collect()
}

impl RuleComparison {
    fn new(
        rule: &RuleSettings,
        side: Side,
        with_proposed: &[Occurrence],
        in_force: &[Occurrence],
    ) -> Self {
        let of_rule = |alerts: &[Occurrence]| -> Vec<Occurrence> {
            let ours = |alert: &&Occurrence| alert.rule == rule.id && alert.zone == rule.zone.id;
            alerts.iter().filter(ours).cloned().collect()
        };
        let (with_proposed, in_force) = (of_rule(with_proposed), of_rule(in_force));
        let lost = in_force
            .iter()
            .filter(|alert| !with_proposed.iter().any(|other| other.overlaps(alert)))
            .cloned()
            .collect();
        let (mut kept, mut gained) = (Vec::new(), Vec::new());
        for alert in with_proposed {
            match in_force.iter().find(|other| other.overlaps(&alert)) {
                Some(other) => kept.push((alert, other.clone())),
                None => gained.push(alert),
            }
        }
        Self {
            rule: rule.id.clone(),
            zone: rule.zone.id.clone(),
            incident: rule.incident.code.clone(),
            side,
            in_force,
            kept,
            gained,
            lost,
            caveats: Vec::new(),
        }
    }
}
