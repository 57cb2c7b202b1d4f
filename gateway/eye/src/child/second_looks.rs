//! Parts of a picture looked at a second time: each is cut out and shown to a model that looks at crops.
//! Of a two-wheeler it tells whether it has a motor, and the answer is the name under which the gateway
//! hears of it. Of a place that a rule asks about it tells how much speaks for a stall.

use std::panic::{AssertUnwindSafe, catch_unwind};

use camera::{Picture, Scaler};
use detector::{CropAnswer, RgbPicture, SecondLook, SecondLookError, TwoWheeler, square_around};
use runtime::metrics;
use scene::{BoundingBox, Class, CropLook, Detection, E_BIKE, PEDAL_BICYCLE, is_looked_at_twice};
use tracing::error;

use crate::picture::LaneContext;
use crate::protocol::{Crops, StandingZone};

/// In one picture. Each costs some 12 ms; of more, others are taken in the next picture.
const MOST_LOOKS: usize = 4;

/// Parts of the picture's width and height in which it is turned into the pixels that crops are cut from.
/// They are few, so that the cameras of a lane share conversions.
const SHEETS: [f32; 5] = [0.25, 0.375, 0.5, 0.75, 1.0];

/// Pixels of the picture that crops are cut from. Of a picture of 4K they show less, and cost no more.
const MOST_PX: f32 = 1920.0 * 1080.0;

/// Whose turn it is among a camera's two-wheelers, and whether looking works.
#[derive(Debug, Default)]
pub(crate) struct SecondLooks {
    next: usize,
    is_failing: bool,
}

/// Why a crop was not looked at.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Scale(#[from] camera::ScaleError),
    #[error(transparent)]
    Model(#[from] SecondLookError),
}

/// Looks again at the two-wheelers in these zones. What goes wrong there costs no detections.
pub(crate) fn look_again(
    context: &mut LaneContext,
    (camera, looks): (&str, &mut SecondLooks),
    (picture, detections): (&Picture, &mut [Detection]),
    zones: &[StandingZone],
    go_on: &dyn Fn(),
) {
    let LaneContext { second_look: Some(model), sheets: scaler, .. } = context else { return };
    let places: Vec<BoundingBox> =
        zones.iter().filter_map(StandingZone::outline).map(|it| it.bounds()).collect();
    let candidates = candidates(detections, &places);
    if candidates.is_empty() {
        return;
    }
    let chosen = looks.choose(candidates.len());
    metrics::second_looks(camera, "skipped", candidates.len() - chosen.len());
    for place in chosen {
        let Some(detection) = candidates.get(place).and_then(|index| detections.get_mut(*index))
        else {
            continue;
        };
        let tools = (&mut *model, &mut *scaler);
        let Some(answer) = looks.at(tools, picture, &detection.bbox) else { return };
        metrics::second_looks(camera, word(answer.two_wheeler), 1);
        match answer.two_wheeler {
            TwoWheeler::Powered => detection.class = Class::new(E_BIKE),
            TwoWheeler::Pedal => detection.class = Class::new(PEDAL_BICYCLE),
            TwoWheeler::Unsure => {}
        }
        go_on();
    }
}

/// Looks at the places that rules ask about. Those of which nothing comes back are asked about again.
pub(crate) fn look_at_crops(
    context: &mut LaneContext,
    (camera, looks): (&str, &mut SecondLooks),
    picture: &Picture,
    crops: &Crops,
    go_on: &dyn Fn(),
) -> Vec<CropLook> {
    let LaneContext { second_look: Some(model), sheets: scaler, .. } = context else {
        return Vec::new();
    };
    let mut seen = Vec::new();
    for place in crops.places() {
        let tools = (&mut *model, &mut *scaler);
        let Some(CropAnswer { stall, .. }) = looks.at(tools, picture, &place) else { break };
        metrics::second_looks(camera, if stall.is_some() { "stall" } else { "too_small" }, 1);
        seen.push(CropLook { place, stall });
        go_on();
    }
    seen
}

fn word(answer: TwoWheeler) -> &'static str {
    match answer {
        TwoWheeler::Powered => "powered",
        TwoWheeler::Pedal => "pedal",
        TwoWheeler::Unsure => "unsure",
    }
}

