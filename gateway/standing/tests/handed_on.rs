//! A reference that is handed on: what is taken for one, in which size, and what becomes of the one before.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its input must fail")]

use scene::{BoundingBox, CaptureTime, Point, Polygon};
use standing::{
    Findings, Picture, SavedError, Settings, State, Workbench, ZoneLook, ZoneWatch, blanked, check,
};

const SIZE: (usize, usize) = (320, 240);
/// In shares of the picture: left, top, right, bottom.
const CARTON: [f32; 4] = [0.4, 0.4, 0.6, 0.65];

struct Street {
    watch: ZoneWatch,
    secs: i64,
    rng: fastrand::Rng,
    /// How far to the right the camera looks, in widths.
    aside: f32,
}

impl Street {
    fn new() -> Self {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let zone = Polygon::new(corners.map(|(x, y)| Point { x, y }).to_vec()).unwrap();
        let watch = ZoneWatch::new(zone, Settings::default());
        Self { watch, secs: 0, rng: fastrand::Rng::with_seed(1), aside: 0.0 }
    }

    /// `count` looks at a street of this number, in pictures of this size; the states, and the last.
    fn looks(
        &mut self,
        count: usize,
        (width, height): (usize, usize),
        number: usize,
        with_carton: bool,
    ) -> (Vec<State>, Findings) {
        let mut states = Vec::new();
        let mut last = None;
        for _ in 0..count {
            let mut pixels = Vec::with_capacity(3 * width * height);
            for y in 0..height {
                for x in 0..width {
                    let noise = self.rng.u8(0..4);
                    let at = (x as f32 / width as f32 + self.aside, y as f32 / height as f32);
                    pixels.extend(pixel(at, number, with_carton).map(|value| value + noise));
                }
            }
            self.secs += 1;
            let picture = Picture::new(width, height, &pixels).unwrap();
            let time = CaptureTime::from_unix_micros(self.secs * 1_000_000);
            let look = ZoneLook { picture, time, moving: &[] };
            let findings = self.watch.look(&look, &mut Workbench::default());
            states.push(findings.state);
            last = Some(findings);
        }
        (states, last.unwrap())
    }

