//! What newly stands in a camera's zones, whatever it is: the zones are cut out of its pictures and
//! looked at about once a second.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camera::{Picture, Scaler};
use runtime::metrics;
use scene::{BoundingBox, CaptureTime, Detection, MOST_STANDING_ZONES, Polygon, StandingLook};
use standing::{Findings, PictureError, Settings, State, Workbench, ZoneLook, ZoneWatch};
use tracing::{error, info, warn};

use super::sighted::{outlines, seen, thing};
use super::zone_place::{in_picture, into, relative, share_of_zone};
use crate::picture::Outline;
use crate::protocol::{Reference, SmallZone, StandingZone};

/// The watches are tuned to a look a second. What comes a little early counts.
const LOOK_EVERY: Duration = Duration::from_millis(900);

/// Pixels of the longer side of a zone: more show a watch nothing new.
const ZONE_SIDE_PX: f32 = 480.0;

/// Of the picture's width and height, the parts that the zones are cut from. They are few, so that the
/// cameras of a lane share conversions.
const SHEETS: [f32; 5] = [0.25, 0.375, 0.5, 0.75, 1.0];

/// Pixels of the picture that the zones are cut from. A small zone in a picture of 4K is seen less
/// sharply, and costs no more.
const MOST_PX: f32 = 1920.0 * 1080.0;

/// A reference follows the light, so the next eye must have a late one. Each is some hundred kilobytes.
/// The gateway takes none sooner.
const REFERENCE_EVERY: Duration = Duration::from_mins(10);

/// A box that holds this share of a zone is the zone itself, which the detector takes for an object. If
/// it were masked, nothing could be found.
const MOST_OF_ZONE: f32 = 0.8;

/// From which score on a vehicle is masked. One that stands is told by the detector; a guess is not.
const VEHICLE: f32 = 0.4;
/// From which score on a person is masked. Rules may ask for far weaker boxes, and a heap that passes
/// for a person now and then would hide itself.
const PERSON: f32 = 0.25;
const VEHICLES: [&str; 6] = ["bicycle", "bus", "car", "motorcycle", "train", "truck"];

/// What one camera's zones look like.
#[derive(Default)]
pub(crate) struct StandingZones {
    zones: BTreeMap<String, Watched>,
    /// Of zones that are not watched yet.
    known: BTreeMap<String, Reference>,
    /// Zones that are not watched yet and that an operator has called free.
    free: BTreeSet<String>,
    looked_at: Option<CaptureTime>,
    latest: Vec<StandingLook>,
    latest_outlines: Vec<Outline>,
    /// The latest picture could not be looked at.
    is_failing: bool,
}

/// What a look found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) looks: Vec<StandingLook>,
    /// For the eye that has the camera next.
    pub(crate) references: Vec<Reference>,
    /// Of all things, for pictures that show them.
    pub(crate) outlines: Vec<Outline>,
    /// Zones that turned out to be too small.
    pub(crate) too_small: Vec<SmallZone>,
}

struct Watched {
    zone: StandingZone,
    /// The smallest box around it.
    place: BoundingBox,
    watch: ZoneWatch,
    /// The zone was known in the latest look.
    is_known: bool,
    told_at: Option<CaptureTime>,
    is_too_small: bool,
}

/// What a lane lends.
pub(crate) struct Tools<'a> {
    /// The camera's name, for its metrics.
    pub(crate) camera: &'a str,
    pub(crate) scaler: &'a mut Scaler,
    pub(crate) bench: &'a mut Workbench,
}

/// The picture as its zones are cut from it.
struct Sheet<'a> {
    rgb: camera::Rgb<'a>,
    time: CaptureTime,
    detections: &'a [Detection],
}

impl StandingZones {
    /// Goes on with what is known of a zone: at once, or once that is watched.
    pub(crate) fn refer(&mut self, reference: Reference) {
        let watched = self.zones.get_mut(&reference.zone.id);
        if let Some(watched) = watched.filter(|it| it.zone == reference.zone) {
            return watched.go_on_with(&reference.saved);
        }
        if self.known.len() < MOST_STANDING_ZONES || self.known.contains_key(&reference.zone.id) {
            self.known.insert(reference.zone.id.clone(), reference);
        }
    }

    /// Forgets everything about the zones. The gateway has their references.
    pub(crate) fn begin_anew(&mut self) {
        *self = Self { is_failing: self.is_failing, ..Self::default() };
    }

    /// No look came of the latest picture, and why. It is said once.
    pub(crate) fn fail(&mut self, why: &str) {
        self.latest.clear();
        self.latest_outlines.clear();
        if !std::mem::replace(&mut self.is_failing, true) {
            error!(why, "things of no class are not looked for");
        }
    }

