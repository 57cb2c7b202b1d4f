//! What a schema can not say about a camera's file, and its way from text to settings.

use std::collections::BTreeSet;

use scene::{Class, InvalidPolygon, Point, Polygon};
use url::Url;

use super::camera_file::{CameraFile, CornerPx, CredentialsFile, RuleKindName, RuleTable, ZoneTable};
use super::document::Document;
use super::findings::Findings;
use super::gateway_check::secs;
use super::gateway_file::CameraDefaultsTable;
use super::schema::FileSchema;
use super::secret::Secret;
use super::settings::{Camera, Grid, Login, Place, Rule, RuleKind, Stream, Zone};
use super::wording::or_suggest;

/// The longest id in an alert, in bytes.
const LONGEST_ID: usize = 64;
/// Seconds that a missed detection is forgiven at most, unless a rule says otherwise.
const LONGEST_DEFAULT_GAP_SECS: u32 = 10;

/// What every camera takes from elsewhere.
pub(super) struct Surroundings<'a> {
    pub(super) defaults: CameraDefaultsTable,
    /// The codes of all incident types.
    pub(super) incident_types: &'a [&'a str],
    /// The classes that the model knows; `None` if the model could not say.
    pub(super) classes: Option<Vec<String>>,
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
    pub(super) fn run(&self, grid: Grid, findings: &mut Findings) -> Option<Camera> {
        let stream = self.stream(findings);
        let zones = self.zones(findings);
        let rules = self.rules(findings);
        let place = &self.file.place;
        Some(Camera {
            id: self.file.id.clone(),
            name: self.file.name.clone().unwrap_or_else(|| self.file.id.clone()),
            gb_id: self.file.gb_id.clone(),
            stream: stream?,
            place: Place {
                longitude: place.longitude,
                latitude: place.latitude,
                accuracy_metres: place.accuracy_metres,
                address: place.address.clone(),
            },
            grid,
            zones: zones?,
            rules: rules?,
        })
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

    fn zones(&self, findings: &mut Findings) -> Option<Vec<Zone>> {
        let mut seen = BTreeSet::new();
        let mut sound = Some(Vec::new());
        for (index, zone) in self.file.zone.iter().enumerate() {
            let polygon = self.polygon(index, zone, findings);
            let id_at = format!("/zone/{index}/id");
            if !seen.insert(zone.id.as_str()) {
                let message = format!("another zone is called `{}` already", zone.id);
                sound = findings.refuse(self.document, &id_at, message);
            }
            let full_id = format!("{}.{}", self.file.id, zone.id);
            if full_id.len() > LONGEST_ID {
                let message =
                    format!("alerts call this zone `{full_id}`, beyond {LONGEST_ID} characters");
                sound = findings.refuse(self.document, &id_at, message);
            }
            let rules = &self.file.rule;
            if !rules.is_empty() && !rules.iter().any(|rule| rule.zone == zone.id) {
                let message = format!("no rule watches zone `{}`", zone.id);
                findings.warn(self.document, &id_at, message);
            }
            sound = sound.zip(polygon).map(|(mut zones, polygon)| {
                zones.push(Zone { id: zone.id.clone(), polygon });
                zones
            });
        }
        sound
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
                let message = format!("corner {corner} repeats the one before it; the first \
                                       corner is not written again at the end");
                findings.refuse(self.document, &corner_at, message)
            }
            Err(InvalidPolygon::SelfIntersecting(a, b)) => {
                let edge = |from| format!("{} - {}", corner_px(zone, from), corner_px(zone, from + 1));
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

    fn rules(&self, findings: &mut Findings) -> Option<Vec<Rule>> {
        if self.file.rule.is_empty() {
            findings.warn(self.document, "", "no rule: this camera raises no alert");
        }
        let mut ids = BTreeSet::new();
        let mut incidents = BTreeSet::new();
        let mut sound = Some(Vec::new());
        for (index, rule) in self.file.rule.iter().enumerate() {
            let at = format!("/rule/{index}");
            let references = self.references(&at, rule, findings);
            let id = rule.id.clone();
            let id = id.unwrap_or_else(|| format!("{}.{}", rule.zone, rule.incident_type));
            if !incidents.insert((&rule.zone, &rule.incident_type)) {
                let message = format!(
                    "another rule reports `{}` in zone `{}` already: there is one alert for each \
                     zone and type",
                    rule.incident_type, rule.zone
                );
                sound = findings.refuse(self.document, &at, message);
            } else if !ids.insert(id.clone()) {
                let message = format!("another rule is called `{id}` already");
                sound = findings.refuse(self.document, &format!("{at}/id"), message);
            } else if id.len() > LONGEST_ID {
                let message = format!("`{id}` is too long a name: give this rule a shorter `id`");
                sound = findings.refuse(self.document, &format!("{at}/id"), message);
            }
            sound = sound.zip(references).map(|(mut rules, ())| {
                rules.push(resolved(id, rule));
                rules
            });
        }
        sound
    }

    /// Whether everything that a rule names is there.
    fn references(&self, at: &str, rule: &RuleTable, findings: &mut Findings) -> Option<()> {
        let before = findings.faults.len();
        let types = self.surroundings.incident_types;
        if !types.contains(&rule.incident_type.as_str()) {
            let message = format!("no incident type `{}`", rule.incident_type);
            let message = or_suggest(message, &rule.incident_type, types);
            findings.refuse::<()>(self.document, &format!("{at}/type"), message);
        }
        if !self.zones_written.contains(&rule.zone) {
            let zones: Vec<&str> = self.zones_written.iter().map(String::as_str).collect();
            let message = or_suggest(format!("no zone `{}`", rule.zone), &rule.zone, &zones);
            findings.refuse::<()>(self.document, &format!("{at}/zone"), message);
        }
        if let Some(classes) = &self.surroundings.classes {
            let known: Vec<&str> = classes.iter().map(String::as_str).collect();
            for (index, class) in rule.classes.iter().enumerate() {
                if !known.contains(&class.as_str()) {
                    let message = format!("the model knows no class `{class}`");
                    let message = or_suggest(message, class, &known);
                    let at = format!("{at}/classes/{index}");
                    findings.refuse::<()>(self.document, &at, message);
                }
            }
        }
        (findings.faults.len() == before).then_some(())
    }
}

/// A corner as it is written; the one after the last is the first.
fn corner_px(zone: &ZoneTable, index: usize) -> String {
    let corner = zone.polygon_px.get(index % zone.polygon_px.len().max(1));
    corner.map_or_else(String::new, |CornerPx([x, y])| format!("[{x}, {y}]"))
}

#[expect(clippy::cast_possible_truncation, reason = "0..=1 loses less than a thousandth of a pixel")]
fn normalised(position: f64, size: f64) -> f32 {
    (position / size) as f32
}

fn resolved(id: String, rule: &RuleTable) -> Rule {
    let RuleKindName::Standing = rule.kind;
    let gap = rule.gap_tolerance_secs;
    let default_gap = (secs(rule.dwell_secs) / 5).min(secs(LONGEST_DEFAULT_GAP_SECS));
    Rule {
        id,
        incident_type: rule.incident_type.clone(),
        kind: RuleKind::Standing {
            dwell: secs(rule.dwell_secs),
            gap_tolerance: gap.map_or(default_gap, secs),
        },
        zone: rule.zone.clone(),
        classes: rule.classes.iter().map(|class| Class::new(class)).collect(),
        min_score: rule.min_score,
        priority: rule.priority,
        clear_after: secs(rule.clear_after_secs),
        reopen_after: secs(rule.reopen_after_secs),
    }
}
