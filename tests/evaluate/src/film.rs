//! The pictures of a run, one by one.

use fastrand::Rng;

use crate::case::{Case, Dice};
use crate::condition::Condition;
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

    pub(crate) const fn condition(&self) -> Condition {
        self.case.condition
    }

    /// The picture at this second of the run, whenever it is asked for.
    pub(crate) fn picture(&self, secs: f64) -> Vec<u8> {
        let Self { case, scene, dice } = self;
        let millis = (1000.0 * secs).round() as u64;
        let mut rng = Rng::with_seed(case.seed.rotate_left(32) ^ millis);
        let shift = case.condition.sway(secs as f32, dice.chance);
        let mut picture = scene.picture(dice.start_secs + secs, shift);
        for laid in case.laid.iter().filter(|it| it.stands.contains(&secs)) {
            laid.object.draw(&mut picture, scene.clip.width, shift);
        }
        let when = (secs as f32, dice.chance);
        case.condition.apply(&mut picture, scene.clip.width, when, &mut rng);
        picture.iter().map(|value| (value + 0.5) as u8).collect()
    }
}
