//! What a schema can not say about a camera's file, and its way from text to settings.

use std::collections::{BTreeMap, BTreeSet};

use incident::rule::StandingSettings;
use incident::{
    Grid, IncidentType, IncidentTypes, LifecycleSettings, Place, RuleKind, RuleSettings, Slug, Zone,
};
use scene::{Class, InvalidPolygon, Point, Polygon};
use url::Url;

use super::calibration;
use super::camera_file::{
    CameraFile, CornerPx, CredentialsFile, RuleKindName, RuleTable, ZoneTable,
};
use super::document::Document;
use super::findings::Findings;
use super::gateway_check::secs;
use super::gateway_file::CameraDefaultsTable;
use super::schema::FileSchema;
use super::secret::Secret;
use super::settings::{Camera, Login, Stream};
use super::wording::or_suggest;

/// The longest id in an alert, in bytes.
const LONGEST_ID: usize = 64;

/// What every camera takes from elsewhere.
pub(super) struct Surroundings<'a> {
    pub(super) defaults: CameraDefaultsTable,
    pub(super) incident_types: &'a IncidentTypes,
    /// The classes that the model knows; `None` if the model could not say.
    pub(super) classes: Option<Vec<Class>>,
    pub(super) credentials_schema: FileSchema,
}

/// One camera's file under check.
pub(super) struct CameraCheck<'a> {
    pub(super) file: &'a CameraFile,
    pub(super) document: &'a Document,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// Every zone id that is written in the file, also of zones with faults: a rule that names one
    /// is not at fault.
    pub(super) zones_written: &'a [String],
}

