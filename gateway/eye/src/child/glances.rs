//! What the detector found when it last looked at a camera, for looks at which nothing has changed since.

use detector::DetectSettings;
use scene::{CaptureTime, Detection, Shades};

use crate::protocol::Watch;

/// The latest look of the detector, if the camera was quiet then.
#[derive(Debug, Default)]
pub(crate) struct Glances(Option<Latest>);

#[derive(Debug)]
struct Latest {
    at: CaptureTime,
    shades: Shades,
    settings: DetectSettings,
    found: Vec<Detection>,
}

impl Glances {
    /// What the detector would find in a picture with these `shades`; none if it must be asked.
    ///
    /// It need not if the camera is quiet and nothing has changed in its zones since it was asked. What it found
    /// outside of them counts where nothing has changed, and is left out where something has.
    pub(crate) fn known(
        &self,
        at: CaptureTime,
        shades: Option<&Shades>,
        watch: &Watch,
    ) -> Option<Vec<Detection>> {
        let (latest, shades, quiet) = (self.0.as_ref()?, shades?, watch.quiet.as_ref()?);
        let next_at = at.after(watch.interval);
        let is_due = at <= latest.at || next_at.since(latest.at) > quiet.longest;
        if is_due || latest.settings != watch.detect {
            return None;
        }
        let change = shades.change_since(&latest.shades);
        if quiet.zones().any(|zone| change.touches(&zone)) {
            return None;
        }
        let still = |it: &&Detection| !change.touches(&it.bbox);
        Some(latest.found.iter().filter(still).cloned().collect())
    }

    /// Whether a picture with these `shades` shows that something has changed in the camera's zones since the
    /// detector looked.
    pub(crate) fn are_outdated_by(&self, shades: Option<&Shades>, watch: &Watch) -> bool {
        let known = self.0.as_ref().zip(shades).zip(watch.quiet.as_ref());
        known.is_some_and(|((latest, shades), quiet)| {
            let change = shades.change_since(&latest.shades);
            quiet.zones().any(|zone| change.touches(&zone))
        })
    }

    /// Keeps what the detector has `found` in a picture with these `shades`, if there will be a use for it.
    pub(crate) fn keep(
        &mut self,
        at: CaptureTime,
        shades: Option<Shades>,
        found: &[Detection],
        watch: &Watch,
    ) {
        let is_of_use = watch.quiet.is_some();
        self.0 = shades.filter(|_| is_of_use).map(|shades| Latest {
            at,
            shades,
            settings: watch.detect.clone(),
            found: found.to_vec(),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::{BoundingBox, Class};

    use super::*;
    use crate::protocol::{Crops, QuietWatch};

    const SIZE: (usize, usize) = (480, 270);
    const ZONE: BoundingBox = BoundingBox { left: 0.1, top: 0.1, right: 0.4, bottom: 0.9 };
    const OUTSIDE: BoundingBox = BoundingBox { left: 0.6, top: 0.4, right: 0.7, bottom: 0.6 };

    /// A grey picture with a bright spot in the middle of each of these boxes.
    fn shades(spots: &[BoundingBox]) -> Option<Shades> {
        let (width, height) = SIZE;
        let mut plane = vec![90; width * height];
        for spot in spots {
            let centre = spot.centre();
            let (x, y) = (centre.x * 480.0, centre.y * 270.0);
            for (at, pixel) in plane.iter_mut().enumerate() {
                let (px, py) = ((at % width) as f32, (at / width) as f32);
                if (px - x).abs() < 5.0 && (py - y).abs() < 5.0 {
                    *pixel = 140;
                }
            }
        }
        Shades::of_luma(&plane, width, height, width)
    }

    fn watch(longest_secs: u64) -> Watch {
        let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let manifest = detector::Manifest::load(&models.join("yolox-nano")).unwrap();
        Watch {
            interval: Duration::from_secs(5),
            detect: DetectSettings::of(&manifest),
            wants_appearance: false,
            standing: Vec::new(),
            second_look: Vec::new(),
            crops: Crops::default(),
            cables: crate::protocol::CableDemand::default(),
            quiet: Some(QuietWatch::new(&[ZONE], Duration::from_secs(longest_secs))),
        }
    }

    fn secs(secs: i64) -> CaptureTime {
        CaptureTime::from_unix_micros(secs * 1_000_000)
    }

    fn found(bbox: BoundingBox) -> Detection {
        Detection { class: Class::new("car"), score: 0.7, bbox }
    }

    /// Those of a car outside the zone, after the detector has looked at second 0.
    fn glances(watch: &Watch) -> Glances {
        let mut glances = Glances::default();
        glances.keep(secs(0), shades(&[]), &[found(OUTSIDE)], watch);
        glances
    }

    #[test]
    fn an_unchanged_zone_needs_no_detector_until_it_is_due() {
        let watch = watch(30);
        let glances = glances(&watch);
        let known = |at| glances.known(secs(at), shades(&[]).as_ref(), &watch);
        assert_eq!(known(5), Some(vec![found(OUTSIDE)]));
        assert_eq!(known(25), Some(vec![found(OUTSIDE)]));
        assert_eq!(known(26), None, "the next look would be too late");
        assert_eq!(known(0), None, "the clock stepped back");
    }

    #[test]
    fn what_changes_in_the_zone_is_looked_at_and_what_changed_outside_is_not_repeated() {
        let watch = watch(30);
        let glances = glances(&watch);
        let known = |spots: &[BoundingBox]| glances.known(secs(5), shades(spots).as_ref(), &watch);
        assert_eq!(known(&[ZONE]), None);
        assert_eq!(known(&[OUTSIDE]), Some(Vec::new()));
        assert_eq!(glances.known(secs(5), None, &watch), None, "a picture without luma");
    }

    #[test]
    fn a_camera_that_is_not_quiet_or_looks_for_something_else_asks_the_detector() {
        let watch = watch(30);
        let mut glances = glances(&watch);
        let busy = Watch { quiet: None, ..watch.clone() };
        assert_eq!(glances.known(secs(5), shades(&[]).as_ref(), &busy), None);
        let mut other = watch.clone();
        other.detect.min_score += 0.1;
        assert_eq!(glances.known(secs(5), shades(&[]).as_ref(), &other), None);
        glances.keep(secs(5), shades(&[]), &[], &busy);
        assert_eq!(glances.known(secs(6), shades(&[]).as_ref(), &watch), None, "nothing was kept");
    }
}
