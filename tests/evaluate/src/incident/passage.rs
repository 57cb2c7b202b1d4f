//! Something of no class blocks a passage.

use std::ops::Range;

use fastrand::Rng;

use super::kind::{Goal, Incident, Measure, Trial};
use crate::case::{COMES, Case, Evidence, LEAVES, Laid, Object, Truth};
use crate::condition::Condition;
use crate::cutout::CutOut;
use crate::material::{Effort, Material};
use crate::scene::{CAMERA, Zone};
use crate::thing::{KINDS, Thing};

/// As alerts call it where a rule asks for as little as a rule can: what the class-free watcher is worth.
pub(crate) const SENSITIVE: &str = "other";
/// The same things before rules with the limits of standard types.
const AS_SHIPPED: [&str; 3] = ["fire_passage_blocked", "checkpoint_gate_blocked", "material_pile"];
/// All that is due for a thing.
pub(super) const CODES: [&str; 4] = [SENSITIVE, AS_SHIPPED[0], AS_SHIPPED[1], AS_SHIPPED[2]];

/// Shares of a passage's width, between the limits of standard types.
pub(crate) const TAKEN: [Range<f32>; 3] = [0.0..0.2, 0.2..0.3, 0.3..f32::INFINITY];

const GOALS: &[Goal] = &[
    Goal { what: Measure::RecallUnder(Condition::Day, Evidence::Composed), bound: 0.95 },
    Goal { what: Measure::RecallUnder(Condition::Day, Evidence::Drawn), bound: 0.95 },
    Goal { what: Measure::Recall(Evidence::Composed), bound: 0.85 },
    Goal { what: Measure::Recall(Evidence::Drawn), bound: 0.85 },
    Goal { what: Measure::FalseAlertsADay, bound: 1.0 },
];

pub(super) const INCIDENT: Incident = Incident {
    name: "passage, sensitive",
    code: SENSITIVE,
    camera: CAMERA,
    due: "Something that the detector has no class for is put down. The rule asks for 0.05 of the width.",
    goals: GOALS,
    trial: Trial::Runs(runs),
};

pub(super) const PASSAGE: Incident = Incident {
    goals: GOALS,
    ..as_shipped(
        "passage or fire lane, as shipped",
        AS_SHIPPED[0],
        "The same things. The limit is the standard types', 0.2 of the width; what takes less need not be told.",
    )
};

pub(super) const GATE: Incident = as_shipped(
    "gate or blind way, as shipped",
    AS_SHIPPED[1],
    "As for a passage, with a limit of 0.3 of the width.",
);

pub(super) const HEAP: Incident = as_shipped(
    "heap, as shipped",
    AS_SHIPPED[2],
    "As for a passage, with a limit of 0.02 of the area.",
);

/// The same things before a rule of a standard type.
const fn as_shipped(name: &'static str, code: &'static str, due: &'static str) -> Incident {
    let goals = &[Goal { what: Measure::FalseAlertsADay, bound: 1.0 }];
    Incident { name, code, camera: CAMERA, due, goals, trial: Trial::WithOthers }
}

/// Places that are tried for a thing, until one is found that passers-by seldom hide.
const TRIES: usize = 40;
const MOST_HIDDEN: f64 = 0.3;

/// In each run one thing comes to each zone.
pub(crate) fn runs(material: &Material, effort: &Effort) -> Vec<Case> {
    let mut cases = Vec::new();
    for condition in &effort.conditions {
        for (index, size) in effort.sizes_px.iter().enumerate() {
            for evidence in [Evidence::Composed, Evidence::Drawn] {
                for turn in 0..effort.turns {
                    let number =
                        (index as u64 * 2 + u64::from(evidence == Evidence::Drawn)) * 64 + turn;
                    let seed = effort.seed.wrapping_add(7_000 + number);
                    cases.push(run(material, *condition, (*size, evidence), (seed, number)));
                }
            }
        }
    }
    cases
}

/// The same dice under each condition: what differs is the condition.
fn run(
    material: &Material,
    condition: Condition,
    (size, evidence): (f32, Evidence),
    (seed, number): (u64, u64),
) -> Case {
    let mut case = Case::with_things(condition, seed);
    let mut rng = Rng::with_seed(seed ^ 0x5EED);
    let start = case.dice(&material.scene).start_secs;
    for (index, zone) in material.scene.zones.iter().enumerate() {
        let kind = usize::try_from(number).unwrap_or_default() + index;
        let place = || placed(material, zone, (size, evidence, kind), &mut rng);
        let is_seen = |object: &Object| {
            let stands = start + COMES..start + LEAVES;
            material.scene.hidden_share(stands, &object.place()) < MOST_HIDDEN
        };
        let Some(object) = std::iter::repeat_with(place).take(TRIES).flatten().find(is_seen) else {
            continue; // too large for this zone, or always hidden
        };
        case.truths.extend(CODES.map(|code| Truth {
            code,
            implies: &[],
            zone: zone.id.clone(),
            is_held_out: zone.is_held_out,
            evidence,
            what: object.what(),
            places: vec![object.place()],
            size_px: size,
            taken: Some(zone.place.share_taken(&object.place())),
            stands: COMES..LEAVES,
        }));
        case.laid.push(Laid { object, stands: COMES..LEAVES });
    }
    case
}

/// A thing somewhere in a zone; none if it is too large.
pub(super) fn placed(
    material: &Material,
    zone: &Zone,
    (size, evidence, kind): (f32, Evidence, usize),
    rng: &mut Rng,
) -> Option<Object> {
    if evidence == Evidence::Drawn {
        let thing = Thing::placed(KINDS[kind % KINDS.len()], size, &zone.place, rng)?;
        return Some(Object::Drawn(thing));
    }
    let things = &material.cut_outs.things;
    let of = things.get(kind % things.len())?.clone();
    let (dice, mirrored) = ((rng.f32(), rng.f32()), rng.bool());
    let place = zone.place.foothold((size * of.aspect(), size), dice)?;
    Some(Object::Cut(CutOut { of, place, mirrored, light: 0.8 + 0.5 * rng.f32() }))
}
