//! What one picture shows, as it travels.

use std::collections::{BTreeMap, BTreeSet};

use scene::{
    Appearance, CaptureTime, Class, Clock, ClockSource, CropLook, Detection, GRID_CELLS,
    MOST_CROPS, MOST_FOOT_PARTS, MOST_STANDING_ZONES, MOST_THINGS, MOST_UNSURE, Observation,
    StandingLook, StandingThing,
};
use serde::{Deserialize, Serialize};

use super::cable_look::{WireCableLook, checked};
use super::wire::{ImpossibleError, Micros, WireBox};

/// No detector reports more objects in a picture.
const MOST_DETECTIONS: usize = 1000;

/// More bytes than the id of any zone has. Nothing that is longer may get into the archive.
const LONGEST_ZONE_ID: usize = 256;

/// No eye looks at a thing so often before it tells of it.
const MOST_LOOKS: u32 = 1000;

/// One analysed picture's observation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireObservation {
    captured_at: Micros,
    by_sender_report: bool,
    error_ms: Option<u32>,
    detections: Vec<(String, f32, WireBox)>,
    /// The cells' luma, and the sharpness.
    appearance: Option<(Vec<u8>, f32)>,
    standing: Vec<WireLook>,
    /// Parts of it that were asked about, and how much speaks for a stall there.
    crops: Vec<(WireBox, Option<f32>)>,
    cables: Vec<WireCableLook>,
}

/// What newly stands in a zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct WireLook {
    zone: String,
    known_since: Option<Micros>,
    unsure: Vec<WireBox>,
    things: Vec<WireThing>,
    gone: Vec<WireBox>,
}

/// One thing of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct WireThing {
    bounds: WireBox,
    foot: Vec<f32>,
    since: Micros,
    looks: u32,
    sure: f32,
}

impl From<&Observation> for WireObservation {
    fn from(it: &Observation) -> Self {
        let detections = it.detections.iter().map(|detection| {
            (detection.class.as_str().to_owned(), detection.score, WireBox::from(&detection.bbox))
        });
        Self {
            captured_at: it.captured_at.into(),
            by_sender_report: it.clock.source == ClockSource::SenderReport,
            error_ms: it.clock.error_ms,
            detections: detections.collect(),
            appearance: it.appearance.as_ref().map(|it| (it.grid().to_vec(), it.sharpness())),
            standing: it.standing.iter().map(WireLook::from).collect(),
            crops: it.crops.iter().map(|crop| ((&crop.place).into(), crop.stall)).collect(),
            cables: it.cables.iter().map(WireCableLook::from).collect(),
        }
    }
}

impl WireObservation {
    /// The observation, if its classes are among `classes` and its numbers can be true.
    pub(crate) fn checked(
        self,
        classes: &BTreeMap<String, Class>,
    ) -> Result<Observation, ImpossibleError> {
        if self.detections.len() > MOST_DETECTIONS {
            return Err(ImpossibleError("number of objects"));
        }
        let source =
            if self.by_sender_report { ClockSource::SenderReport } else { ClockSource::Arrival };
        let detections = self.detections.into_iter().map(|(class, score, bbox)| {
            let class = classes.get(&class).cloned().ok_or(ImpossibleError("class"))?;
            if !(0.0..=1.0).contains(&score) {
                return Err(ImpossibleError("score"));
            }
            Ok(Detection { class, score, bbox: bbox.try_into()? })
        });
        let appearance = self.appearance.map(|(cells, sharpness)| {
            let grid: Box<[u8; GRID_CELLS]> =
                cells.into_boxed_slice().try_into().map_err(|_| ImpossibleError("appearance"))?;
            if !sharpness.is_finite() || sharpness < 0.0 {
                return Err(ImpossibleError("sharpness"));
            }
            Ok(Appearance::of_grid(grid, sharpness))
        });
        if self.standing.len() > MOST_STANDING_ZONES {
            return Err(ImpossibleError("number of zones"));
        }
        let zones: BTreeSet<&str> = self.standing.iter().map(|look| look.zone.as_str()).collect();
        let is_id = |zone: &&str| (1..=LONGEST_ZONE_ID).contains(&zone.len());
        if zones.len() != self.standing.len() || !zones.iter().all(is_id) {
            return Err(ImpossibleError("zone"));
        }
        if self.crops.len() > MOST_CROPS {
            return Err(ImpossibleError("number of crops"));
        }
        let crops = self.crops.into_iter().map(|(place, stall)| {
            if !stall.is_none_or(|it| (0.0..=1.0).contains(&it)) {
                return Err(ImpossibleError("likelihood"));
            }
            Ok(CropLook { place: place.try_into()?, stall })
        });
        let captured_at = self.captured_at.into();
        let standing = self.standing.into_iter().map(|look| look.checked(captured_at));
        Ok(Observation {
            captured_at,
            clock: Clock { source, error_ms: self.error_ms },
            detections: detections.collect::<Result<_, _>>()?,
            appearance: appearance.transpose()?,
            standing: standing.collect::<Result<_, _>>()?,
            crops: crops.collect::<Result<_, _>>()?,
            cables: checked(self.cables)?,
        })
    }
}

