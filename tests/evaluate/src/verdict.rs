//! What a run came to: alerts that were due and came, that were missed, and that were wrong.

use scene::BoundingBox;

use crate::case::{Case, Truth};
use crate::fallible::Fallible;
use crate::photo::jpeg;
use crate::place::Rect;
use crate::scene::Scene;

/// Seconds after something left in which an alert for it is late, but not wrong.
const GRACE: f64 = 20.0;
/// Of the time that something stands, the part after which it is pictured for the gallery.
const PICTURED_AT: f64 = 0.8;

/// An alert as it opens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raised {
    pub(crate) code: String,
    /// Ends with the zone's own id.
    pub(crate) zone: String,
    pub(crate) confidence: f32,
    pub(crate) boxes: Vec<BoundingBox>,
    pub(crate) classes: Vec<String>,
}

/// A picture that shows what went wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    pub(crate) jpeg: Vec<u8>,
    pub(crate) secs: f64,
}

/// Something that was due.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Due {
    pub(crate) truth: Truth,
    /// Seconds from when it came to the first alert, and how sure that was.
    pub(crate) told: Option<(f64, f32)>,
    pub(crate) shown: Option<Shown>,
    /// Looks for cables round it that could tell.
    pub(crate) cable_looks: usize,
}

/// An alert that was wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct False {
    pub(crate) raised: Raised,
    pub(crate) shown: Shown,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    size: (usize, usize),
    zones: Vec<(String, BoundingBox)>,
    pub(crate) due: Vec<Due>,
    pub(crate) wrong: Vec<False>,
}

impl Verdict {
    /// Of a run that begins now in this scene.
    pub(crate) fn begun(case: &Case, scene: &Scene) -> Self {
        let size = scene.size();
        let zones = scene.zones.iter().map(|zone| (zone.id.clone(), zone.place.shares(size)));
        let due =
            |truth: &Truth| Due { truth: truth.clone(), told: None, shown: None, cable_looks: 0 };
        let due = case.truths.iter().map(due).collect();
        Self { size, zones: zones.collect(), due, wrong: Vec::new() }
    }

    /// Takes in what was told with the picture of this second.
    pub(crate) fn take(&mut self, secs: f64, pixels: &[u8], raised: Vec<Raised>) -> Fallible<()> {
        for alert in raised {
            if !self.is_due(secs, &alert) {
                let outlines = (zone_of(&self.zones, &alert.zone), &*alert.boxes);
                let shown = Shown { jpeg: jpeg(pixels, self.size, outlines)?, secs };
                self.wrong.push(False { raised: alert, shown });
            }
        }
        let Self { size, zones, due, .. } = self;
        for due in due {
            let stands = &due.truth.stands;
            let late = stands.start + PICTURED_AT * (stands.end - stands.start);
            if due.told.is_none() && due.shown.is_none() && secs >= late {
                let places: Vec<BoundingBox> =
                    due.truth.places.iter().map(|place| place.shares(*size)).collect();
                let outlines = (zone_of(zones, &due.truth.zone), &*places);
                due.shown = Some(Shown { jpeg: jpeg(pixels, *size, outlines)?, secs });
            }
        }
        Ok(())
    }

    /// Takes in where a look for cables in the picture of this second could tell.
    pub(crate) fn look_round(&mut self, secs: f64, place: &BoundingBox) {
        for due in self.due.iter_mut().filter(|due| due.truth.stands.contains(&secs)) {
            let is_it = due.truth.places.iter().any(|it| meet(place, &it.shares(self.size)));
            due.cable_looks += usize::from(is_it);
        }
    }

    /// Whether the alert was due; if so it is noted. An alert for another incident that shows what is truly
    /// there is none of a stranger: goods obstruct a passage, whoever sells them.
    fn is_due(&mut self, secs: f64, alert: &Raised) -> bool {
        let mut is_due = false;
        for due in &mut self.due {
            let truth = &due.truth;
            let is_there = (truth.stands.start..truth.stands.end + GRACE).contains(&secs);
            if !is_there || !is_of(alert, &truth.zone) || !shows(alert, truth, self.size) {
                continue;
            }
            if alert.code == truth.code {
                due.told.get_or_insert((secs - truth.stands.start, alert.confidence));
                due.shown = None;
                is_due = true;
            } else if truth.implies.contains(&alert.code.as_str()) {
                is_due = true;
            }
        }
        is_due
    }
}

/// Whether the alert is of this zone.
fn is_of(alert: &Raised, zone: &str) -> bool {
    own_id(&alert.zone) == zone
}

/// Without the camera's name, which may stand before it.
fn own_id(zone: &str) -> &str {
    zone.rsplit('.').next().unwrap_or(zone)
}

fn zone_of<'a>(zones: &'a [(String, BoundingBox)], id: &str) -> Option<&'a BoundingBox> {
    zones.iter().find(|(zone, _)| zone == own_id(id)).map(|(_, place)| place)
}

/// Whether one of the objects of an alert lies where something truly is.
fn shows(alert: &Raised, truth: &Truth, size: (usize, usize)) -> bool {
    let meets = |place: &Rect| {
        let place = place.shares(size);
        alert.boxes.iter().any(|found| meet(found, &place))
    };
    truth.places.iter().any(meets)
}

/// Whether what was found lies on a thing or in its shadow: its middle in the other's box, widened by what a
/// shadow takes, and not many times as large; or a third in common.
fn meet(found: &BoundingBox, place: &BoundingBox) -> bool {
    let (wide, high) = (0.4 * place.width(), 0.3 * place.height());
    let middle = found.centre();
    let holds = (place.left - wide..=place.right + wide).contains(&middle.x)
        && (place.top..=place.bottom + high).contains(&middle.y);
    holds && found.area() < 6.0 * place.area() || found.iou(place) > 0.3
}
