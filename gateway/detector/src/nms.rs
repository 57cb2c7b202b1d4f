//! Non-maximum suppression: one box per object.

use crate::decode_output::Candidate;

/// Of boxes that overlap by more than `max_iou` and mean the same kind of object, keeps only the one
/// with the highest score.
///
/// `candidates` come with falling scores and keep that order. `groups` holds for every class of
/// the model the kind of object it counts as: classes that the model confuses (a van is now a
/// car, now a truck) share a group, so one van does not become two objects. A class without a
/// group counts as its own kind.
pub fn suppress(candidates: &mut Vec<Candidate>, groups: &[usize], max_iou: f32) {
    let kind = |class: usize| groups.get(class).copied().unwrap_or(class);
    let mut kept = 0;
    for index in 0..candidates.len() {
        let (winners, rest) = candidates.split_at_mut(kept);
        // `index` is never below `kept`: both start at 0 and only `index` always grows.
        let Some(candidate) = rest.get(index - kept).copied() else {
            break;
        };
        let covered = winners.iter().any(|winner| {
            kind(winner.class) == kind(candidate.class)
                && winner.bbox.iou(&candidate.bbox) > max_iou
        });
        if !covered {
            if let Some(place) = rest.first_mut() {
                *place = candidate;
            }
            kept += 1;
        }
    }
    candidates.truncate(kept);
}

#[cfg(test)]
mod tests;