    /// What stands in a zone now belongs there.
    pub(crate) fn mark_free(&mut self, zone: String) {
        if let Some(watched) = self.zones.get_mut(&zone) {
            watched.mark_free();
        } else if self.free.len() < MOST_STANDING_ZONES {
            self.free.insert(zone);
        }
    }

    /// Looks at `zones` in a picture in which this was detected, if a look is due. Otherwise what the
    /// latest look showed is still the case.
    ///
    /// # Errors
    /// If the picture cannot be scaled.
    pub(crate) fn look(
        &mut self,
        zones: &[StandingZone],
        (picture, detections): (&Picture, &[Detection]),
        tools: Tools<'_>,
        go_on: &dyn Fn(),
    ) -> Result<Found, camera::ScaleError> {
        self.watch(zones);
        let time = picture.captured_at;
        let is_early = |before: CaptureTime| time >= before && time.since(before) < LOOK_EVERY;
        if self.zones.is_empty() || self.looked_at.is_some_and(is_early) {
            let (looks, outlines) = (self.latest.clone(), self.latest_outlines.clone());
            return Ok(Found { looks, outlines, ..Found::default() });
        }
        self.looked_at = Some(time);
        let size = self.sheet_size(picture);
        let sheet = Sheet { rgb: tools.scaler.scale(picture, size)?, time, detections };
        self.is_failing = false;
        let mut found = Found::default();
        for watched in self.zones.values_mut() {
            match watched.look(&sheet, tools.bench) {
                Ok((findings, look)) => {
                    metrics::zone_looked_at(tools.camera, name_of(findings.state));
                    found.outlines.extend(outlines(&findings, &look, &watched.place));
                    found.looks.push(look);
                }
                Err(too_small) => found.too_small.extend(too_small),
            }
            found.references.extend(watched.reference(time));
            go_on();
        }
        self.latest.clone_from(&found.looks);
        self.latest_outlines.clone_from(&found.outlines);
        Ok(found)
    }

    /// Watches these zones and no others.
    fn watch(&mut self, zones: &[StandingZone]) {
        let zones = zones.get(..MOST_STANDING_ZONES).unwrap_or(zones);
        let is_same = self.zones.len() == zones.len()
            && zones.iter().all(|zone| self.zones.get(&zone.id).is_some_and(|it| it.zone == *zone));
        if is_same {
            return;
        }
        self.looked_at = None;
        self.latest.clear();
        self.latest_outlines.clear();
        self.zones.retain(|_, watched| zones.contains(&watched.zone));
        for zone in zones {
            if !self.zones.contains_key(&zone.id)
                && let Some(mut watched) = Watched::new(zone, self.known.remove(&zone.id))
            {
                if self.free.contains(&zone.id) {
                    watched.mark_free();
                }
                self.zones.insert(zone.id.clone(), watched);
            }
        }
        // Of zones that left again before they were watched.
        self.known.clear();
        self.free.clear();
    }

    /// In which size the zones are large enough, if the picture shows them so large.
    fn sheet_size(&self, picture: &Picture) -> (u32, u32) {
        let (width, height) = (pixels(picture.width()), pixels(picture.height()));
        let longer = |it: &Watched| (it.place.width() * width).max(it.place.height() * height);
        let shortest = self.zones.values().map(longer).fold(f32::INFINITY, f32::min);
        let wanted = (ZONE_SIDE_PX / shortest).min(1.0);
        let most = (MOST_PX / (width * height)).sqrt();
        let mut small_enough = SHEETS.into_iter().filter(|factor| *factor <= most);
        let last = small_enough.clone().next_back().unwrap_or(most);
        let factor = small_enough.find(|factor| *factor >= wanted).unwrap_or(last);
        let scaled = |side: f32| whole((side * factor).round()).max(1);
        (scaled(width), scaled(height))
    }
}

impl Watched {
    fn new(zone: &StandingZone, known: Option<Reference>) -> Option<Self> {
        let outline = zone.outline()?;
        let place = outline.bounds();
        let corners = outline.corners().iter().map(|corner| into(&place, *corner)).collect();
        // What is a polygon in the picture is one in its own rectangle, but for rounding.
        let own = Polygon::new(corners).ok()?;
        let keeps_what_leaves = zone.keeps_what_leaves;
        let watch = ZoneWatch::new(own, Settings { keeps_what_leaves, ..Settings::default() });
        let zone = zone.clone();
        let (is_known, told_at, is_too_small) = (false, None, false);
        let mut watched = Self { zone, place, watch, is_known, told_at, is_too_small };
        if let Some(known) = known.filter(|known| known.zone == watched.zone) {
            watched.go_on_with(&known.saved);
        }
        Some(watched)
    }