impl From<&StandingLook> for WireLook {
    fn from(it: &StandingLook) -> Self {
        let things = it.things.iter().map(|thing| WireThing {
            bounds: (&thing.bounds).into(),
            foot: thing.foot.clone(),
            since: thing.since.into(),
            looks: thing.looks,
            sure: thing.sure,
        });
        let zone = it.zone.as_ref().to_owned();
        let unsure = it.unsure.iter().map(WireBox::from).collect();
        Self {
            zone,
            known_since: it.known_since.map(Micros::from),
            unsure,
            things: things.collect(),
            gone: it.gone.iter().map(WireBox::from).collect(),
        }
    }
}

impl WireLook {
    /// The look, if a picture that was taken at this time can show that.
    fn checked(self, captured_at: CaptureTime) -> Result<StandingLook, ImpossibleError> {
        if self.things.len() > MOST_THINGS {
            return Err(ImpossibleError("number of things"));
        }
        if self.unsure.len() > MOST_UNSURE || self.gone.len() > MOST_THINGS {
            return Err(ImpossibleError("number of places"));
        }
        let things = self.things.into_iter().map(|thing| thing.checked(captured_at));
        Ok(StandingLook {
            zone: self.zone.into(),
            // The clock may have been set since: it may lie after the picture.
            known_since: self.known_since.map(CaptureTime::from),
            unsure: self.unsure.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            things: things.collect::<Result<_, _>>()?,
            gone: self.gone.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl WireThing {
    fn checked(self, captured_at: CaptureTime) -> Result<StandingThing, ImpossibleError> {
        let unit = 0.0..=1.0;
        let is_foot = (1..=MOST_FOOT_PARTS).contains(&self.foot.len())
            && self.foot.iter().all(|part| unit.contains(part));
        let since = CaptureTime::from(self.since);
        let sound = [
            (is_foot, "foot"),
            (since <= captured_at, "time of a thing"),
            (self.looks <= MOST_LOOKS, "number of looks"),
            (unit.contains(&self.sure), "certainty"),
        ];
        if let Some((_, what)) = sound.into_iter().find(|(is_sound, _)| !is_sound) {
            return Err(ImpossibleError(what));
        }
        let Self { bounds, foot, looks, sure, .. } = self;
        Ok(StandingThing { bounds: bounds.try_into()?, foot, since, looks, sure })
    }
}

#[cfg(test)]
mod tests {
    use scene::BoundingBox;

    use scene::{CableLook, CableSight};

    use super::*;

    fn classes() -> BTreeMap<String, Class> {
        BTreeMap::from([("car".to_owned(), Class::new("car"))])
    }

    fn observation() -> Observation {
        let bbox = BoundingBox { left: 0.1, top: 0.2, right: 0.5, bottom: 1.0 };
        let plane = (0..64 * 36).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<_>>();
        Observation {
            captured_at: CaptureTime::from_unix_micros(1_700_000_000_123_456),
            clock: Clock { source: ClockSource::SenderReport, error_ms: Some(12) },
            detections: vec![Detection { class: Class::new("car"), score: 0.625, bbox }],
            appearance: Appearance::of_luma(&plane, 64, 36, 64),
            standing: vec![StandingLook {
                zone: "cam-01.lane".into(),
                known_since: Some(CaptureTime::from_unix_micros(1_600_000_000_000_000)),
                unsure: vec![bbox],
                things: vec![StandingThing {
                    bounds: bbox,
                    foot: vec![1.0, 0.75],
                    since: CaptureTime::from_unix_micros(1_700_000_000_000_000),
                    looks: 8,
                    sure: 0.75,
                }],
                gone: vec![bbox],
            }],
            crops: vec![
                CropLook { place: bbox, stall: Some(0.93) },
                CropLook { place: bbox, stall: None },
            ],
            cables: vec![CableLook { place: bbox, sight: CableSight::Seen(Vec::new()) }],
        }
    }

    #[test]
    fn an_observation_comes_back_to_the_last_bit() {
        let sent = observation();
        assert!(sent.appearance.is_some());
        assert_eq!(WireObservation::from(&sent).checked(&classes()).unwrap(), sent);
    }

    #[test]
    fn what_cannot_be_true_is_refused() {
        let spoil = |spoil: fn(&mut WireObservation)| {
            let mut wire = WireObservation::from(&observation());
            spoil(&mut wire);
            wire.checked(&classes()).unwrap_err().to_string()
        };
        let told = [
            spoil(|it| it.detections[0].0 = "ghost".to_owned()),
            spoil(|it| it.detections[0].1 = f32::NAN),
            spoil(|it| it.detections[0].2 = WireBox([0.5, 0.0, 0.4, 1.0])),
            spoil(|it| it.detections[0].2 = WireBox([0.0, f32::INFINITY, 0.4, 1.0])),
            spoil(|it| it.detections = vec![it.detections[0].clone(); 1001]),
            spoil(|it| it.appearance = Some((vec![1; 7], 1.0))),
            spoil(|it| it.appearance.as_mut().unwrap().1 = f32::NAN),
        ];
        let words =
            ["class", "score", "box", "box", "number of objects", "appearance", "sharpness"];
        assert_eq!(told, words.map(|word| format!("the eye reports an impossible {word}")));
        let thing = |change: fn(&mut WireThing)| {
            let mut wire = WireObservation::from(&observation());
            change(&mut wire.standing[0].things[0]);
            wire.checked(&classes()).unwrap_err().to_string()
        };
        let told = [
            spoil(|it| it.standing = vec![it.standing[0].clone(); 17]),
            spoil(|it| it.standing = vec![it.standing[0].clone(); 2]),
            spoil(|it| it.standing[0].zone = "z".repeat(257)),
            spoil(|it| it.standing[0].zone.clear()),
            spoil(|it| it.standing[0].unsure = vec![WireBox([0.0, 0.0, 1.0, 1.0]); 33]),
            spoil(|it| it.standing[0].unsure = vec![WireBox([0.0, 0.0, 1.0, f32::NAN])]),
            spoil(|it| it.standing[0].things = vec![it.standing[0].things[0].clone(); 33]),
            thing(|it| it.bounds = WireBox([0.0, 0.0, 2.0, 1.0])),
            thing(|it| it.foot.clear()),
            thing(|it| it.foot = vec![0.5; 17]),
            thing(|it| it.foot[1] = f32::NAN),
            thing(|it| it.since = CaptureTime::from_unix_micros(i64::MAX).into()),
            thing(|it| it.looks = 1001),
            thing(|it| it.sure = -0.1),
        ];
        let words = [
            "number of zones",
            "zone",
            "zone",
            "zone",
            "number of places",
            "box",
            "number of things",
            "box",
            "foot",
            "foot",
            "foot",
            "time of a thing",
            "number of looks",
            "certainty",
        ];
        assert_eq!(told, words.map(|word| format!("the eye reports an impossible {word}")));
    }

    #[test]
    fn what_no_second_look_tells_is_refused() {
        let spoil = |spoil: fn(&mut WireObservation)| {
            let mut wire = WireObservation::from(&observation());
            spoil(&mut wire);
            wire.checked(&classes()).unwrap_err().to_string()
        };
        let told = [
            spoil(|it| it.crops = vec![it.crops[0]; 5]),
            spoil(|it| it.crops[0].1 = Some(1.5)),
            spoil(|it| it.crops[0].1 = Some(f32::NAN)),
            spoil(|it| it.crops[1].0 = WireBox([0.0, 0.0, 1.0, f32::NAN])),
        ];
        let words = ["number of crops", "likelihood", "likelihood", "box"];
        assert_eq!(told, words.map(|word| format!("the eye reports an impossible {word}")));
    }
}
