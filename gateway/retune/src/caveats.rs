//! Why what was stored may not tell all about a changed rule.

use std::time::Duration;

use incident::{Assessor, CameraProfile, RuleError, RuleSettings};
use rule::Wanted;
use scene::Class;

/// A rule that asks for more pictures than this share of the stored ones misses some of them.
const DENSER: f64 = 1.5;

/// What a reader must know before believing the figures of `rule`. `interval` is the time between
/// stored pictures; `current` are the rules that asked for them.
///
/// # Errors
/// If the rule cannot be set up.
pub(super) fn of(
    rule: &RuleSettings,
    current: &[RuleSettings],
    camera: &CameraProfile,
    interval: Duration,
) -> Result<Vec<String>, RuleError> {
    let mut caveats = Vec::new();
    let wanted = rule.kind.classes();
    let looked_for: Vec<Wanted> = current.iter().map(|rule| rule.kind.classes()).collect();
    if let Wanted::Only(classes) = &wanted
        && !looked_for.contains(&Wanted::All)
    {
        let is_looked_for = |class: &Class| {
            looked_for
                .iter()
                .any(|found| matches!(found, Wanted::Only(some) if some.contains(class)))
        };
        let unseen: Vec<&str> =
            classes.iter().filter(|class| !is_looked_for(class)).map(Class::as_str).collect();
        if !unseen.is_empty() {
            let unseen = unseen.join(", ");
            caveats.push(format!("no rule in force asks for {unseen}: it was not looked for"));
        }
    }
    caveats.extend(unfollowed(rule, current));
    if rule.kind.needs_appearance() {
        caveats.push("it judges the picture itself, which is not stored".to_owned());
    }
    let asked = Assessor::new(camera.clone(), vec![rule.clone()])?.sampling().interval;
    if interval.as_secs_f64() > asked.as_secs_f64() * DENSER {
        let (asked, stored) = (asked.as_secs_f64(), interval.as_secs_f64());
        caveats.push(format!(
            "it asks for a picture every {asked:.1} s, and one every {stored:.1} s was stored"
        ));
    }
    Ok(caveats)
}

/// What is stored are objects that reached the threshold of a rule in force.
fn unfollowed(rule: &RuleSettings, current: &[RuleSettings]) -> Option<String> {
    let asked = rule.kind.thresholds()?;
    let followed_from = |class: &Class| {
        let asking = current.iter().filter(|it| it.kind.classes().holds(class));
        asking.filter_map(|it| Some(it.kind.thresholds()?.begins(class))).reduce(f32::min)
    };
    let classes = match rule.kind.classes() {
        Wanted::Only(classes) => classes,
        Wanted::All => {
            let named = asked.by_class().map(|(class, _)| class.clone());
            named.chain([Class::new("any other class")]).collect()
        }
    };
    let missed: Vec<String> = classes
        .iter()
        .filter_map(|class| Some((class, followed_from(class)?)))
        .filter(|(class, from)| asked.begins(class) < *from)
        .map(|(class, from)| format!("{class} below {from}"))
        .collect();
    let told = format!(
        "its threshold is lower than those in force: {} was not followed",
        missed.join(", ")
    );
    (!missed.is_empty()).then_some(told)
}
