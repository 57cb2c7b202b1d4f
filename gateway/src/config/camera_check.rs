//! What a schema cannot check in a camera's file, and the way from text to settings.

use std::collections::BTreeMap;
use std::time::Duration;

use incident::{Grid, Place};
use rule::Zone;
use scene::{Point, Polygon, PolygonError};

use super::calibration;
use super::camera_context::{CameraCheck, LONGEST_ID};
use super::camera_file::CornerPx;
use super::camera_stream_check as stream_check;
use super::example_check::warn_of_example_camera;
use super::findings::Findings;
use super::pixels::normalised;
use super::rule_check::rules;
use super::settings::Camera;
use super::span::secs;

/// The incident type of a camera that cannot be looked at.
const OUTAGE: &str = "camera_offline";

impl CameraCheck<'_> {
    /// The settings of a file that passed its schema; `None` if a fault was noted.
    pub(super) fn run(&self, grid: Option<Grid>, findings: &mut Findings) -> Option<Camera> {
        let id = findings.slug(self.document, "/id", &self.file.id);
        if self.surroundings.dots_matter {
            findings.warn_of_dot(self.document, "/id", &self.file.id);
        }
        let stream = stream_check::stream(self, findings);
        if let Some(stream) = &stream {
            warn_of_example_camera(self, &stream.url, findings);
        }
        let zones = self.zones(findings);
        let privacy_zones = self.privacy_zones(findings);
        let ground = calibration::ground(self.file, self.document, findings);
        let rules = rules(self, &zones, findings);
        let place = self.place(findings);
        Some(Camera {
            id: id?,
            name: self.file.name.clone().unwrap_or_else(|| self.file.id.clone()),
            gb_id: self.file.gb_id.clone(),
            stream: stream?,
            place: place?,
            drawn_px: self.draws().then_some(self.file.picture_px),
            ground: ground?,
            grid: grid?,
            grid_map: self.surroundings.city.grid_map.clone(),
            privacy_zones: privacy_zones?,
            rules: rules?,
            longest_look: self.longest_look(),
            outage: self.surroundings.city.types.get(OUTAGE).map(|entry| entry.incident.clone()),
            witnesses: Vec::new(),
        })
    }

    /// For so long looks may be left out; 0 turns that off.
    fn longest_look(&self) -> Option<Duration> {
        let usual = self.surroundings.defaults.longest_look_secs;
        let longest = self.file.longest_look_secs.unwrap_or(usual);
        (longest > 0).then(|| secs(longest))
    }

    /// Whether anything in the file is a place in the picture.
    fn draws(&self) -> bool {
        let file = &self.file;
        !(file.zone.is_empty() && file.privacy_zone.is_empty() && file.calibration.is_none())
    }

    fn place(&self, findings: &mut Findings) -> Option<Place> {
        let place = &self.file.place;
        let address = place.address.clone();
        match Place::new(place.longitude, place.latitude, place.accuracy_metres, address) {
            Ok(place) => Some(place),
            Err(e) => findings.refuse(self.document, "/place", e.to_string()),
        }
    }

    /// The sound zones, by the id in the file.
    fn zones(&self, findings: &mut Findings) -> BTreeMap<&str, Zone> {
        let mut zones = BTreeMap::new();
        let rules = &self.file.rule;
        for (index, zone) in self.file.zone.iter().enumerate() {
            let id_at = format!("/zone/{index}/id");
            let polygon_at = format!("/zone/{index}/polygon_px");
            let polygon = self.polygon(&polygon_at, &zone.polygon_px, findings);
            let full_id = format!("{}.{}", self.file.id, zone.id);
            if full_id.len() > LONGEST_ID {
                let message = format!(
                    "alerts call this zone by the ids of camera and zone, and together they are \
                     beyond {LONGEST_ID} characters"
                );
                findings.refuse::<()>(self.document, &id_at, message);
                continue;
            }
            if !rules.is_empty() && !rules.iter().any(|rule| rule.zone.as_ref() == Some(&zone.id)) {
                let message = "no rule watches this zone";
                findings.warn(self.document, &id_at, message);
            }
            let id = findings.slug(self.document, &id_at, &full_id);
            if let (Some(id), Some(polygon)) = (id, polygon)
                && zones.insert(zone.id.as_str(), Zone { id, polygon }).is_some()
            {
                let message = "another zone is called so already";
                findings.refuse::<()>(self.document, &id_at, message);
            }
        }
        zones
    }

    fn privacy_zones(&self, findings: &mut Findings) -> Option<Vec<Polygon>> {
        let zones = self.file.privacy_zone.iter().enumerate();
        let polygons: Vec<Option<Polygon>> = zones
            .map(|(index, zone)| {
                let at = format!("/privacy_zone/{index}/polygon_px");
                self.polygon(&at, &zone.polygon_px, findings)
            })
            .collect();
        polygons.into_iter().collect()
    }

    fn polygon(&self, at: &str, written: &[CornerPx], findings: &mut Findings) -> Option<Polygon> {
        let [width, height] = self.file.picture_px.map(f64::from);
        let corners = written.iter().map(|corner| {
            let [x, y] = corner.0;
            Point { x: normalised(x, width), y: normalised(y, height) }
        });
        match Polygon::new(corners.collect()) {
            Ok(polygon) => Some(polygon),
            Err(PolygonError::OutsidePicture(corner)) => {
                let message = format!(
                    "corner {} lies outside the picture of {width} x {height} px",
                    corner_px(written, corner)
                );
                findings.refuse(self.document, &format!("{at}/{corner}"), message)
            }
            Err(PolygonError::RepeatedCorner(corner)) => {
                let corner_at = format!("{at}/{corner}");
                let corner = corner_px(written, corner);
                let message = format!(
                    "corner {corner} repeats the one before it; the first \
                                       corner is not written again at the end"
                );
                findings.refuse(self.document, &corner_at, message)
            }
            Err(PolygonError::SelfIntersecting(a, b)) => {
                let edge = |from| {
                    format!("{} - {}", corner_px(written, from), corner_px(written, from + 1))
                };
                let message = format!(
                    "the outline crosses itself: edge {} meets edge {}; name the corners in order \
                     around the zone",
                    edge(a),
                    edge(b)
                );
                findings.refuse(self.document, at, message)
            }
            Err(PolygonError::NoArea) => {
                let message = "the outline encloses no area; name the corners in order around \
                               the zone";
                findings.refuse(self.document, at, message)
            }
            Err(reason) => findings.refuse(self.document, at, reason.to_string()),
        }
    }
}

/// A corner as it is written; the one after the last is the first.
fn corner_px(written: &[CornerPx], index: usize) -> String {
    let corner = written.get(index % written.len().max(1));
    corner.map_or_else(String::new, |CornerPx([x, y])| format!("[{x}, {y}]"))
}
