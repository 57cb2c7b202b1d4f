//! New cables round a camera's two-wheelers: what the picture looks like without them is remembered, and where
//! rules ask, a net compares.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cable::{Answer, Place, Reference};
use camera::{Picture, Scaler};
use detector::{CableAnswer, CableError, CableNet};
use runtime::metrics;
use scene::{
    BoundingBox, Cable, CableLook, CableSight, Detection, is_looked_at_twice, is_of_second_look,
};
use tracing::error;

use crate::picture::{LaneContext, Outline};
use crate::protocol::CableDemand;

/// Pixels of the picture that is searched. A larger one is shrunk: a cable that is thinner then is not found.
const MOST_PX: f32 = 1920.0 * 1080.0;

/// From which score on somebody or something hides a place.
const PERSON: f32 = 0.25;
const VEHICLE: f32 = 0.4;
const VEHICLES: [&str; 4] = ["bus", "car", "train", "truck"];

/// A box that holds this share of the picture is the place itself, taken for an object.
const MOST_OF_PICTURE: f32 = 0.8;

/// Of so many two-wheelers the cables are remembered, to draw them.
const MOST_REMEMBERED: usize = 8;

/// A two-wheeler that overlaps one that was asked about by this much (`IoU`) is that one.
const SAME_PLACE: f32 = 0.5;

/// What is known of cables in one camera's pictures.
#[derive(Default)]
pub(crate) struct CableWatch {
    reference: Reference,
    /// The cables that the latest look round each two-wheeler showed.
    found: Vec<(BoundingBox, Vec<Outline>)>,
    is_failing: bool,
}

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Scale(#[from] camera::ScaleError),
    #[error(transparent)]
    Net(#[from] CableError),
}

impl CableWatch {
    /// The ways of all cables that the latest looks showed.
    pub(crate) fn outlines(&self) -> impl Iterator<Item = Outline> {
        self.found.iter().flat_map(|(_, ways)| ways).cloned()
    }

    /// Remembers what a look showed. A look that tells nothing changes nothing.
    fn remember(&mut self, look: &CableLook) {
        let CableSight::Seen(cables) = &look.sight else { return };
        self.found.retain(|(place, _)| place.iou(&look.place) < SAME_PLACE);
        if !cables.is_empty() {
            self.found.push((look.place, cables.iter().map(way).collect()));
        }
        if self.found.len() > MOST_REMEMBERED {
            self.found.remove(0);
        }
    }

    /// Said once.
    fn fail(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_failing, true) {
            error!(why, "nobody looks for charging wires");
        }
    }
}

fn way(cable: &Cable) -> Outline {
    Outline { bounds: cable.bounds(), corners: cable.path.clone(), is_way: true }
}

/// Looks for new cables where `demand` asks, and lets the camera's reference follow. What goes wrong there costs
/// no detections.
pub(crate) fn look_for_cables(
    context: &mut LaneContext,
    (camera, watch): (&str, &mut CableWatch),
    seen: (&Picture, &[Detection]),
    demand: &CableDemand,
    go_on: &dyn Fn(),
) -> Vec<CableLook> {
    let LaneContext { cable: Some(net), sheets: scaler, .. } = context else { return Vec::new() };
    if !demand.keeps_reference {
        *watch = CableWatch::default();
        return Vec::new();
    }
    let places: Vec<BoundingBox> = demand.places().collect();
    if places.is_empty() && !watch.reference.wants(seen.0.captured_at) {
        return Vec::new();
    }
    let looking = AssertUnwindSafe(|| look((net, scaler), watch, seen, &places, go_on));
    let why = match catch_unwind(looking) {
        Ok(Ok(looks)) => {
            watch.is_failing = false;
            for look in &looks {
                metrics::cable_look(camera, word(&look.sight));
                watch.remember(look);
            }
            return looks;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_panic) => {
            watch.reference = Reference::default();
            "a fault of the program met this picture; report it".to_owned()
        }
    };
    watch.fail(&why);
    Vec::new()
}

fn look(
    (net, scaler): (&mut CableNet, &mut Scaler),
    watch: &mut CableWatch,
    (picture, detections): (&Picture, &[Detection]),
    places: &[BoundingBox],
    go_on: &dyn Fn(),
) -> Result<Vec<CableLook>, LookError> {
    let rgb = scaler.scale(picture, sheet_size((picture.width(), picture.height())))?;
    let size = (rgb.width as usize, rgb.height as usize);
    let Some(now) = cable::Picture::new(size, rgb.stride, rgb.pixels) else {
        return Ok(Vec::new());
    };
    let (two_wheelers, others) = hiding(detections);
    let map_threshold = net.manifest().map_threshold;
    let mut ask = |pair: &[f32]| {
        go_on();
        net.look(pair).map(|CableAnswer { map, score }| Answer { map, score })
    };
    let mut looks = Vec::new();
    for bike in places {
        let place = Place {
            bike: *bike,
            two_wheelers: &two_wheelers,
            others: &others,
            map_threshold,
            camera_width_px: picture.width() as f32,
        };
        let sight = cable::look(&watch.reference, &now, &place, &mut ask)?;
        looks.push(CableLook { place: *bike, sight });
    }
    if watch.reference.wants(picture.captured_at) {
        watch.reference.follow(&now, picture.captured_at, &two_wheelers, &others);
        go_on();
    }
    Ok(looks)
}

/// The two-wheelers, and the people and vehicles, that hide what is behind them.
fn hiding(detections: &[Detection]) -> (Vec<BoundingBox>, Vec<BoundingBox>) {
    let is_two_wheeler =
        |it: &&Detection| is_looked_at_twice(&it.class) || is_of_second_look(&it.class);
    let is_other = |it: &&Detection| {
        let class = it.class.as_str();
        (class == "person" && it.score >= PERSON)
            || (it.score >= VEHICLE && VEHICLES.contains(&class))
    };
    let is_object = |bbox: &BoundingBox| bbox.area() < MOST_OF_PICTURE;
    let boxes = |is_it: &dyn Fn(&&Detection) -> bool| {
        let boxes = detections.iter().filter(|it| is_it(it)).map(|it| it.bbox);
        boxes.filter(is_object).collect()
    };
    (boxes(&is_two_wheeler), boxes(&is_other))
}

/// The size in which a picture is searched.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn sheet_size((width, height): (u32, u32)) -> (u32, u32) {
    let factor = (MOST_PX / (width as f32 * height as f32)).sqrt().min(1.0);
    let scaled = |side: u32| ((side as f32 * factor).round() as u32).max(1);
    (scaled(width), scaled(height))
}

/// As metrics call it.
const fn word(sight: &CableSight) -> &'static str {
    match sight {
        CableSight::NoReference => "no_reference",
        CableSight::Unaligned => "unaligned",
        CableSight::Hidden => "hidden",
        CableSight::Seen(cables) if cables.is_empty() => "clear",
        CableSight::Seen(_) => "cable",
    }
}

#[cfg(test)]
mod tests;