/// Which detections are two-wheelers that touch one of these places.
fn candidates(detections: &[Detection], places: &[BoundingBox]) -> Vec<usize> {
    let touches = |bbox: &BoundingBox| places.iter().any(|place| place.common_area(bbox) > 0.0);
    let is_candidate = |it: &Detection| is_looked_at_twice(&it.class) && touches(&it.bbox);
    let numbered = detections.iter().enumerate();
    numbered.filter(|(_, it)| is_candidate(it)).map(|(index, _)| index).collect()
}

impl SecondLooks {
    /// Whose turn it is among so many: those that follow the latest ones.
    fn choose(&mut self, count: usize) -> Vec<usize> {
        let first = self.next;
        let most = count.min(MOST_LOOKS);
        self.next = (first + most) % count.max(1);
        (0..most).map(|step| (first + step) % count).collect()
    }

    /// What this place of the picture shows; none if that cannot be told.
    fn at(
        &mut self,
        (model, scaler): (&mut SecondLook, &mut Scaler),
        picture: &Picture,
        bbox: &BoundingBox,
    ) -> Option<CropAnswer> {
        let why = match catch_unwind(AssertUnwindSafe(|| look(model, scaler, picture, bbox))) {
            Ok(Ok(answer)) => {
                self.is_failing = false;
                return Some(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_panic) => "a fault of the program met this picture; report it".to_owned(),
        };
        self.fail(&why);
        None
    }

    /// Said once.
    fn fail(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_failing, true) {
            error!(why, "nothing is looked at a second time");
        }
    }
}

fn look(
    model: &mut SecondLook,
    scaler: &mut Scaler,
    picture: &Picture,
    bbox: &BoundingBox,
) -> Result<CropAnswer, LookError> {
    let source = (picture.width(), picture.height());
    let wanted = model.side_px() as f32 / square_around(bbox, source).side;
    let factor = sheet(wanted, source);
    let scaled = |side: u32| whole((side as f32 * factor).round()).max(1);
    let size = (scaled(source.0), scaled(source.1));
    let rgb = scaler.scale(picture, size)?;
    let square = square_around(bbox, size);
    let (width, height) = (rgb.width as usize, rgb.height as usize);
    let shown = RgbPicture { width, height, stride: rgb.stride, pixels: rgb.pixels };
    let side_px = whole(square_around(bbox, source).side);
    Ok(model.look(&shown, &square, side_px)?)
}

/// Which part of a picture of this size is enough if this one is wanted.
fn sheet(wanted: f32, (width, height): (u32, u32)) -> f32 {
    let most = (MOST_PX / (width as f32 * height as f32)).sqrt();
    let mut small_enough = SHEETS.into_iter().filter(|factor| *factor <= most);
    let last = small_enough.clone().next_back().unwrap_or(most);
    small_enough.find(|factor| *factor >= wanted).unwrap_or(last)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of a picture")]
fn whole(side: f32) -> u32 {
    side as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_one_picture_has_its_turn_in_the_next() {
        let mut looks = SecondLooks::default();
        assert_eq!(looks.choose(3), [0, 1, 2]);
        let mut looks = SecondLooks::default();
        let turns: Vec<Vec<usize>> = (0..3).map(|_| looks.choose(6)).collect();
        assert_eq!(turns, [[0, 1, 2, 3], [4, 5, 0, 1], [2, 3, 4, 5]]);
        // Others may be there next time.
        assert_eq!(looks.choose(1), [0]);
    }

    #[test]
    fn only_two_wheelers_that_touch_a_zone_are_looked_at() {
        let bbox = |left, right| BoundingBox { left, top: 0.2, right, bottom: 0.8 };
        let seen = |class: &str, bbox| Detection { class: Class::new(class), score: 0.5, bbox };
        let detections = [
            seen("bicycle", bbox(0.0, 0.3)),
            seen("person", bbox(0.6, 0.7)),
            seen("motorcycle", bbox(0.4, 0.7)),
            seen("bicycle", bbox(0.9, 1.0)),
        ];
        assert_eq!(candidates(&detections, &[bbox(0.5, 0.8), bbox(0.95, 1.0)]), [2, 3]);
        assert!(candidates(&detections, &[]).is_empty());
    }

    #[test]
    fn a_small_box_is_cut_from_all_pixels_and_a_large_one_from_fewer() {
        let sheets = [0.1, 0.3, 0.9, 4.0].map(|wanted| sheet(wanted, (1920, 1080)));
        assert_eq!(sheets.map(|it| it.to_string()), ["0.25", "0.375", "1", "1"]);
        assert!(sheet(4.0, (3840, 2160)) <= 0.5 && sheet(4.0, (20_000, 20_000)) < 0.25);
    }
}
