//! The pictures of a run, one by one.

use crate::case::{Case, Dice};
use crate::scene::Scene;

/// What the camera of a run sees.
pub(crate) struct Film<'a> {
    case: &'a Case,
    scene: &'a Scene,
    dice: Dice,
}

impl<'a> Film<'a> {
    pub(crate) fn of(case: &'a Case, scene: &'a Scene) -> Self {
        Self { case, scene, dice: case.dice(scene) }
    }

    /// The picture at this second of the run. Each second is asked for once, in order.
    pub(crate) fn picture(&mut self, secs: f64) -> Vec<u8> {
        let Self { case, scene, dice } = self;
        let shift = case.condition.sway(secs as f32, dice.chance);
        let mut picture = scene.picture(dice.start_secs + secs, shift);
        for laid in case.laid.iter().filter(|it| it.stands.contains(&secs)) {
            laid.object.draw(&mut picture, scene.clip.width, shift);
        }
        let when = (secs as f32, dice.chance);
        case.condition.apply(&mut picture, scene.clip.width, when, &mut dice.rng);
        picture.iter().map(|value| (value + 0.5) as u8).collect()
    }
}
