//! What a schema cannot check in a checkpoint's file, and the way from text to settings.

use std::collections::BTreeMap;

use incident::{Grid, Place, RuleSettings, SignalRuleSettings, Source, SourceKind};
use rule::Slug;
use rule::kind::absence::AbsenceSettings;
use rule::kind::crossing::CrossingSettings;
use rule::signal::CheckpointFacts;
use serde_json::{Map, Value};

use super::camera_context::Surroundings;
use super::checkpoint::{Checkpoint, NamedPoint, SeenBy};
use super::checkpoint_file::{CheckpointFile, PointName};
use super::device_context::RuleHost;
use super::device_file::SignalRuleTable;
use super::device_rule_check::rules;
use super::document::Document;
use super::findings::Findings;
use super::settings::{Camera, Device};
use super::wording::unknown;

const TAILGATING: &str = "door_tailgating";
const UNATTENDED: &str = "checkpoint_unattended";

/// The points of each device that are written, with their names; of one that writes none, any will do.
pub(super) type PointsWritten = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// One checkpoint's file under check.
pub(super) struct CheckpointCheck<'a> {
    /// What it is called: as written, or as its file is.
    pub(super) id: &'a str,
    pub(super) file: &'a CheckpointFile,
    pub(super) document: &'a Document,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// The zones of each camera, sound or not.
    pub(super) zones: &'a BTreeMap<String, Vec<String>>,
    /// The cameras without faults.
    pub(super) cameras: &'a [Camera],
    pub(super) points: &'a PointsWritten,
    /// The devices without faults.
    pub(super) devices: &'a [Device],
}