    /// What stands there now belongs there.
    fn mark_free(&mut self) {
        self.watch.mark_free();
        self.told_at = None;
        info!(zone = self.zone.id, "an operator says that what stands in the zone belongs there");
    }

    /// What stands there beyond this is found.
    fn go_on_with(&mut self, saved: &[u8]) {
        self.is_known = false;
        if let Err(error) = self.watch.restore(saved) {
            warn!(zone = self.zone.id, %error, "the zone is learned anew");
        }
    }

    /// What the zone shows. If it is too small, that is told once.
    fn look(
        &mut self,
        sheet: &Sheet<'_>,
        bench: &mut Workbench,
    ) -> Result<(Findings, StandingLook), Option<SmallZone>> {
        let (size, cut) = cut_out(&sheet.rgb, &self.place);
        let picture = match standing::Picture::new(size.0, size.1, &cut) {
            Ok(picture) => picture,
            Err(error) => {
                if std::mem::replace(&mut self.is_too_small, true) {
                    return Err(None);
                }
                warn!(zone = self.zone.id, %error, "things of no class are not looked for");
                return Err(self.too_small(&error));
            }
        };
        self.is_too_small = false;
        let moving: Vec<BoundingBox> = sheet
            .detections
            .iter()
            .filter(|it| is_moving(it))
            .map(|it| relative(&self.place, &it.bbox))
            .filter(|it| share_of_zone(it) < MOST_OF_ZONE)
            .collect();
        let look = ZoneLook { picture, time: sheet.time, moving: &moving };
        let findings = self.watch.look(&look, bench);
        let told = self.told(&findings, sheet.time);
        Ok((findings, told))
    }

    fn too_small(&self, error: &PictureError) -> Option<SmallZone> {
        let PictureError::TooSmall { width, height } = *error else { return None };
        let size_px = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        Some(SmallZone { zone: self.zone.clone(), size_px })
    }

    fn told(&mut self, findings: &Findings, time: CaptureTime) -> StandingLook {
        let was_known = std::mem::replace(&mut self.is_known, findings.state == State::Ready);
        if was_known != self.is_known {
            info!(zone = self.zone.id, state = name_of(findings.state), "what stands in the zone");
        }
        StandingLook {
            zone: self.zone.id.as_str().into(),
            known_since: findings.reference_since.filter(|_| self.is_known),
            unsure: findings.unsure.iter().map(|it| in_picture(it, &self.place)).collect(),
            things: seen(findings).map(|it| thing(it, &self.place, time)).collect(),
            gone: findings.gone.iter().map(|it| in_picture(it, &self.place)).collect(),
        }
    }

    /// The reference, if it is time to tell it.
    fn reference(&mut self, time: CaptureTime) -> Option<Reference> {
        let is_early = |told: CaptureTime| time >= told && time.since(told) < REFERENCE_EVERY;
        if !self.is_known || self.told_at.is_some_and(is_early) {
            return None;
        }
        self.told_at = Some(time);
        let (zone, saved) = (self.zone.clone(), self.watch.saved()?);
        Some(Reference { zone, saved, is_anew: self.watch.has_learned_anew() })
    }
}

/// As metrics call it.
const fn name_of(state: State) -> &'static str {
    match state {
        State::Ready => "known",
        State::Learning { .. } => "learning",
        State::Adapting => "adapting",
        State::Blind => "blind",
    }
}

fn is_moving(it: &Detection) -> bool {
    let class = it.class.as_str();
    (class == "person" && it.score >= PERSON) || (it.score >= VEHICLE && VEHICLES.contains(&class))
}

/// The pixels of the place, row by row, and their width and height.
fn cut_out(rgb: &camera::Rgb<'_>, place: &BoundingBox) -> ((usize, usize), Vec<u8>) {
    let edges = |low: f32, high: f32, side: u32| {
        let to = usize::try_from(whole((high * pixels(side)).round()).min(side)).unwrap_or(0);
        let from = usize::try_from(whole((low * pixels(side)).round())).unwrap_or(0);
        from.min(to)..to
    };
    let (columns, rows) =
        (edges(place.left, place.right, rgb.width), edges(place.top, place.bottom, rgb.height));
    let size = (columns.len(), rows.len());
    let mut cut = Vec::with_capacity(3 * size.0 * size.1);
    for row in rows {
        let begin = row * rgb.stride;
        let pixels = rgb.pixels.get(begin + 3 * columns.start..begin + 3 * columns.end);
        cut.extend(pixels.unwrap_or_default());
    }
    (size, cut)
}

#[expect(clippy::cast_precision_loss, reason = "a picture has fewer than 2^24 pixels a side")]
fn pixels(side: u32) -> f32 {
    side as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn whole(value: f32) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests;
