//! A model's raw output as candidate boxes.

use scene::BoundingBox;

use crate::letterbox::Letterbox;
use crate::manifest::format::{InputFormat, Layout};
use crate::manifest::model::ClassFilter;

/// Candidates kept for suppression, best first. A street picture has some tens of objects with
/// a few boxes each; more than this is noise, and suppression costs the square of it.
const MAX_CANDIDATES: usize = 300;

/// Cell sizes of the three YOLOX grids in pixels of the input, in the order of its output.
const YOLOX_STRIDES_PX: [u32; 3] = [8, 16, 32];

/// Values of one box where the graph has removed overlaps: edges, score, class.
const NMS_VALUES: usize = 6;

/// A box that may be an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Index into the manifest's classes.
    pub class: usize,
    /// The model's confidence, 0..=1.
    pub score: f32,
    /// Where, normalised to the source picture.
    pub bbox: BoundingBox,
}

/// Reads the output of one model; keeps its buffers from picture to picture.
#[derive(Debug)]
pub struct OutputDecoder {
    layout: Layout,
    class_count: usize,
    /// YOLOX: for every anchor the left and top of its cell and the cell's size, in cells and px.
    cells: Vec<[f32; 3]>,
    /// YOLOv8: the highest wanted score of every anchor.
    best: Vec<f32>,
    /// Anchors above the lowest wanted score.
    ranking: Vec<(f32, usize)>,
    candidates: Vec<Candidate>,
}

