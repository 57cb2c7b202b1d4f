//! One run: a scene, a condition, and perhaps a thing that comes and goes.

use fastrand::Rng;
use scene::{BoundingBox, CaptureTime};
use standing::{Picture, Settings, Standing, State, Workbench, ZoneLook, ZoneWatch};

use crate::clip::{Clip, Fallible};
use crate::condition::{Chance, Condition, LOW_BITRATE_QUANTISER};
use crate::scene::Scene;
use crate::thing::Thing;

/// What is shown.
pub(crate) struct Plan<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) condition: Condition,
    pub(crate) seed: u64,
    pub(crate) looks: usize,
    /// The thing, and the looks in which it stands there.
    pub(crate) thing: Option<(Thing, std::ops::Range<usize>)>,
    /// Whether persons' boxes are known.
    pub(crate) boxes: bool,
}

/// What came of it.
#[derive(Default, Clone)]
pub(crate) struct Outcome {
    /// The look in which the thing was told, counted from the one in which it came.
    pub(crate) told_after: Option<usize>,
    /// Things told that are not the thing, each once: the look and its place.
    pub(crate) false_alarms: Vec<(usize, Standing)>,
    /// Looks in which the state was ready.
    pub(crate) ready: usize,
    /// Seconds of the processor for all looks.
    pub(crate) secs: f64,
}

impl Plan<'_> {
    /// The look of the clip that the run begins with, and its chances.
    pub(crate) fn begin(scene: &Scene, seed: u64) -> (usize, Chance, Rng) {
        let mut rng = Rng::with_seed(seed);
        let chance = Chance::drawn(&mut rng);
        (rng.usize(..scene.clip.looks.len()), chance, rng)
    }
}

/// The pictures of a plan.
pub(crate) fn pictures(plan: &Plan<'_>) -> Fallible<Clip> {
    let (start, chance, mut rng) = Plan::begin(plan.scene, plan.seed);
    let [_, _, width, height] = plan.scene.zone;
    let mut clip = Clip { width, height, looks: Vec::new() };
    for look in 0..plan.looks {
        let shift = plan.condition.sway(look as f32, chance);
        let mut picture = plan.scene.cut(start + look, shift);
        if let Some((thing, when)) = &plan.thing
            && when.contains(&look)
        {
            thing.draw(&mut picture, width, shift);
        }
        plan.condition.apply(&mut picture, width, (look as f32, chance), &mut rng);
        clip.looks.push(picture.iter().map(|v| (v + 0.5) as u8).collect());
    }
    if plan.condition == Condition::LowBitrate {
        clip.squeezed(LOW_BITRATE_QUANTISER)
    } else {
        Ok(clip)
    }
}

/// Shows the pictures to a fresh watch.
pub(crate) fn run(plan: &Plan<'_>, clip: &Clip, bench: &mut Workbench) -> Fallible<Outcome> {
    let (start, _, _) = Plan::begin(plan.scene, plan.seed);
    let mut watch = ZoneWatch::new(Scene::polygon()?, Settings::default());
    let mut outcome = Outcome::default();
    let mut known: Vec<u32> = Vec::new();
    for (look, pixels) in clip.looks.iter().enumerate() {
        let moving = &plan.scene.moving[(start + look) % plan.scene.moving.len()];
        let micros = i64::try_from(look)? * 1_000_000;
        let shown = ZoneLook {
            picture: Picture::new(clip.width, clip.height, pixels)?,
            time: CaptureTime::from_unix_micros(micros),
            moving: if plan.boxes { moving } else { &[] },
        };
        let begun = std::time::Instant::now();
        let findings = watch.look(&shown, bench);
        outcome.secs += begun.elapsed().as_secs_f64();
        outcome.ready += usize::from(findings.state == State::Ready);
        for found in findings.standing {
            if known.contains(&found.id) {
                continue;
            }
            known.push(found.id);
            match &plan.thing {
                Some((thing, when)) if look >= when.start && meets(&found, thing, clip) => {
                    if outcome.told_after.is_none() && when.contains(&look) {
                        outcome.told_after = Some(look - when.start);
                    }
                }
                // Its own shadow is no other thing.
                Some((thing, when)) if look >= when.start && shadow_holds(&found, thing, clip) => {}
                _ => outcome.false_alarms.push((look, found)),
            }
        }
    }
    Ok(outcome)
}

/// Whether what was found lies on the thing: its middle in the other's box, or a third in common.
fn meets(found: &Standing, thing: &Thing, clip: &Clip) -> bool {
    let truth = place(thing, (clip.width, clip.height));
    let middle = found.bounds.centre();
    let holds = (truth.left..=truth.right).contains(&middle.x)
        && (truth.top..=truth.bottom).contains(&middle.y);
    holds && found.bounds.area() < 6.0 * truth.area() || found.bounds.iou(&truth) > 0.3
}

/// Whether what was found lies in the thing's shadow.
fn shadow_holds(found: &Standing, thing: &Thing, clip: &Clip) -> bool {
    let truth = place(thing, (clip.width, clip.height));
    let middle = found.bounds.centre();
    let (wide, high) = (0.6 * truth.width(), 0.35 * truth.height());
    (truth.left - wide..=truth.right + wide).contains(&middle.x)
        && (truth.bottom - high..=truth.bottom + high).contains(&middle.y)
}

/// The box around a thing in shares of the zone.
pub(crate) fn place(thing: &Thing, (width, height): (usize, usize)) -> BoundingBox {
    let [left, top, right, bottom] = thing.bounds();
    let (width, height) = (width as f32, height as f32);
    BoundingBox {
        left: left / width,
        top: top / height,
        right: right / width,
        bottom: bottom / height,
    }
}