impl CameraCheck<'_> {
    /// The settings of a file that passed its schema; `None` if a fault was noted.
    pub(super) fn run(&self, grid: Option<Grid>, findings: &mut Findings) -> Option<Camera> {
        let id = findings.slug(self.document, "/id", &self.file.id);
        let stream = self.stream(findings);
        let zones = self.zones(findings);
        let rules = self.rules(&zones, findings);
        let place = self.place(findings);
        let ground = calibration::ground(self.file, self.document, findings);
        Some(Camera {
            id: id?,
            name: self.file.name.clone().unwrap_or_else(|| self.file.id.clone()),
            gb_id: self.file.gb_id.clone(),
            stream: stream?,
            place: place?,
            ground: ground?,
            grid: grid?,
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

    fn stream(&self, findings: &mut Findings) -> Option<Stream> {
        let defaults = &self.surroundings.defaults;
        let url = self.stream_url(findings);
        let login = match &self.file.credentials_file {
            Some(_) => self.login(findings).map(Some),
            None => Some(None),
        };
        Some(Stream {
            url: url?,
            transport: self.file.transport.unwrap_or(defaults.transport),
            login: login?,
            connect_timeout: secs(defaults.connect_timeout_secs),
            first_frame_timeout: secs(defaults.first_frame_timeout_secs),
            silence_timeout: secs(defaults.silence_timeout_secs),
            decoder_queue_bytes: defaults.decoder_queue_bytes,
            max_picture_px: defaults.max_picture_px,
        })
    }

    fn stream_url(&self, findings: &mut Findings) -> Option<Url> {
        let Ok(url) = Url::parse(&self.file.url) else {
            let message = "not an address; expected rtsp://host:554/path";
            return findings.refuse(self.document, "/url", message);
        };
        if url.scheme() != "rtsp" {
            let message = format!("{}:// is not supported; expected rtsp://", url.scheme());
            return findings.refuse(self.document, "/url", message);
        }
        if !url.username().is_empty() || url.password().is_some() {
            let message = "user and password do not belong in the address: write them into a \
                           file and name it in `credentials_file`";
            return findings.refuse(self.document, "/url", message);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return findings.refuse(self.document, "/url", "the address names no host");
        }
        Some(url)
    }

    fn login(&self, findings: &mut Findings) -> Option<Login> {
        let path = findings.secret_file(self.document, "/credentials_file")?;
        let mut document = match Document::read(&path) {
            Ok(document) => document.concerning(self.file.id.clone()).confidential(),
            Err(fault) => {
                findings.faults.push(fault);
                return None;
            }
        };
        let (faults, _) = self.surroundings.credentials_schema.check(&mut document);
        if !faults.is_empty() {
            findings.faults.extend(faults);
            return None;
        }
        match document.decode::<CredentialsFile>() {
            Ok(CredentialsFile { user, password }) => {
                Some(Login { user, password: Secret::new(password) })
            }
            Err(fault) => {
                findings.faults.push(fault);
                None
            }
        }
    }

    /// The sound zones, by the id in the file.
    fn zones(&self, findings: &mut Findings) -> BTreeMap<&str, Zone> {
        let mut zones = BTreeMap::new();
        let rules = &self.file.rule;
        for (index, zone) in self.file.zone.iter().enumerate() {
            let id_at = format!("/zone/{index}/id");
            let polygon = self.polygon(index, zone, findings);
            let full_id = format!("{}.{}", self.file.id, zone.id);
            if full_id.len() > LONGEST_ID {
                let message =
                    format!("alerts call this zone `{full_id}`, beyond {LONGEST_ID} characters");
                findings.refuse::<()>(self.document, &id_at, message);
                continue;
            }
            if !rules.is_empty() && !rules.iter().any(|rule| rule.zone == zone.id) {
                let message = format!("no rule watches zone `{}`", zone.id);
                findings.warn(self.document, &id_at, message);
            }
            let id = findings.slug(self.document, &id_at, &full_id);
            if let (Some(id), Some(polygon)) = (id, polygon)
                && zones.insert(zone.id.as_str(), Zone { id, polygon }).is_some()
            {
                let message = format!("another zone is called `{}` already", zone.id);
                findings.refuse::<()>(self.document, &id_at, message);
            }
        }
        zones
    }

    fn polygon(&self, index: usize, zone: &ZoneTable, findings: &mut Findings) -> Option<Polygon> {
        let [width, height] = self.file.picture_px.map(f64::from);
        let corners = zone.polygon_px.iter().map(|corner| {
            let [x, y] = corner.0;
            Point { x: normalised(x, width), y: normalised(y, height) }
        });
        let at = format!("/zone/{index}/polygon_px");
        match Polygon::new(corners.collect()) {
            Ok(polygon) => Some(polygon),
            Err(InvalidPolygon::OutsidePicture(corner)) => {
                let message = format!(
                    "corner {} lies outside the picture of {width} x {height} px",
                    corner_px(zone, corner)
                );
                findings.refuse(self.document, &format!("{at}/{corner}"), message)
            }
            Err(InvalidPolygon::RepeatedCorner(corner)) => {
                let corner_at = format!("{at}/{corner}");
                let corner = corner_px(zone, corner);
                let message = format!(
                    "corner {corner} repeats the one before it; the first \
                                       corner is not written again at the end"
                );
                findings.refuse(self.document, &corner_at, message)
            }
            Err(InvalidPolygon::SelfIntersecting(a, b)) => {
                let edge =
                    |from| format!("{} - {}", corner_px(zone, from), corner_px(zone, from + 1));
                let message = format!(
                    "the outline crosses itself: edge {} meets edge {}; name the corners in order \
                     around the zone",
                    edge(a),
                    edge(b)
                );
                findings.refuse(self.document, &at, message)
            }
            Err(InvalidPolygon::NoArea) => {
                let message = "the outline encloses no area; name the corners in order around \
                               the zone";
                findings.refuse(self.document, &at, message)
            }
            Err(reason) => findings.refuse(self.document, &at, reason.to_string()),
        }
    }

    /// The rules, if all are sound.
    fn rules(
        &self,
        zones: &BTreeMap<&str, Zone>,
        findings: &mut Findings,
    ) -> Option<Vec<RuleSettings>> {
        if self.file.rule.is_empty() {
            findings.warn(self.document, "", "no rule: this camera raises no alert");
        }
        let mut ids = BTreeSet::new();
        let mut incidents = BTreeSet::new();
        let mut rules = Vec::new();
        for (index, rule) in self.file.rule.iter().enumerate() {
            let at = format!("/rule/{index}");
            let incident = self.incident_type(&at, rule, findings);
            let zone = self.zone_of(&at, rule, zones, findings);
            self.check_classes(&at, rule, findings);
            let id = self.rule_id(&at, rule, findings);
            if !incidents.insert((&rule.zone, &rule.incident_type)) {
                let message = format!(
                    "another rule reports `{}` in zone `{}` already: there is one alert for each \
                     zone and type",
                    rule.incident_type, rule.zone
                );
                findings.refuse::<()>(self.document, &at, message);
            } else if let Some(id) = &id
                && !ids.insert(id.clone())
            {
                let message = format!("another rule is called `{id}` already");
                findings.refuse::<()>(self.document, &format!("{at}/id"), message);
            }
            if let (Some(id), Some(zone), Some(incident)) = (id, zone, incident) {
                let (kind, lifecycle) = (kind(rule), lifecycle(rule));
                rules.push(RuleSettings { id, zone, incident, kind, lifecycle });
            }
        }
        (rules.len() == self.file.rule.len()).then_some(rules)
    }

    fn rule_id(&self, at: &str, rule: &RuleTable, findings: &mut Findings) -> Option<Slug> {
        let at = format!("{at}/id");
        let composed = || format!("{}.{}", rule.zone, rule.incident_type);
        let id = rule.id.clone().unwrap_or_else(composed);
        if id.len() > LONGEST_ID {
            let message = format!("`{id}` is too long a name: give this rule a shorter `id`");
            return findings.refuse(self.document, &at, message);
        }
        // Zone and type that are no ids are unknown, too: one fault is enough.
        Slug::new(&id).ok()
    }

    fn incident_type(
        &self,
        at: &str,
        rule: &RuleTable,
        findings: &mut Findings,
    ) -> Option<IncidentType> {
        let types = self.surroundings.incident_types;
        if let Some(known) = types.get(&rule.incident_type) {
            let mut incident = known.clone();
            incident.priority = rule.priority.unwrap_or(incident.priority);
            return Some(incident);
        }
        let codes: Vec<&str> = types.iter().map(|known| known.code.as_str()).collect();
        let message = format!("no incident type `{}`", rule.incident_type);
        let message = or_suggest(message, &rule.incident_type, &codes);
        findings.refuse(self.document, &format!("{at}/type"), message)
    }

    fn zone_of(
        &self,
        at: &str,
        rule: &RuleTable,
        zones: &BTreeMap<&str, Zone>,
        findings: &mut Findings,
    ) -> Option<Zone> {
        if !self.zones_written.contains(&rule.zone) {
            let written: Vec<&str> = self.zones_written.iter().map(String::as_str).collect();
            let message = or_suggest(format!("no zone `{}`", rule.zone), &rule.zone, &written);
            return findings.refuse(self.document, &format!("{at}/zone"), message);
        }
        zones.get(rule.zone.as_str()).cloned()
    }

    fn check_classes(&self, at: &str, rule: &RuleTable, findings: &mut Findings) {
        let Some(classes) = &self.surroundings.classes else {
            return;
        };
        let known: Vec<&str> = classes.iter().map(Class::as_str).collect();
        for (index, class) in rule.classes.iter().enumerate() {
            if !known.contains(&class.as_str()) {
                let message =
                    or_suggest(format!("the model knows no class `{class}`"), class, &known);
                findings.refuse::<()>(self.document, &format!("{at}/classes/{index}"), message);
            }
        }
    }
}

fn kind(rule: &RuleTable) -> RuleKind {
    let RuleKindName::Standing = rule.kind;
    let classes = rule.classes.iter().map(|class| Class::new(class)).collect();
    let mut standing = StandingSettings::new(classes, secs(rule.dwell_secs));
    standing.gap_tolerance = rule.gap_tolerance_secs.map_or(standing.gap_tolerance, secs);
    standing.min_score = rule.min_score;
    RuleKind::Standing(standing)
}

fn lifecycle(rule: &RuleTable) -> LifecycleSettings {
    let usual = LifecycleSettings::default();
    LifecycleSettings {
        clear_after: rule.clear_after_secs.map_or(usual.clear_after, secs),
        reopen_after: rule.reopen_after_secs.map_or(usual.reopen_after, secs),
        ..usual
    }
}

/// A corner as it is written; the one after the last is the first.
fn corner_px(zone: &ZoneTable, index: usize) -> String {
    let corner = zone.polygon_px.get(index % zone.polygon_px.len().max(1));
    corner.map_or_else(String::new, |CornerPx([x, y])| format!("[{x}, {y}]"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "0..=1 loses less than a thousandth of a pixel"
)]
pub(super) fn normalised(position: f64, size: f64) -> f32 {
    (position / size) as f32
}