impl CheckpointCheck<'_> {
    /// The settings of a file that passed its schema; `None` if a fault was noted.
    pub(super) fn run(&self, grid: Option<Grid>, findings: &mut Findings) -> Option<Checkpoint> {
        let id = findings.slug(self.document, "/id", self.id);
        if self.surroundings.dots_matter {
            findings.warn_of_dot(self.document, "/id", self.id);
        }
        let doors = self.named("/doors", &self.file.doors, findings);
        let written = self.file.duty.iter().flat_map(|duty| duty.sign_in.clone());
        let sign_in = self.named("/duty/sign_in", &written.collect::<Vec<_>>(), findings);
        let sensors = self.sensors(findings);
        let camera = self.camera(findings);
        let place = self.place(findings);
        let (doors, sign_in, camera) = (doors?, sign_in?, camera?);
        let rules = self.rules((&doors, &sign_in, camera.as_ref()), findings);
        let mut devices = sensors?;
        devices.extend(doors.iter().map(|door| door.device.clone()));
        devices.sort_unstable();
        devices.dedup();
        let source = self.source(&doors);
        let mut points = doors;
        points.extend(sign_in);
        Some(Checkpoint {
            id: id?,
            name: self.file.name.clone().unwrap_or_else(|| self.id.to_owned()),
            source,
            points,
            devices,
            camera,
            place: place?,
            grid: grid?,
            grid_map: self.surroundings.city.grid_map.clone(),
            rules: rules?,
        })
    }

    /// A checkpoint speaks as its doors do.
    fn source(&self, doors: &[NamedPoint]) -> Source {
        let first = doors.first();
        let device =
            first.and_then(|door| self.devices.iter().find(|device| device.id == door.device));
        let usual = Source { kind: SourceKind::AccessControl, ..Source::default() };
        device.map_or(usual, |device| Source { kind: usual.kind, ..device.link.source() })
    }

    fn place(&self, findings: &mut Findings) -> Option<Place> {
        let place = &self.file.place;
        let address = place.address.clone();
        match Place::new(place.longitude, place.latitude, place.accuracy_metres, address) {
            Ok(place) => Some(place),
            Err(e) => findings.refuse(self.document, "/place", e.to_string()),
        }
    }

    /// The points that are named at `at`, which must be there.
    fn named(
        &self,
        at: &str,
        names: &[PointName],
        findings: &mut Findings,
    ) -> Option<Vec<NamedPoint>> {
        let named = names.iter().enumerate().map(|(index, PointName(name))| {
            let at = format!("{at}/{index}");
            let (device, point) = name.split_once('/')?;
            self.device(&at, device, findings)?;
            let written = self.points.get(device)?;
            if !written.is_empty() && !written.contains_key(point) {
                let known: Vec<&str> = written.keys().map(String::as_str).collect();
                let message = unknown(&format!("device {device} has no point"), point, &known);
                return findings.refuse(self.document, &at, message);
            }
            let device = findings.slug(self.document, &at, device)?;
            Some(NamedPoint { device, point: point.to_owned() })
        });
        let named: Vec<Option<NamedPoint>> = named.collect();
        named.into_iter().collect()
    }

    fn device(&self, at: &str, device: &str, findings: &mut Findings) -> Option<()> {
        if self.points.contains_key(device) {
            return Some(());
        }
        let known: Vec<&str> = self.points.keys().map(String::as_str).collect();
        findings.refuse(self.document, at, unknown("no device", device, &known))
    }

    fn sensors(&self, findings: &mut Findings) -> Option<Vec<Slug>> {
        let sensors = self.file.sensors.iter().enumerate().map(|(index, sensor)| {
            let at = format!("/sensors/{index}");
            self.device(&at, sensor, findings)?;
            findings.slug(self.document, &at, sensor)
        });
        let sensors: Vec<Option<Slug>> = sensors.collect();
        sensors.into_iter().collect()
    }

    /// The camera that it names, with its line and the rule on its guard.
    fn camera(&self, findings: &mut Findings) -> Option<Option<SeenBy>> {
        let (line, zone) = (self.file.line.as_deref(), self.file.zone.as_deref());
        let Some(id) = &self.file.camera else {
            let named = [("/line", line), ("/zone", zone)].into_iter().find(|(_, it)| it.is_some());
            let Some((at, _)) = named else { return Some(None) };
            let message = "line and zone are those of a camera: name it in `camera`";
            return findings.refuse(self.document, at, message);
        };
        let Some(zones) = self.zones.get(id) else {
            let known: Vec<&str> = self.zones.keys().map(String::as_str).collect();
            return findings.refuse(self.document, "/camera", unknown("no camera", id, &known));
        };
        // One with faults of its own is not looked into.
        let camera = self.cameras.iter().find(|camera| camera.id.as_str() == id)?;
        // Both are looked at before either is a reason to stop.
        let line = line.map(|line| self.line(camera, line, findings));
        let guard = zone.map(|zone| self.guard((camera, zones), zone, findings));
        let (line, guard) =
            (line.map_or(Some(None), |it| it.map(Some))?, guard.unwrap_or(Some(None))?);
        Some(Some(SeenBy { camera: camera.id.clone(), line, guard }))
    }

    fn line(&self, camera: &Camera, line: &str, findings: &mut Findings) -> Option<Slug> {
        let crossing = |rule: &&RuleSettings| rule.kind.settings::<CrossingSettings>().is_some();
        let lines = || camera.rules.iter().filter(crossing);
        let Some(rule) = lines().find(|rule| rule.id.as_str() == line) else {
            let known: Vec<&str> = lines().map(|rule| rule.id.as_str()).collect();
            let what = format!("camera {} has no rule of kind `crossing` with the id", camera.id);
            return findings.refuse(self.document, "/line", unknown(&what, line, &known));
        };
        let counts_people = rule.kind.settings::<CrossingSettings>().is_some_and(|it| {
            it.classes.iter().all(|class| class.as_str() == "person") && it.count == 1
        });
        if !counts_people {
            let message = format!(
                "rule {line} of camera {} must count people one by one: classes = [\"person\"], and no \
                 `count`",
                camera.id
            );
            return findings.refuse(self.document, "/line", message);
        }
        Some(rule.id.clone())
    }

    /// The rule on the guard; none within if nothing watches the zone for him.
    fn guard(
        &self,
        (camera, zones): (&Camera, &[String]),
        zone: &str,
        findings: &mut Findings,
    ) -> Option<Option<Slug>> {
        if !zones.iter().any(|known| known == zone) {
            let known: Vec<&str> = zones.iter().map(String::as_str).collect();
            let what = format!("camera {} has no zone", camera.id);
            return findings.refuse(self.document, "/zone", unknown(&what, zone, &known));
        }
        // Alerts call a zone by the ids of camera and zone.
        let full = format!("{}.{zone}", camera.id);
        let guard = camera.rules.iter().find(|rule| {
            rule.zone.id.as_str() == full && rule.kind.settings::<AbsenceSettings>().is_some()
        });
        if guard.is_none() {
            let message = format!(
                "no rule of kind `absence` of camera {} watches this zone, so it does not tell whether the \
                 guard is there",
                camera.id
            );
            findings.warn(self.document, "/zone", message);
        }
        Some(guard.map(|rule| rule.id.clone()))
    }

    fn rules(
        &self,
        (doors, sign_in, camera): (&[NamedPoint], &[NamedPoint], Option<&SeenBy>),
        findings: &mut Findings,
    ) -> Option<Vec<SignalRuleSettings>> {
        let facts = CheckpointFacts {
            doors: doors.iter().map(|it| (it.heard_as().into(), self.door_name(it))).collect(),
            sign_in: sign_in.iter().map(|it| it.heard_as().into()).collect(),
            has_line: camera.is_some_and(|it| it.line.is_some()),
            has_guard: camera.is_some_and(|it| it.guard.is_some()),
            roles: self.file.duty_roles.clone(),
        };
        let tables = self.tables(&facts);
        let mut sound = Some(());
        for (index, table) in tables.iter().enumerate() {
            let message = match table.incident_type.as_str() {
                TAILGATING if facts.doors.is_empty() || !facts.has_line => {
                    "needs `doors`, and the `line` of a `camera`"
                }
                UNATTENDED if facts.sign_in.is_empty() && !facts.has_guard => {
                    "needs `sign_in` under [duty], or a `zone` of the camera with a rule of kind `absence`"
                }
                TAILGATING | UNATTENDED => continue,
                _ => "a checkpoint judges door_tailgating and checkpoint_unattended only",
            };
            let is_written = index < self.file.rule.len();
            let at = if is_written { format!("/rule/{index}/type") } else { "/duty".to_owned() };
            sound =
                findings.refuse(self.document, &at, format!("{}: {message}", table.incident_type));
        }
        sound?;
        let joins = camera.is_some() && !self.file.sensors.is_empty();
        if tables.is_empty() && !joins {
            let message = "nothing is judged here: name `doors` and the `line` of a `camera`, write \
                           [duty], or name `sensors` beside a `camera`";
            findings.warn(self.document, "", message);
        }
        let host = RuleHost {
            id: self.id,
            document: self.document,
            rules: &tables,
            city: self.surroundings.city,
            points_written: &[],
            silence: SignalRuleSettings::USUAL_SILENCE,
            facts: Some(facts),
        };
        rules(&host, findings)
    }

    /// The rules that are written, and those that go without saying.
    fn tables(&self, facts: &CheckpointFacts) -> Vec<SignalRuleTable> {
        let duty = self.file.duty.as_ref();
        let mut tables: Vec<SignalRuleTable> = Vec::new();
        for rule in &self.file.rule {
            tables.push(SignalRuleTable {
                id: rule.id.clone(),
                incident_type: rule.incident_type.clone(),
                point: None,
                priority: rule.priority,
                terms: rule.terms.clone(),
            });
        }
        let has = |tables: &[SignalRuleTable], code: &str| {
            tables.iter().any(|table| table.incident_type == code)
        };
        let usual = |code: &str| SignalRuleTable {
            id: None,
            incident_type: code.to_owned(),
            point: None,
            priority: None,
            terms: Map::new(),
        };
        if !facts.doors.is_empty() && facts.has_line && !has(&tables, TAILGATING) {
            tables.push(usual(TAILGATING));
        }
        if duty.is_some() && !has(&tables, UNATTENDED) {
            tables.push(usual(UNATTENDED));
        }
        if let Some(hours) = duty.and_then(|duty| duty.hours.as_ref()) {
            let hours: Vec<Value> = hours.iter().cloned().map(Value::from).collect();
            let on_duty = tables.iter_mut().filter(|table| table.incident_type == UNATTENDED);
            on_duty.for_each(|table| {
                let _ = table.terms.entry("hours").or_insert_with(|| hours.clone().into());
            });
        }
        tables
    }

    /// What people call a door.
    fn door_name(&self, door: &NamedPoint) -> String {
        let points = self.points.get(door.device.as_str());
        let name = points.and_then(|points| points.get(&door.point)).cloned().flatten();
        name.unwrap_or_else(|| door.heard_as())
    }
}
