//! What holds for any pictures at all.

use proptest::prelude::*;

use super::script::{picture, seen, tracker};
use crate::detection::Observation;
use crate::geometry::BoundingBox;
use crate::track::object::{Track, TrackState};

/// Any pictures at all: times that may go backward, boxes anywhere, up to eight at once.
fn any_pictures() -> impl Strategy<Value = Vec<Observation>> {
    let class = prop_oneof![Just("car"), Just("truck"), Just("person")];
    let shape = (0.0_f32..0.9, 0.0_f32..0.9, 0.01_f32..0.3, 0.01_f32..0.3);
    let detection = (class, 0.0_f32..1.0, shape).prop_map(|(class, score, (x, y, w, h))| {
        seen(class, score, BoundingBox { left: x, top: y, right: x + w, bottom: y + h })
    });
    let one = (-1.0_f64..6.0, proptest::collection::vec(detection, 0..8));
    proptest::collection::vec(one, 1..40).prop_map(|steps| {
        let mut time = 100.0;
        let mut pictures = Vec::new();
        for (step, detections) in steps {
            time += step;
            pictures.push(picture(time, detections));
        }
        pictures
    })
}

proptest! {
    #[test]
    fn laws_of_any_tracker(pictures in any_pictures()) {
        let (mut one, mut other) = (tracker(), tracker());
        let mut latest = None;
        let mut before: Vec<Track> = Vec::new();
        for picture in &pictures {
            let accepted = latest.is_none_or(|l| picture.captured_at > l);
            let tracks = one.update(picture).to_vec();
            prop_assert_eq!(&tracks[..], other.update(picture));
            if !accepted {
                prop_assert_eq!(tracks, before.clone());
                continue;
            }
            latest = Some(picture.captured_at);
            let newest = before.iter().map(|t| t.id).max();
            prop_assert!(tracks.windows(2).all(|w| w[0].id < w[1].id), "unique, oldest first");
            let mut used = Vec::new();
            for track in &tracks {
                prop_assert!(track.first_seen_at <= track.still_since);
                prop_assert!(track.still_since <= track.last_seen_at);
                prop_assert!(track.last_seen_at <= picture.captured_at);
                match before.iter().find(|t| t.id == track.id) {
                    Some(old) => {
                        prop_assert!(old.still_since <= track.still_since);
                        prop_assert!(old.last_seen_at <= track.last_seen_at);
                        prop_assert!(old.hits <= track.hits);
                        prop_assert_eq!(old.first_seen_at, track.first_seen_at);
                    }
                    None => prop_assert!(newest.is_none_or(|n| n < track.id), "no id comes back"),
                }
                let seen_now = track.last_seen_at == picture.captured_at;
                prop_assert_eq!(track.state == TrackState::Confirmed, seen_now && track.hits >= 2);
                if seen_now {
                    let source = picture.detections.iter().position(|d| d.bbox == track.bbox);
                    prop_assert!(source.is_some() && !used.contains(&source), "one box, one track");
                    used.push(source);
                }
            }
            before = tracks;
        }
    }
}
