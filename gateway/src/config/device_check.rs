//! What a schema cannot check in a device's file, and the way from text to settings.

use std::collections::BTreeSet;

use incident::{Grid, Place};
use rule::Slug;

use super::camera_context::LONGEST_ID;
use super::device_context::DeviceCheck;
use super::device_link_check::link;
use super::device_rule_check::rules;
use super::example_check::warn_of_example_device;
use super::findings::Findings;
use super::settings::Device;
use super::wording::unknown;

impl DeviceCheck<'_> {
    /// The settings of a file that passed its schema; `None` if a fault was noted.
    pub(super) fn run(&self, grid: Option<Grid>, findings: &mut Findings) -> Option<Device> {
        let id = findings.slug(self.document, "/id", self.id);
        if self.surroundings.dots_matter {
            findings.warn_of_dot(self.document, "/id", self.id);
        }
        let points = self.points(findings);
        let link = link(self, findings);
        warn_of_example_device(self, findings);
        if self.file.rule.is_empty() {
            findings.warn(self.document, "", "no rule: this device raises no alert");
        }
        let rules = rules(&self.rule_host(), findings);
        let place = self.place(findings);
        let camera = self.camera(findings);
        points?;
        Some(Device {
            id: id?,
            name: self.file.name.clone().unwrap_or_else(|| self.id.to_owned()),
            gb_id: self.file.gb_id.clone(),
            link: link?,
            camera: camera?,
            place: place?,
            grid: grid?,
            grid_map: self.surroundings.city.grid_map.clone(),
            rules: rules?,
        })
    }

    fn place(&self, findings: &mut Findings) -> Option<Place> {
        let place = &self.file.place;
        let address = place.address.clone();
        match Place::new(place.longitude, place.latitude, place.accuracy_metres, address) {
            Ok(place) => Some(place),
            Err(e) => findings.refuse(self.document, "/place", e.to_string()),
        }
    }

    /// The camera that it names, which must be there.
    fn camera(&self, findings: &mut Findings) -> Option<Option<Slug>> {
        let Some(camera) = &self.file.camera else { return Some(None) };
        if !self.cameras.contains(camera) {
            let known: Vec<&str> = self.cameras.iter().map(String::as_str).collect();
            return findings.refuse(self.document, "/camera", unknown("no camera", camera, &known));
        }
        findings.slug(self.document, "/camera", camera).map(Some)
    }

    /// Whether the ids of all points can stand in alerts and are different.
    fn points(&self, findings: &mut Findings) -> Option<()> {
        let mut ids = BTreeSet::new();
        let mut sound = Some(());
        for (index, point) in self.file.point.iter().enumerate() {
            let at = format!("/point/{index}/id");
            if self.id.len() + 1 + point.id.len() > LONGEST_ID {
                let message = format!(
                    "alerts call this point by the ids of device and point, and together they are \
                     beyond {LONGEST_ID} characters"
                );
                sound = findings.refuse(self.document, &at, message);
            }
            if point.id == intake::DEVICE_POINT {
                let message = "this name is that of the device as a whole: give the point another";
                sound = findings.refuse(self.document, &at, message);
            }
            if !ids.insert(&point.id) {
                let message = "another point is called so already";
                sound = findings.refuse(self.document, &at, message);
            }
        }
        sound
    }
}
