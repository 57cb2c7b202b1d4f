//! Whether the numbers of a model's first output can be what its layout says. A model that was exported
//! in another way has the right shape and the wrong meaning, and would see nothing, or everything.

use crate::decode_output::OutputDecoder;
use crate::manifest::format::Layout;
use crate::manifest::model::Manifest;

/// Scores are probabilities; rounding may pass 1 by a little.
const SCORES: std::ops::RangeInclusive<f32> = -0.01..=1.01;

/// Boxes that are all smaller than this are not in pixels.
const LEAST_PX: f32 = 1.5;

/// A model with fewer boxes than this proves nothing about all of them.
const ENOUGH_BOXES: usize = 20;

/// The logarithm of a size in cells is far below this: no input has a million cells a side.
const MOST_LOG_SIZE: f32 = 14.0;

/// Checks the finite `output` of a run.
///
/// # Errors
/// What cannot be, and what to do.
pub(crate) fn check(
    output: &[f32],
    manifest: &Manifest,
    decoder: &OutputDecoder,
) -> Result<(), String> {
    let values = decoder.values_per_anchor();
    let anchors = output.len() / values;
    match manifest.layout {
        Layout::YoloV8 => {
            let (boxes, scores) = output.split_at_checked(4 * anchors).unwrap_or_default();
            check_pixels(boxes.iter().copied(), anchors)?;
            check_scores(scores.iter().copied())
        }
        Layout::Yolox => {
            let rows = || output.chunks_exact(values);
            let sizes = rows().filter_map(|row| row.get(2..4)).flatten();
            if let Some(size) = sizes.copied().find(|size| *size > MOST_LOG_SIZE) {
                return Err(format!(
                    "a box has the size {size}, expected its logarithm: the boxes are decoded \
                     already; export the model without --decode_in_inference"
                ));
            }
            check_scores(rows().filter_map(|row| row.get(4..)).flatten().copied())
        }
        Layout::Nms => {
            let rows = || output.chunks_exact(values).filter(|row| row.get(4) > Some(&0.0));
            check_scores(rows().filter_map(|row| row.get(4).copied()))?;
            check_pixels(rows().filter_map(|row| row.get(..4)).flatten().copied(), rows().count())?;
            let mut classes = rows().filter_map(|row| row.get(5).copied());
            let count = manifest.classes.len();
            let is_known =
                |class: &f32| class.fract() == 0.0 && (0.0..count as f32).contains(class);
            classes.find(|class| !is_known(class)).map_or(Ok(()), |class| {
                Err(format!(
                    "a box has the class {class}, model.toml lists {count} classes (0 to {}): list \
                     all classes of the model in its order",
                    count.saturating_sub(1)
                ))
            })
        }
    }
}

fn check_scores(scores: impl Iterator<Item = f32>) -> Result<(), String> {
    let mut scores = scores;
    scores.find(|score| !SCORES.contains(score)).map_or(Ok(()), |score| {
        Err(format!(
            "a score is {score}, expected 0 to 1: compare layout in model.toml with how the model \
             was exported, or export it with its last activation (sigmoid)"
        ))
    })
}

fn check_pixels(edges: impl Iterator<Item = f32>, boxes: usize) -> Result<(), String> {
    let largest = edges.fold(0.0_f32, |largest, edge| largest.max(edge.abs()));
    if boxes >= ENOUGH_BOXES && largest > 0.0 && largest < LEAST_PX {
        return Err(format!(
            "all boxes lie between 0 and {largest}, expected pixels of the input: export the model \
             without scaling its boxes to 0..1"
        ));
    }
    Ok(())
}
