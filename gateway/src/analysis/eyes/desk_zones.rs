//! What the desk keeps of zones that are watched for whatever newly stands there.

use std::time::Instant;

use eye::{CameraNumber, Order, Reference, SmallZone};
use runtime::metrics;
use scene::StandingLook;

use super::desk::EyeDesk;
use super::references::Answer;
use super::roster::Place;

/// What is known of a zone that is watched for whatever newly stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZoneState {
    /// It is known how it looks without.
    Known,
    /// That is being learned.
    Learning,
    /// Nobody looks, because the pictures show it too small: so wide and high, in pixels.
    TooSmall(u32, u32),
}

impl EyeDesk {
    /// The zones that are watched for whatever newly stands in them: camera, zone, and what is known of it.
    pub(crate) fn standing_zones(&self) -> Vec<(String, String, ZoneState)> {
        let state = self.lock();
        let zones = state.seats.values().flat_map(|kept| {
            let watched = &kept.seat.watch.standing;
            watched.iter().map(|zone| {
                let is_known = kept.references.of(watched).any(|it| it.zone == *zone);
                let state = match kept.small_zones.iter().find(|it| it.zone == *zone) {
                    Some(small) => ZoneState::TooSmall(small.size_px.0, small.size_px.1),
                    None if is_known => ZoneState::Known,
                    None => ZoneState::Learning,
                };
                (kept.seat.stream.camera.clone(), zone.id.clone(), state)
            })
        });
        zones.collect()
    }

    /// A camera's eye tells that a zone is too small in its pictures.
    pub(super) fn too_small(&self, at: (Place, CameraNumber), small: SmallZone) {
        let mut state = self.lock();
        if state.kept_at(at).is_some()
            && let Some(kept) = state.seats.get_mut(&at.1)
        {
            let watched = &kept.seat.watch.standing;
            kept.small_zones.retain(|it| it.zone != small.zone && watched.contains(&it.zone));
            kept.small_zones.extend(watched.contains(&small.zone).then_some(small));
        }
    }

    /// Leaves only looks at zones that the camera's eye is to watch for whatever newly stands there.
    pub(super) fn sift(&self, camera: CameraNumber, looks: &mut Vec<StandingLook>) {
        if looks.is_empty() {
            return;
        }
        let state = self.lock();
        let watched = state.seats.get(&camera).map(|kept| kept.seat.watch.standing.as_slice());
        let watched = watched.unwrap_or_default();
        looks.retain(|look| watched.iter().any(|zone| zone.id == *look.zone));
    }

    /// A camera's eye tells how a zone looks when nothing new stands in it. The next eye is told so.
    pub(super) fn refers(&self, at: (Place, CameraNumber), reference: Reference) {
        let mut state = self.lock();
        if state.kept_at(at).is_some()
            && let Some(kept) = state.seats.get_mut(&at.1)
        {
            let now = Instant::now();
            // Its pictures have become larger.
            kept.small_zones.retain(|it| it.zone != reference.zone);
            let answer = kept.references.keep(reference, &kept.seat.watch.standing, now);
            let due = kept.references.due(now);
            let camera = kept.seat.stream.camera.clone();
            match answer {
                Answer::Kept => {}
                Answer::PassedOver => metrics::zone_passed_over(&camera),
                Answer::GoOnWith(reference) => {
                    let reference = *reference;
                    state.tell(at.0, &Order::Refer { camera: at.1, reference });
                }
            }
            let files = state.zone_files.clone();
            // A slow disk must not keep others from the desk.
            drop(state);
            if let Some((files, references)) = files.zip(due) {
                files.write(&camera, &references);
            }
        }
    }

    /// Writes down how zones look, for the next start.
    pub(super) fn keep_zones(&self) {
        let state = self.lock();
        let Some(files) = state.zone_files.clone() else { return };
        let all = state.seats.values();
        let all: Vec<_> = all
            .filter_map(|kept| Some((kept.seat.stream.camera.clone(), kept.references.last()?)))
            .collect();
        drop(state);
        for (camera, references) in all {
            files.write(&camera, &references);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use eye::StandingZone;
    use scene::{Point, Polygon};

    use super::*;

    /// A desk whose camera 1 watches a passage, and that.
    fn desk() -> (EyeDesk, StandingZone) {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/yolox-nano");
        let inference = eye::InferenceSettings {
            model_dir: models.clone(),
            second_look_dir: None,
            second_look_heads: Vec::new(),
            precision: detector::Precision::Auto,
            threads: NonZeroUsize::MIN,
            eyes: None,
            onnxruntime_file: None,
        };
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)].map(|(x, y)| Point { x, y });
        let passage = Polygon::new(corners.to_vec()).unwrap();
        let zone = StandingZone::new("cam-01.passage", &passage);
        let seat = eye::Seat {
            camera: CameraNumber(1),
            stream: camera::Settings::new("cam-01", "rtsp://127.0.0.1/".parse().unwrap()),
            watch: eye::Watch {
                interval: Duration::from_secs(1),
                detect: detector::DetectSettings::of(&detector::Manifest::load(&models).unwrap()),
                wants_appearance: false,
                second_look: Vec::new(),
                crops: eye::Crops::default(),
                quiet: None,
                standing: vec![zone.clone()],
            },
            footage: None,
            learnt: camera::Learnt::default(),
        };
        let desk = EyeDesk::new(1, &inference, None);
        desk.take_in(seat, camera::SharedHealth::default(), Arc::default());
        (desk, zone)
    }

    #[test]
    fn an_eye_says_something_of_zones_that_it_is_to_watch_and_of_no_other() {
        let (desk, _) = desk();
        let look = |zone: &str| StandingLook {
            zone: zone.into(),
            known_since: None,
            unsure: Vec::new(),
            things: Vec::new(),
            gone: Vec::new(),
        };
        let all = vec![look("cam-02.passage"), look("cam-01.passage"), look("x")];
        let mut looks = all.clone();
        desk.sift(CameraNumber(1), &mut looks);
        assert_eq!(looks, [look("cam-01.passage")]);
        let mut looks = all;
        desk.sift(CameraNumber(2), &mut looks);
        assert!(looks.is_empty());
    }
    #[test]
    fn a_zone_that_is_too_small_is_said_to_be_so_until_larger_pictures_come() {
        let (desk, zone) = desk();
        let camera = CameraNumber(1);
        let place = desk.lock().roster.place_of(camera).unwrap();
        let state = || desk.standing_zones()[0].2;
        assert_eq!(state(), ZoneState::Learning);
        let small = |zone: &StandingZone| SmallZone { zone: zone.clone(), size_px: (24, 80) };
        let corners = [(0.0, 0.0), (0.1, 0.0), (0.1, 0.1)].map(|(x, y)| Point { x, y });
        let other = StandingZone::new("cam-01.door", &Polygon::new(corners.to_vec()).unwrap());
        desk.too_small((place, camera), small(&other));
        assert_eq!(state(), ZoneState::Learning);
        desk.too_small((place, camera), small(&zone));
        assert_eq!(state(), ZoneState::TooSmall(24, 80));
        desk.refers((place, camera), Reference { zone, saved: vec![1], is_anew: true });
        assert_eq!(state(), ZoneState::Known);
    }
}
