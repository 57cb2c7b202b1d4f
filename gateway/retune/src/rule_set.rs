//! The rules of one camera, door or sensor.

use incident::{RuleSettings, SignalRuleSettings};
use rule::Slug;

/// The rules of one camera, door or sensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSet {
    /// What must not be seen.
    pub pictures: Vec<RuleSettings>,
    /// What must not be said.
    pub signals: Vec<SignalRuleSettings>,
}

/// Which alerts are of a rule, and how that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) rule: Slug,
    /// Of a rule on pictures.
    pub(super) zone: Option<Slug>,
    /// The incident type's code.
    pub(super) incident: Slug,
    /// Where it judges, in words.
    pub(super) place: String,
}

impl RuleSet {
    /// All rules, in their order.
    pub(super) fn judged(&self) -> Vec<Judged> {
        let by_pictures = self.pictures.iter().map(|rule| Judged {
            rule: rule.id.clone(),
            zone: Some(rule.zone.id.clone()),
            incident: rule.incident.code.clone(),
            place: rule.zone.id.to_string(),
        });
        let by_signals = self.signals.iter().map(|rule| Judged {
            rule: rule.id.clone(),
            zone: None,
            incident: rule.incident.code.clone(),
            place: match &rule.point {
                Some(point) => point.to_string(),
                None if rule.kind.is_of_device() => "the device".to_owned(),
                None => "every point".to_owned(),
            },
        });
        by_pictures.chain(by_signals).collect()
    }
}
