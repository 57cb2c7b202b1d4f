//! Decoding both layouts against their definitions.

use proptest::prelude::*;

use super::*;
use crate::manifest::format::Channels;

const INPUT: InputFormat =
    InputFormat { width_px: 64, height_px: 32, channels: Channels::Rgb, range: 1.0, pad: 114 };

fn whole() -> Letterbox {
    Letterbox::fit(64, 32, &INPUT)
}

fn decoder(layout: Layout) -> OutputDecoder {
    OutputDecoder::new(layout, 3, &INPUT)
}

/// YOLOv8 output of anchors given one by one: centre, size, three scores.
fn rows(anchors: &[[f32; 7]]) -> Vec<f32> {
    (0..7).flat_map(|row| anchors.iter().map(move |anchor| anchor[row])).collect()
}

fn filter(classes: &[usize]) -> ClassFilter {
    ClassFilter::of_indices(classes)
}

fn found(candidates: &[Candidate]) -> Vec<(usize, f32)> {
    candidates.iter().map(|found| (found.class, found.score)).collect()
}

#[test]
fn yolov8_anchors_take_their_best_wanted_class() {
    let output = rows(&[
        [10.0, 10.0, 8.0, 8.0, 0.3, 0.6, 0.1],
        [30.0, 10.0, 8.0, 8.0, 0.9, 0.2, 0.9],
        [50.0, 10.0, 8.0, 8.0, 0.2, 0.1, 0.24],
    ]);
    let mut decoder = decoder(Layout::YoloV8);
    let all = filter(&[0, 1, 2]);
    assert_eq!(found(decoder.decode(&output, &whole(), &all, 0.25)), [(0, 0.9), (1, 0.6)]);
    let wanted = filter(&[0]);
    assert_eq!(found(decoder.decode(&output, &whole(), &wanted, 0.25)), [(0, 0.9), (0, 0.3)]);
    assert_eq!(found(decoder.decode(&output, &whole(), &filter(&[]), 0.25)), []);
    let box_of_best = decoder.decode(&output, &whole(), &all, 0.25)[0].bbox;
    assert_eq!(
        box_of_best,
        BoundingBox { left: 26.0 / 64.0, top: 6.0 / 32.0, right: 34.0 / 64.0, bottom: 14.0 / 32.0 }
    );
}

#[test]
fn numbers_that_are_none_are_no_objects() {
    let output = rows(&[
        [10.0, 10.0, 8.0, 8.0, f32::NAN, f32::NAN, f32::NAN],
        [f32::NAN, 10.0, 8.0, 8.0, 0.9, 0.0, 0.0],
        [10.0, 10.0, 8.0, 8.0, f32::NAN, 0.5, 0.0],
    ]);
    let all = filter(&[0, 1, 2]);
    let mut decoder = decoder(Layout::YoloV8);
    assert_eq!(found(decoder.decode(&output, &whole(), &all, 0.25)), [(1, 0.5)]);
    assert_eq!(found(decoder.decode(&output[..20], &whole(), &all, f32::NAN)), []);
    assert_eq!(found(decoder.decode(&[], &whole(), &all, 0.25)), []);
}

#[test]
fn yolox_boxes_are_offsets_in_cells() {
    let mut decoder = decoder(Layout::Yolox);
    // 8 x 4 cells of 8 px, 4 x 2 of 16 px, 2 x 1 of 32 px.
    assert_eq!(decoder.anchor_count(), Some(32 + 8 + 2));
    let mut output = vec![0.0; 42 * 8];
    // Row 1, column 2 of the 16 px grid: its cell starts at (32, 16).
    let values = [0.25, 0.5, 0.0, 0.5f32.ln(), 0.8, 0.1, 0.0, 0.5];
    output[(32 + 4 + 2) * 8..][..8].copy_from_slice(&values);
    let candidates = decoder.decode(&output, &whole(), &filter(&[0, 1, 2]), 0.25);
    assert_eq!(found(candidates), [(2, 0.4)]);
    let bbox = candidates[0].bbox;
    let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
    assert!(close(bbox.left, 28.0 / 64.0) && close(bbox.right, 44.0 / 64.0), "{bbox:?}");
    assert!(close(bbox.top, 20.0 / 32.0) && close(bbox.bottom, 28.0 / 32.0), "{bbox:?}");
}

#[test]
fn only_the_best_three_hundred_are_kept() {
    let anchors: Vec<[f32; 7]> =
        (0..1000u16).map(|i| [30.0, 10.0, 8.0, 8.0, f32::from(i) / 1000.0, 0.0, 0.0]).collect();
    let mut decoder = decoder(Layout::YoloV8);
    let candidates = decoder.decode(&rows(&anchors), &whole(), &filter(&[0, 1, 2]), 0.0);
    assert_eq!(candidates.len(), MAX_CANDIDATES);
    assert_eq!(found(&candidates[..1]), [(0, 0.999)]);
    assert_eq!(found(&candidates[MAX_CANDIDATES - 1..]), [(0, 0.7)]);
}

proptest! {
    #[test]
    fn yolov8_is_as_defined(
        anchors in prop::collection::vec(prop::array::uniform7(0.0f32..1.0), 0..40),
        wanted in prop::sample::subsequence(vec![0, 1, 2], 0..=3),
        min_score in 0.01f32..1.0,
    ) {
        let anchors: Vec<[f32; 7]> = anchors
            .into_iter()
            .map(|a| [a[0] * 64.0, a[1] * 32.0, a[2] * 20.0 + 1.0, a[3] * 20.0 + 1.0, a[4], a[5], a[6]])
            .collect();
        let mut expected: Vec<f32> = anchors
            .iter()
            .filter_map(|anchor| wanted.iter().map(|class| anchor[4 + class]).max_by(f32::total_cmp))
            .filter(|score| *score >= min_score)
            .collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        let mut decoder = decoder(Layout::YoloV8);
        let candidates = decoder.decode(&rows(&anchors), &whole(), &filter(&wanted), min_score);
        let scores: Vec<f32> = candidates.iter().map(|found| found.score).collect();
        prop_assert_eq!(scores, expected);
        for found in candidates.iter() {
            prop_assert!(anchors.iter().any(|a| a[4 + found.class].to_bits() == found.score.to_bits()
                && whole().to_source([a[0], a[1], a[2], a[3]]) == Some(found.bbox)));
        }
    }
}
