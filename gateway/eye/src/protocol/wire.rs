//! The words of the scene as they travel: the scene itself knows no format.
//!
//! What comes up from an eye may be anything, if the eye has fallen to a hostile camera. So each
//! word is checked on its way back.

use std::collections::BTreeMap;

use scene::{
    Appearance, BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, GRID_CELLS,
    Observation, Point, Polygon,
};
use serde::{Deserialize, Serialize};

/// No detector reports more objects in a picture.
const MOST_DETECTIONS: usize = 1000;

/// A value that the gateway does not take from an eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the eye reports an impossible {0}")]
pub struct ImpossibleError(&'static str);

/// Microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Micros(i64);

/// Left, top, right, bottom; normalised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireBox([f32; 4]);

/// Corners, normalised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WirePolygon(Vec<(f32, f32)>);

/// One analysed picture's observation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireObservation {
    captured_at: Micros,
    by_sender_report: bool,
    error_ms: Option<u32>,
    detections: Vec<(String, f32, WireBox)>,
    /// The cells' luma, and the sharpness.
    appearance: Option<(Vec<u8>, f32)>,
}

impl From<CaptureTime> for Micros {
    fn from(at: CaptureTime) -> Self {
        Self(at.unix_micros())
    }
}

impl From<Micros> for CaptureTime {
    fn from(Micros(micros): Micros) -> Self {
        Self::from_unix_micros(micros)
    }
}

impl From<&BoundingBox> for WireBox {
    fn from(it: &BoundingBox) -> Self {
        Self([it.left, it.top, it.right, it.bottom])
    }
}

impl WireBox {
    /// The part of it that lies within the picture: an object that is followed may have moved out.
    pub(crate) fn within_the_picture(self) -> BoundingBox {
        let Self(sides) = self;
        let [left, top, right, bottom] = sides.map(|side| side.clamp(0.0, 1.0));
        BoundingBox { left, top, right, bottom }
    }
}

impl TryFrom<WireBox> for BoundingBox {
    type Error = ImpossibleError;

    fn try_from(WireBox(sides): WireBox) -> Result<Self, ImpossibleError> {
        let [left, top, right, bottom] = sides;
        let is_within = sides.iter().all(|side| (0.0..=1.0).contains(side));
        if !is_within || left > right || top > bottom {
            return Err(ImpossibleError("box"));
        }
        Ok(Self { left, top, right, bottom })
    }
}

impl From<&Polygon> for WirePolygon {
    fn from(it: &Polygon) -> Self {
        Self(it.corners().iter().map(|corner| (corner.x, corner.y)).collect())
    }
}

impl TryFrom<WirePolygon> for Polygon {
    type Error = ImpossibleError;

    fn try_from(WirePolygon(corners): WirePolygon) -> Result<Self, ImpossibleError> {
        let corners = corners.into_iter().map(|(x, y)| Point { x, y }).collect();
        Self::new(corners).map_err(|_| ImpossibleError("zone"))
    }
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
        Ok(Observation {
            captured_at: self.captured_at.into(),
            clock: Clock { source, error_ms: self.error_ms },
            detections: detections.collect::<Result<_, _>>()?,
            appearance: appearance.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
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
    }
}
