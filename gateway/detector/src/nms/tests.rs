//! Suppression by cases and by properties.

use proptest::prelude::*;
use scene::BoundingBox;

use super::*;

fn candidate(class: usize, score: f32, left: f32) -> Candidate {
    let bbox = BoundingBox { left, top: 0.0, right: left + 0.2, bottom: 0.2 };
    Candidate { class, score, bbox }
}

fn classes_kept(mut candidates: Vec<Candidate>, groups: &[usize]) -> Vec<usize> {
    suppress(&mut candidates, groups, 0.5);
    candidates.iter().map(|kept| kept.class).collect()
}

#[test]
fn boxes_of_one_kind_on_one_place_are_one_object() {
    let on_one_place =
        vec![candidate(2, 0.9, 0.1), candidate(7, 0.8, 0.11), candidate(2, 0.7, 0.1)];
    let own_kinds: Vec<usize> = (0..8).collect();
    assert_eq!(classes_kept(on_one_place.clone(), &own_kinds), [2, 7]);
    let confusable = [0, 1, 2, 3, 4, 5, 6, 2];
    assert_eq!(classes_kept(on_one_place, &confusable), [2]);
    let apart = vec![candidate(2, 0.9, 0.1), candidate(7, 0.8, 0.3)];
    assert_eq!(classes_kept(apart, &confusable), [2, 7]);
    assert_eq!(classes_kept(Vec::new(), &confusable), [0; 0]);
}

#[test]
fn a_suppressed_box_suppresses_no_other() {
    // Each overlaps its neighbour by 0.6, the outer two by 1/3 only.
    let row = vec![candidate(0, 0.9, 0.1), candidate(0, 0.8, 0.15), candidate(0, 0.7, 0.2)];
    let mut kept = row.clone();
    suppress(&mut kept, &[0], 0.5);
    assert_eq!(kept, [row[0], row[2]]);
}

prop_compose! {
    fn any_candidates()(
        mut found in prop::collection::vec(
            (0usize..4, 0.0f32..1.0, 0.0f32..0.8, 0.0f32..0.8, 0.01f32..0.3, 0.01f32..0.3), 0..60),
    ) -> Vec<Candidate> {
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.into_iter().map(|(class, score, left, top, width, height)| Candidate {
            class,
            score,
            bbox: BoundingBox { left, top, right: left + width, bottom: top + height },
        }).collect()
    }
}

proptest! {
    #[test]
    fn the_kept_are_apart_and_cover_the_rest(candidates in any_candidates(), iou in 0.1f32..0.9) {
        let groups = [0, 1, 0, 3];
        let mut kept = candidates.clone();
        suppress(&mut kept, &groups, iou);
        let clash = |a: &Candidate, b: &Candidate| {
            groups[a.class] == groups[b.class] && a.bbox.iou(&b.bbox) > iou
        };
        for (index, a) in kept.iter().enumerate() {
            prop_assert!(kept[..index].iter().all(|b| !clash(a, b)));
        }
        for candidate in &candidates {
            let covered = kept.iter().any(|k| k.score >= candidate.score && clash(k, candidate));
            prop_assert!(kept.contains(candidate) || covered);
        }
        prop_assert!(kept.windows(2).all(|pair| pair[0].score >= pair[1].score));
        let mut again = kept.clone();
        suppress(&mut again, &groups, iou);
        prop_assert_eq!(again, kept);
    }
}