    fn learned(number: usize, with_carton: bool) -> Self {
        let mut street = Self::new();
        street.looks(14, SIZE, number, with_carton);
        street
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares are 0..=1")]
fn pixel((x, y): (f32, f32), number: usize, with_carton: bool) -> [u8; 3] {
    let [left, top, right, bottom] = CARTON;
    if with_carton && (left..right).contains(&x) && (top..bottom).contains(&y) {
        let front = if (x - 0.5).abs() < 0.01 { 220 } else { 150 };
        return [front, front - 30, 60];
    }
    let fine = 13.0 + 7.0 * number as f32;
    let cell = (x * fine) as usize * 73 + (y * 0.75 * fine) as usize * 151 + number * 977;
    let grey = 70 + (cell.wrapping_mul(2_654_435_761) >> 9) % 100;
    [grey as u8; 3]
}

fn size_of(saved: &[u8]) -> (u16, u16) {
    let side = |at: usize| u16::from_le_bytes([saved[at], saved[at + 1]]);
    (side(6), side(8))
}

#[test]
fn a_noise_that_no_sensor_has_is_no_reference() {
    let saved = Street::learned(1, false).watch.saved().unwrap();
    assert_eq!(check(&saved), Ok(()));
    for noise in [3e38_f32, 24.5, -0.1, f32::NAN, f32::INFINITY] {
        let mut spoilt = saved.clone();
        spoilt[10..14].copy_from_slice(&noise.to_le_bytes());
        let end = spoilt.len() - 4;
        let checksum = crc32fast::hash(&spoilt[..end]);
        spoilt[end..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(check(&spoilt), Err(SavedError::Damaged), "{noise}");
    }
}

#[test]
fn pictures_of_another_size_throw_nothing_away() {
    let mut street = Street::learned(1, false);
    for size in [(321, 240), (324, 244), (480, 360), (640, 480), (240, 180), SIZE] {
        let (states, last) = street.looks(6, size, 1, false);
        assert!(states.iter().all(|state| *state == State::Ready), "{size:?}: {states:?}");
        assert!(last.standing.is_empty(), "{size:?}: {last:?}");
        assert_eq!(size_of(&street.watch.saved().unwrap()), (320, 240));
    }
    let (_, last) = street.looks(20, (480, 360), 1, true);
    assert_eq!(last.standing.len(), 1, "{last:?}");
    let [left, top, right, bottom] = CARTON;
    assert!(last.standing[0].bounds.iou(&BoundingBox { left, top, right, bottom }) > 0.6);
    // Far too coarse for what is seen now.
    let (states, _) = street.looks(1, (160, 120), 1, false);
    assert!(matches!(states[0], State::Learning { .. }), "{states:?}");
}

#[test]
fn one_that_does_not_fit_gives_way_to_the_one_before_and_nothing_is_learned_anew() {
    let other = Street::learned(2, false).watch.saved().unwrap();
    let mut street = Street::learned(1, false);
    assert!(street.watch.has_learned_anew() && !street.watch.has_learned_anew());
    street.watch.restore(&other).unwrap();
    let (states, last) = street.looks(40, SIZE, 1, true);
    assert!(states.contains(&State::Adapting), "{states:?}");
    assert_eq!((last.state, last.standing.len()), (State::Ready, 1), "{last:?}");
    assert!(!street.watch.has_learned_anew());
}

#[test]
fn whoever_has_tried_the_one_before_learns_the_zone_because_it_is_another() {
    for handed_over in [Street::learned(2, false).watch.saved().unwrap(), vec![0; 9]] {
        let mut street = Street::new();
        let taken = street.watch.restore(&handed_over);
        let (_, last) = street.looks(60, SIZE, 1, false);
        assert_eq!(last.state, State::Ready, "{taken:?}");
        assert!(!street.watch.has_learned_anew(), "{taken:?}");
    }
}

#[test]
fn one_that_fits_is_taken_by_a_watch_that_has_learned_the_zone_with_something_in_it() {
    let good = Street::learned(1, false).watch.saved().unwrap();
    let mut street = Street::learned(1, true);
    let (_, last) = street.looks(20, SIZE, 1, true);
    assert!(last.standing.is_empty());
    street.watch.restore(&good).unwrap();
    let (_, last) = street.looks(20, SIZE, 1, true);
    assert_eq!(last.standing.len(), 1, "{last:?}");
}

#[test]
fn what_is_private_is_blank_and_the_rest_goes_on() {
    let saved = Street::learned(1, false).watch.saved().unwrap();
    assert_eq!(blanked(&saved, |_| false), Ok(None));
    assert!(blanked(&saved[1..], |_| true).is_err());
    let left = |point: Point| point.x < 0.3;
    let kept = blanked(&saved, left).unwrap().unwrap();
    let luma = |saved: &[u8]| saved[saved.len() - 4 - 320 * 240 * 3 / 2..][..320 * 240].to_vec();
    let (kept_luma, luma) = (luma(&kept), luma(&saved));
    for (kept, whole) in kept_luma.chunks(320).zip(luma.chunks(320)) {
        assert!(kept[..96].iter().all(|value| *value == 128));
        assert_eq!(kept[104..], whole[104..]);
    }
    let mut street = Street::new();
    street.watch.restore(&kept).unwrap();
    let (states, last) = street.looks(20, SIZE, 1, true);
    assert!(states.iter().all(|state| *state == State::Ready), "{states:?}");
    assert_eq!(last.standing.len(), 1, "{last:?}");
}

#[test]
fn what_was_blank_is_unsure_for_a_day_through_every_other_restart() {
    let saved = Street::learned(1, false).watch.saved().unwrap();
    // The carton lies in it, and stands there when the zone is seen again.
    let right = |point: Point| point.x > 0.35;
    let mut kept = blanked(&saved, right).unwrap().unwrap();
    let [left, top, right, bottom] = CARTON;
    let (carton, elsewhere) = (
        BoundingBox { left, top, right, bottom },
        BoundingBox { left: 0.05, top: 0.4, right: 0.25, bottom: 0.65 },
    );
    let hidden = |findings: &Findings, place: &BoundingBox| {
        findings.unsure.iter().map(|it| it.common_area(place)).sum::<f32>() / place.area()
    };
    for run in 0..2 {
        let mut street = Street::new();
        street.watch.restore(&kept).unwrap();
        street.looks(20, SIZE, 1, true);
        let (_, last) = street.looks(20, SIZE, 1, false);
        assert_eq!(last.state, State::Ready);
        assert!(hidden(&last, &carton) > 0.9, "run {run}: {:?}", last.unsure);
        assert!(hidden(&last, &elsewhere) <= 0.0, "run {run}: {:?}", last.unsure);
        kept = street.watch.saved().unwrap();
        street.secs += 26 * 3600;
        let (_, last) = street.looks(20, SIZE, 1, false);
        assert!(hidden(&last, &carton) <= 0.0, "run {run}: {:?}", last.unsure);
    }
}

#[test]
fn a_camera_that_stands_a_little_aside_after_a_restart_is_unsure_of_the_border_alone() {
    let saved = Street::learned(1, false).watch.saved().unwrap();
    for aside in [0.002, 0.004, 0.01, 0.02] {
        let mut street = Street::new();
        street.aside = aside;
        street.watch.restore(&saved).unwrap();
        let (_, last) = street.looks(40, SIZE, 1, false);
        assert_eq!(last.state, State::Ready, "{aside}");
        let unsure: f32 = last.unsure.iter().map(BoundingBox::area).sum();
        assert!(unsure < 0.15, "{aside}, sway {:?}: {:?}", last.sway, last.unsure);
        assert!(aside < 0.01 || last.sway.0.abs() > 1.0, "{aside}: {:?}", last.sway);
    }
}