impl OutputDecoder {
    /// A decoder for models of this layout, number of classes and input.
    #[must_use]
    pub fn new(layout: Layout, class_count: usize, input: &InputFormat) -> Self {
        Self {
            layout,
            class_count,
            cells: match layout {
                Layout::YoloV8 | Layout::Nms => Vec::new(),
                Layout::Yolox => yolox_cells(input),
            },
            best: Vec::new(),
            ranking: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// How many anchors the output must have; `None` where the layout leaves it to the model.
    #[must_use]
    pub fn anchor_count(&self) -> Option<usize> {
        match self.layout {
            Layout::YoloV8 | Layout::Nms => None,
            Layout::Yolox => Some(self.cells.len()),
        }
    }

    /// Values that describe one anchor: 4 of the box, objectness where the layout has it, and
    /// one score for each class; or the best score and its class.
    #[must_use]
    pub fn values_per_anchor(&self) -> usize {
        match self.layout {
            Layout::YoloV8 => 4 + self.class_count,
            Layout::Yolox => 5 + self.class_count,
            Layout::Nms => NMS_VALUES,
        }
    }

    /// The best candidates (at most 300) with a score of at least `min_score` in one of the
    /// wanted `classes`, falling scores first, overlaps not yet suppressed.
    ///
    /// An anchor takes the best class *among the wanted ones*. A caller that asks for cars and people
    /// gets the van as a car, even where the model finds "refrigerator" likelier.
    pub fn decode(
        &mut self,
        output: &[f32],
        letterbox: &Letterbox,
        classes: &ClassFilter,
        min_score: f32,
    ) -> &mut Vec<Candidate> {
        self.ranking.clear();
        self.candidates.clear();
        match self.layout {
            Layout::YoloV8 => self.decode_yolov8(output, letterbox, classes, min_score),
            Layout::Yolox => self.decode_yolox(output, letterbox, classes, min_score),
            Layout::Nms => self.decode_nms(output, letterbox, classes, min_score),
        }
        &mut self.candidates
    }

    /// `[4 + classes, anchors]`: rows of centre x, centre y, width, height, then a row per class.
    fn decode_yolov8(
        &mut self,
        output: &[f32],
        letterbox: &Letterbox,
        classes: &ClassFilter,
        min_score: f32,
    ) {
        let anchors = output.len() / self.values_per_anchor();
        let row = |index: usize| output.get(index * anchors..(index + 1) * anchors);
        // Row by row, not anchor by anchor: memory is read in order, and the loop is a vector
        // maximum. Only the winners look up which class it was.
        self.best.clear();
        self.best.resize(anchors, 0.0);
        for scores in classes.indices().iter().filter_map(|class| row(4 + class)) {
            for (best, score) in self.best.iter_mut().zip(scores) {
                *best = if *score > *best { *score } else { *best };
            }
        }
        self.rank(min_score);
        let [Some(x), Some(y), Some(width), Some(height)] = [0, 1, 2, 3].map(row) else {
            return;
        };
        for &(score, anchor) in &self.ranking {
            let at = |row: &[f32]| row.get(anchor).copied().unwrap_or(f32::NAN);
            let reaches_best = |class: &&usize| row(4 + **class).is_some_and(|r| at(r) >= score);
            let class = classes.indices().iter().find(reaches_best);
            let bbox = letterbox.to_source([at(x), at(y), at(width), at(height)]);
            if let (Some(&class), Some(bbox)) = (class, bbox) {
                self.candidates.push(Candidate { class, score: score.min(1.0), bbox });
            }
        }
    }

    /// `[anchors, 5 + classes]`: x and y as offsets in the anchor's cell, logarithms of width and
    /// height in cells, objectness, class scores; all scores already between 0 and 1.
    fn decode_yolox(
        &mut self,
        output: &[f32],
        letterbox: &Letterbox,
        classes: &ClassFilter,
        min_score: f32,
    ) {
        let values_per_anchor = self.values_per_anchor();
        self.best.clear();
        for values in output.chunks_exact(values_per_anchor).take(self.cells.len()) {
            self.best.push(yolox_best(values, classes, min_score).map_or(0.0, |(score, _)| score));
        }
        self.rank(min_score);
        for &(score, anchor) in &self.ranking {
            let start = anchor * values_per_anchor;
            let Some(values) = output.get(start..start + values_per_anchor) else {
                continue;
            };
            let (Some((_, class)), Some(&[left, top, stride]), Some(&[x, y, w, h])) = (
                yolox_best(values, classes, min_score),
                self.cells.get(anchor),
                values.first_chunk::<4>(),
            ) else {
                continue;
            };
            let bbox = letterbox.to_source([
                (left + x) * stride,
                (top + y) * stride,
                w.exp() * stride,
                h.exp() * stride,
            ]);
            if let Some(bbox) = bbox {
                self.candidates.push(Candidate { class, score: score.min(1.0), bbox });
            }
        }
    }

    /// `[boxes, 6]`: edges in pixels, score, class. The model has chosen the class: a box whose class
    /// is not wanted is none.
    fn decode_nms(
        &mut self,
        output: &[f32],
        letterbox: &Letterbox,
        classes: &ClassFilter,
        min_score: f32,
    ) {
        let wanted = |class: f32| classes.indices().iter().find(|it| is_class(class, **it));
        self.best.clear();
        for row in output.as_chunks::<NMS_VALUES>().0 {
            let [.., score, class] = *row;
            self.best.push(if wanted(class).is_some() { score } else { f32::NEG_INFINITY });
        }
        self.rank(min_score);
        for &(score, row) in &self.ranking {
            let Some(&[left, top, right, bottom, _, class]) =
                output.as_chunks::<NMS_VALUES>().0.get(row)
            else {
                continue;
            };
            let centre = [f32::midpoint(left, right), f32::midpoint(top, bottom)];
            let [x, y] = centre;
            let bbox = letterbox.to_source([x, y, right - left, bottom - top]);
            if let (Some(&class), Some(bbox)) = (wanted(class), bbox) {
                self.candidates.push(Candidate { class, score: score.min(1.0), bbox });
            }
        }
    }

    /// Fills `ranking` with the best anchors of `best`, falling scores first, ties in order.
    fn rank(&mut self, min_score: f32) {
        let anchors = self.best.iter().enumerate();
        self.ranking
            .extend(anchors.filter(|(_, s)| **s >= min_score).map(|(anchor, s)| (*s, anchor)));
        let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if self.ranking.len() > MAX_CANDIDATES {
            self.ranking.select_nth_unstable_by(MAX_CANDIDATES, order);
            self.ranking.truncate(MAX_CANDIDATES);
        }
        self.ranking.sort_unstable_by(order);
    }
}

/// Whether a number of the output means this class.
fn is_class(number: f32, class: usize) -> bool {
    (number - class as f32).abs() < 0.5
}

/// Objectness times the best wanted class score, and that class.
fn yolox_best(values: &[f32], classes: &ClassFilter, min_score: f32) -> Option<(f32, usize)> {
    // A class score is at most 1: most anchors end here after one number.
    let objectness = *values.get(4).filter(|objectness| **objectness >= min_score)?;
    let mut best: Option<(f32, usize)> = None;
    for &class in classes.indices() {
        let score = objectness * values.get(5 + class)?;
        if best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, class));
        }
    }
    best
}

fn yolox_cells(input: &InputFormat) -> Vec<[f32; 3]> {
    let mut cells = Vec::new();
    for stride in YOLOX_STRIDES_PX {
        for top in 0..input.height_px / stride {
            for left in 0..input.width_px / stride {
                cells.push([left as f32, top as f32, stride as f32]);
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests;
