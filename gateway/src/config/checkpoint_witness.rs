//! Which rules of cameras tell checkpoints what they find.

use incident::Witness;
use rule::Slug;

use super::checkpoint::{Checkpoint, SeenBy};
use super::settings::Camera;

/// Notes in each camera which of its rules tell checkpoints what they find. A rule raises no alert of its own if
/// its type is one that the checkpoint itself reports by it.
pub(super) fn call_witnesses(cameras: &mut [Camera], checkpoints: &[Checkpoint]) {
    for camera in cameras {
        let asked = checkpoints.iter().flat_map(|checkpoint| asked(camera, checkpoint));
        let mut witnesses: Vec<Witness> = Vec::new();
        for witness in asked {
            match witnesses.iter_mut().find(|known| known.rule == witness.rule) {
                Some(known) => known.is_silent |= witness.is_silent,
                None => witnesses.push(witness),
            }
        }
        camera.witnesses = witnesses;
    }
}

fn asked(camera: &Camera, checkpoint: &Checkpoint) -> Vec<Witness> {
    let Some(SeenBy { camera: id, line, guard }) = &checkpoint.camera else { return Vec::new() };
    let named = line.iter().chain(guard).filter(|_| *id == camera.id);
    let is_silent = |rule: &Slug| {
        let of_rule = camera.rules.iter().find(|it| it.id == *rule);
        of_rule.is_some_and(|of_rule| {
            checkpoint.rules.iter().any(|it| it.incident.code == of_rule.incident.code)
        })
    };
    named.map(|rule| Witness { rule: rule.clone(), is_silent: is_silent(rule) }).collect()
}
