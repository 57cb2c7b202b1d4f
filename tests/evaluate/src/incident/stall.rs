//! Somebody sells: goods of no class stand there, and somebody stays with them.

use fastrand::Rng;

use super::kind::{Goal, Incident, Measure, Trial};
use super::passage;
use crate::case::{COMES, Case, Evidence, LEAVES, Laid, Object, Truth};
use crate::condition::Condition;
use crate::cutout::CutOut;
use crate::material::{Effort, Material};
use crate::place::Rect;
use crate::scene::{CAMERA, Zone};

const CODE: &str = "vendor_unlicensed";

pub(super) const INCIDENT: Incident = Incident {
    name: "street stall, goods of no class",
    code: CODE,
    camera: CAMERA,
    due: "Goods that the detector has no class for are put down, and somebody stays beside them. The rule is the \
          standard type's with `unknown_things = true`.",
    goals: &[
        Goal { what: Measure::Recall(Evidence::Composed), bound: 0.9 },
        Goal { what: Measure::Recall(Evidence::Drawn), bound: 0.9 },
        Goal { what: Measure::FalseAlertsADay, bound: 1.0 },
    ],
    trial: Trial::Runs(runs),
};

/// Pixels of a seller's height, and of the goods'.
const SELLER_PX: f32 = 104.0;
const GOODS_PX: f32 = 56.0;
/// When a second seller takes over, in a part of the runs.
const RELIEVED: f64 = (COMES + LEAVES) / 2.0;

/// In each run a stall comes to each zone that is wide enough. The seller is always a photograph; the goods
/// are, or are drawn.
fn runs(material: &Material, effort: &Effort) -> Vec<Case> {
    let mut cases = Vec::new();
    for condition in &effort.conditions {
        for evidence in [Evidence::Composed, Evidence::Drawn] {
            for turn in 0..effort.turns {
                let number = u64::from(evidence == Evidence::Drawn) * 64 + turn;
                cases.push(run(material, *condition, evidence, (effort.seed, number)));
            }
        }
    }
    cases
}

fn run(
    material: &Material,
    condition: Condition,
    evidence: Evidence,
    (seed, number): (u64, u64),
) -> Case {
    let seed = seed.wrapping_add(70_000 + number);
    let mut case = Case::with_things(condition, seed);
    let mut rng = Rng::with_seed(seed ^ 0x57A11);
    for (index, zone) in material.scene.zones.iter().enumerate() {
        let kind = usize::try_from(number).unwrap_or_default() + index;
        let Some((goods, seller)) = stall(material, zone, (evidence, kind), &mut rng) else {
            continue;
        };
        case.truths.push(Truth {
            code: CODE,
            implies: &passage::CODES,
            zone: zone.id.clone(),
            is_held_out: zone.is_held_out,
            evidence,
            what: format!("{}, and {}", goods.what(), seller.of.what),
            places: vec![goods.place(), seller.place],
            size_px: GOODS_PX,
            taken: None,
            stands: COMES..LEAVES,
        });
        case.laid.push(Laid { object: goods, stands: COMES..LEAVES });
        lay_sellers(&mut case, material, seller, &mut rng);
    }
    case
}

/// Goods in a zone and who sells them beside; none if there is no room.
fn stall(
    material: &Material,
    zone: &Zone,
    (evidence, kind): (Evidence, usize),
    rng: &mut Rng,
) -> Option<(Object, CutOut)> {
    let goods = passage::placed(material, zone, (GOODS_PX, evidence, kind), rng)?;
    let sellers = &material.cut_outs.sellers;
    let of = sellers.get(rng.usize(..sellers.len()))?.clone();
    let at = goods.place();
    let width = SELLER_PX * of.aspect();
    let right = at.left + at.width + 0.2 * width;
    let is_right = right + width < zone.place.left + zone.place.width;
    let left = if is_right { right } else { at.left - 1.2 * width };
    if left < zone.place.left {
        return None;
    }
    let top = at.top + at.height - SELLER_PX;
    let place = Rect { left, top, width, height: SELLER_PX };
    Some((goods, CutOut { of, place, mirrored: rng.bool(), light: 1.0 }))
}

/// In half of the runs another takes over.
fn lay_sellers(case: &mut Case, material: &Material, seller: CutOut, rng: &mut Rng) {
    let is_relieved = rng.bool();
    let until = if is_relieved { RELIEVED } else { LEAVES };
    if is_relieved
        && let Some(of) = material.cut_outs.sellers.iter().find(|it| it.what != seller.of.what)
    {
        let place = Rect { width: SELLER_PX * of.aspect(), ..seller.place };
        let other = CutOut { of: of.clone(), place, ..seller.clone() };
        case.laid.push(Laid { object: Object::Cut(other), stands: RELIEVED..LEAVES });
    }
    case.laid.push(Laid { object: Object::Cut(seller), stands: COMES..until });
}
