//! A cable hangs to a two-wheeler that stands.

use std::sync::Arc;

use fastrand::Rng;

use super::kind::{Goal, Incident, Measure, Trial};
use crate::cable::{Cable, HELD_OUT, Kind, TRAINED};
use crate::case::{COMES, Case, Evidence, LEAVES, Laid, Object, Truth};
use crate::condition::Condition;
use crate::cutout::CutOut;
use crate::material::{Effort, Material};
use crate::place::Rect;

const CODE: &str = "ebike_flying_wire";
/// The same street with other zones: nothing else is watched there.
const CAMERA: &str = "wires";

pub(super) const INCIDENT: Incident = Incident {
    name: "charging wire",
    code: CODE,
    camera: CAMERA,
    due: "A photographed bicycle is left, and four seconds later a drawn cable hangs to it. No frame of this street was \
          in the net's training. The kinds of cables in the row `held out` were not either. What is false is told \
          of bicycles without a cable, which stand in all three zones all the time.",
    goals: &[
        Goal { what: Measure::Recall(Evidence::Drawn), bound: 0.8 },
        Goal { what: Measure::FalseAlertsADay, bound: 1.0 },
    ],
    trial: Trial::Runs(runs),
};

/// Where bicycles are left: zone, and the point on which one stands.
const PLACES: [(&str, (f32, f32)); 3] =
    [("kerb", (325.0, 508.0)), ("lawn", (130.0, 550.0)), ("yard", (600.0, 550.0))];
/// Pixels of a bicycle's height.
const BIKE_PX: f32 = 90.0;
/// Seconds from the bicycle to the cable.
const LATER: f64 = 4.0;
/// Pixels of a cable that must be seen beside its bicycle. A cable is drawn again until they are.
const VISIBLE_PX: f32 = 100.0;
const TRIES: usize = 60;
/// Of the time that a place may be hidden.
const MOST_HIDDEN: f64 = 0.3;

/// Hours with bicycles and no cable, of those of the empty street.
const WITHOUT_CABLE: f64 = 0.5;
/// Seconds of such a run.
const LONGEST_SECS: f64 = 600.0;
const SHORTEST_SECS: f64 = 200.0;

/// Runs with cables, and longer ones without.
fn runs(material: &Material, effort: &Effort) -> Vec<Case> {
    let mut cases = Vec::new();
    let Some(bicycle) = material.cut_outs.two_wheelers.first() else { return cases };
    for condition in &effort.conditions {
        for (first, kinds) in [(0, TRAINED.as_slice()), (64, HELD_OUT.as_slice())] {
            for turn in 0..effort.turns {
                let seed = effort.seed.wrapping_add(90_000 + first + turn);
                let kind = |place: usize| kinds[(turn as usize + place) % kinds.len()];
                cases.push(Scenery { material, bicycle, seed }.with_cables(*condition, kind));
            }
        }
    }
    let secs = 3600.0 * WITHOUT_CABLE * effort.empty_hours / effort.conditions.len().max(1) as f64;
    let of_each = (secs / LONGEST_SECS).ceil().max(1.0) as u64;
    let secs = (secs / of_each as f64).max(SHORTEST_SECS);
    let under = effort.conditions.iter().flat_map(|it| (0..of_each).map(move |_| *it));
    for (condition, number) in under.zip(0..) {
        let seed = effort.seed.wrapping_add(91_000 + number);
        cases.push(Scenery { material, bicycle, seed }.without_cables(condition, secs));
    }
    cases
}

/// What a run is made of.
struct Scenery<'a> {
    material: &'a Material,
    bicycle: &'a Arc<crate::cutout::Photographed>,
    seed: u64,
}

impl Scenery<'_> {
    /// In each zone in which it is seen a bicycle is left, and a cable hangs to it.
    fn with_cables(&self, condition: Condition, kind: impl Fn(usize) -> Kind) -> Case {
        let mut case = Case { camera: CAMERA, ..Case::with_things(condition, self.seed) };
        let mut rng = Rng::with_seed(self.seed ^ 0xCAB1E);
        let scene = &self.material.scene;
        let start = case.dice(scene).start_secs;
        let behind = scene.picture(start + COMES, (0.0, 0.0));
        for (index, (zone, foot)) in PLACES.into_iter().enumerate() {
            let bike = self.bicycle(foot, &mut rng);
            if scene.hidden_share(start + COMES..start + LEAVES, &bike.place) >= MOST_HIDDEN {
                continue;
            }
            let kind = kind(index);
            let place = bike.place;
            let drawn = std::iter::repeat_with(|| Cable::to(&place, kind, &mut rng)).take(TRIES);
            let is_seen =
                |it: &Cable| it.visible_px(&behind, scene.clip.width, &place) >= VISIBLE_PX;
            let Some(cable) = drawn.into_iter().find(is_seen) else { continue };
            case.truths.push(Truth {
                code: CODE,
                implies: &[],
                zone: zone.to_owned(),
                is_held_out: HELD_OUT.contains(&kind),
                evidence: Evidence::Drawn,
                what: cable.what(),
                places: vec![place],
                size_px: BIKE_PX,
                taken: None,
                stands: COMES + LATER..LEAVES,
            });
            case.laid.push(Laid { object: Object::Cut(bike), stands: COMES..LEAVES });
            case.laid.push(Laid { object: Object::Cable(cable), stands: COMES + LATER..LEAVES });
        }
        case
    }

    /// Bicycles in all zones from `COMES` on, to none of which a cable hangs.
    fn without_cables(&self, condition: Condition, secs: f64) -> Case {
        let mut case = Case { camera: CAMERA, ..Case::empty(condition, self.seed, secs) };
        let mut rng = Rng::with_seed(self.seed ^ 0xCAB1E);
        for (_, foot) in PLACES {
            let bike = Object::Cut(self.bicycle(foot, &mut rng));
            case.laid.push(Laid { object: bike, stands: COMES..secs });
        }
        case
    }

    fn bicycle(&self, (x, y): (f32, f32), rng: &mut Rng) -> CutOut {
        let width = BIKE_PX * self.bicycle.aspect();
        let (dx, dy) = (12.0 * (rng.f32() - 0.5), 8.0 * (rng.f32() - 0.5));
        let (left, top) = (x + dx - width / 2.0, y + dy - BIKE_PX);
        let place = Rect { left, top, width, height: BIKE_PX };
        let (mirrored, light) = (rng.bool(), 1.3 + 0.4 * rng.f32());
        CutOut { of: Arc::clone(self.bicycle), place, mirrored, light }
    }
}
