//! The alerts of two sets of rules side by side.

use super::rule_set::Judged;
use super::trial::Occurrence;

/// Which of the two sets has a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Proposed,
    InForce,
}

/// One rule in one zone, or on signals.
#[derive(Debug)]
pub(super) struct RuleComparison {
    pub(super) of: Judged,
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
    (proposed, with_proposed): (&[Judged], Vec<Occurrence>),
    (current, in_force): (&[Judged], Vec<Occurrence>),
) -> Vec<RuleComparison> {
    let is_same = |a: &Judged, b: &Judged| a.rule == b.rule && a.zone == b.zone;
    let has = |rules: &[Judged], rule| rules.iter().any(|other| is_same(other, rule));
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
        rule: &Judged,
        side: Side,
        with_proposed: &[Occurrence],
        in_force: &[Occurrence],
    ) -> Self {
        let of_rule = |alerts: &[Occurrence]| -> Vec<Occurrence> {
            let is_there =
                |alert: &Occurrence| rule.zone.as_ref().is_none_or(|zone| *zone == alert.zone);
            let ours = |alert: &&Occurrence| alert.rule == rule.rule && is_there(alert);
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
        Self { of: rule.clone(), side, in_force, kept, gained, lost, caveats: Vec::new() }
    }
}
