//! Why what was stored may not tell all about a changed rule.

use incident::{Assessor, CameraProfile, RuleError, RuleSettings};
use rule::Wanted;
use scene::Class;

use super::watched::Watched;

/// A rule that asks for more pictures than this share of the stored ones misses some of them.
const DENSER: f64 = 1.5;

/// Stored pictures without a look at a zone, as a share of all, that a reader need not be told of.
const FEW_WITHOUT_LOOK: f64 = 0.1;

/// What a reader must know before believing the figures of `rule`. `watched` is what it was shown;
/// `current` are the rules that asked for it.
///
/// # Errors
/// If the rule cannot be set up.
pub(super) fn of(
    rule: &RuleSettings,
    current: &[RuleSettings],
    camera: &CameraProfile,
    watched: &Watched,
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
    caveats.extend(unlooked(rule, watched));
    let interval = watched.interval();
    let asked = Assessor::new(camera.clone(), vec![rule.clone()])?.sampling().interval;
    if interval.as_secs_f64() > asked.as_secs_f64() * DENSER {
        let (asked, stored) = (asked.as_secs_f64(), interval.as_secs_f64());
        caveats.push(format!(
            "it asks for a picture every {asked:.1} s, and one every {stored:.1} s was stored"
        ));
    }
    Ok(caveats)
}

/// Things of no class are looked for in the picture, which is not stored, and only in the zones that a rule in
/// force asks for.
fn unlooked(rule: &RuleSettings, watched: &Watched) -> Option<String> {
    if !rule.kind.needs_standing() {
        return None;
    }
    let pictures = watched.pictures;
    let looks = watched.looks.get(rule.zone.id.as_str()).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a share of pictures")]
    let without = pictures.saturating_sub(looks) as f64 / pictures.max(1) as f64;
    let told = format!(
        "{looks} of {pictures} pictures say what stands in its zone: in the others things of no class were not looked for"
    );
    (without > FEW_WITHOUT_LOOK).then_some(told)
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
