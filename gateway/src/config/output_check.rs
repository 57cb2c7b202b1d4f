//! What a schema cannot check in an output's file, and the way from text to settings.

use std::time::Duration;

use output::{Action, Approved, Coils, Mode, Settings, Source, Trigger, Way};

use super::document::Document;
use super::findings::Findings;
use super::output_file::{ActionName, ModeName, OutputFile, OutputProtocolName, TriggerTable};
use super::settings::{Camera, Device};
use super::tcp_address::host_and_port;
use super::wording::unknown;

/// The port of Modbus TCP.
const MODBUS_PORT: u16 = 502;
const HOLD_SECS: u32 = 30;
const PAUSE_SECS: u32 = 60;
const MOST_PER_HOUR: u32 = 6;
const ANSWER_TIMEOUT_SECS: f64 = 2.0;

/// What an output's file is checked against.
pub(super) struct Sources<'a> {
    /// The ids of all cameras and of all devices that are written, sound or not.
    pub(super) cameras: &'a [String],
    pub(super) devices: &'a [String],
    /// Those that are sound, with their rules.
    pub(super) sound: (&'a [Camera], &'a [Device]),
}

/// One output's file under check.
pub(super) struct OutputCheck<'a> {
    pub(super) id: &'a str,
    pub(super) file: &'a OutputFile,
    pub(super) document: &'a Document,
    pub(super) sources: &'a Sources<'a>,
}

impl OutputCheck<'_> {
    /// The settings of a file that passed its schema; `None` if a fault was noted.
    pub(super) fn run(&self, approved: Approved, findings: &mut Findings) -> Option<Settings> {
        let (file, document) = (self.file, self.document);
        let slug = findings.slug(document, "/id", self.id);
        let way = self.way(findings);
        let triggers = self.triggers(findings);
        let fire_devices = self.fire_devices(findings);
        slug?;
        let secs =
            |written: Option<u32>, usual| Duration::from_secs(written.unwrap_or(usual).into());
        let settings = Settings {
            id: self.id.to_owned(),
            name: file.name.clone().unwrap_or_else(|| self.id.to_owned()),
            mode: match file.mode {
                ModeName::Off => Mode::Off,
                ModeName::Test => Mode::Test,
                ModeName::Live => Mode::Live,
            },
            action: match file.action {
                ActionName::LiftHold => Action::LiftHold,
                ActionName::VoiceWarning => Action::VoiceWarning,
            },
            way: way?,
            triggers: triggers?,
            hold: secs(file.hold_secs, HOLD_SECS),
            pause: secs(file.pause_secs, PAUSE_SECS),
            most_per_hour: file.most_per_hour.unwrap_or(MOST_PER_HOUR),
            fire_devices: fire_devices?,
            approved,
        };
        self.tell_what_is_missing(&settings, findings);
        Some(settings)
    }

    fn way(&self, findings: &mut Findings) -> Option<Way> {
        let (file, document) = (self.file, self.document);
        if file.protocol == OutputProtocolName::Mqtt {
            let known = findings.faults.len();
            for key in ["url", "unit_id", "coil", "coil_count", "answer_timeout_secs"] {
                let at = format!("/{key}");
                if document.holds(&at) {
                    let message = "only an output with protocol `modbus` has this key";
                    findings.refuse::<()>(document, &at, message);
                }
            }
            return (findings.faults.len() == known).then_some(Way::Mqtt);
        }
        let address = host_and_port(document, file.url.as_deref(), findings);
        let Some(first) = file.coil else {
            let message =
                "an output with protocol `modbus` needs `coil`, the address of its coil, from 0";
            return findings.refuse(document, "", message);
        };
        let count = file.coil_count.unwrap_or(1);
        if first.checked_add(count - 1).is_none() {
            let message = "the last of these coils has an address beyond 65535";
            return findings.refuse(document, "/coil_count", message);
        }
        let timeout =
            Duration::from_secs_f64(file.answer_timeout_secs.unwrap_or(ANSWER_TIMEOUT_SECS));
        let (host, port) = address?;
        Some(Way::Modbus(Coils {
            host,
            port: port.unwrap_or(MODBUS_PORT),
            unit_id: file.unit_id.unwrap_or(1),
            first,
            count,
            timeout_millis: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
        }))
    }

    fn triggers(&self, findings: &mut Findings) -> Option<Vec<Trigger>> {
        let (file, document) = (self.file, self.document);
        if file.trigger.is_empty() {
            let message = "an output needs a [[trigger]]: the alerts that move it";
            return findings.refuse(document, "", message);
        }
        let triggers = file.trigger.iter().enumerate();
        let read: Vec<Option<Trigger>> =
            triggers.map(|(index, table)| self.trigger(index, table, findings)).collect();
        read.into_iter().collect()
    }

    fn trigger(
        &self,
        index: usize,
        table: &TriggerTable,
        findings: &mut Findings,
    ) -> Option<Trigger> {
        let (document, sources) = (self.document, self.sources);
        let at = |key: &str| format!("/trigger/{index}/{key}");
        let id = match (&table.camera, &table.device) {
            (Some(id), None) if sources.cameras.contains(id) => id,
            (None, Some(id)) if sources.devices.contains(id) => id,
            (Some(id), None) => {
                let message = unknown("no camera", id, &words(sources.cameras));
                return findings.refuse(document, &at("camera"), message);
            }
            (None, Some(id)) => {
                let message = unknown("no device", id, &words(sources.devices));
                return findings.refuse(document, &at("device"), message);
            }
            _ => {
                let message = "expected either `camera` or `device`, where the alert comes from";
                return findings.refuse(document, &format!("/trigger/{index}"), message);
            }
        };
        let trigger = Trigger {
            incident: table.incident_type.clone(),
            source: Source { id: id.clone(), rule: table.rule.clone() },
        };
        if self.rules_of(id).is_some_and(|rules| !rules.iter().any(|rule| meets(rule, &trigger))) {
            let message =
                format!("{id} has no rule that raises such an alert, so it moves nothing");
            return findings.refuse(document, &at("type"), message);
        }
        Some(trigger)
    }

    /// Rule and type of all rules of a camera or device; none if its file has faults.
    fn rules_of(&self, id: &str) -> Option<Vec<(String, String)>> {
        let (cameras, devices) = self.sources.sound;
        if let Some(camera) = cameras.iter().find(|camera| camera.id.as_str() == id) {
            let rules = camera.rules.iter();
            return Some(
                rules.map(|it| (it.id.to_string(), it.incident.code.to_string())).collect(),
            );
        }
        let rules = devices.iter().find(|device| device.id.as_str() == id)?.rules.iter();
        Some(rules.map(|it| (it.id.to_string(), it.incident.code.to_string())).collect())
    }

    fn fire_devices(&self, findings: &mut Findings) -> Option<Vec<String>> {
        let (file, document) = (self.file, self.document);
        if file.action == ActionName::LiftHold && file.fire_devices.is_empty() {
            let message = "a lift is held only while somebody tells of fire: name the devices that do in \
                           `fire_devices`";
            return findings.refuse(document, "", message);
        }
        for (index, id) in file.fire_devices.iter().enumerate() {
            if !self.sources.devices.contains(id) {
                let message = unknown("no device", id, &words(self.sources.devices));
                return findings.refuse(document, &format!("/fire_devices/{index}"), message);
            }
        }
        Some(file.fire_devices.clone())
    }

    fn tell_what_is_missing(&self, settings: &Settings, findings: &mut Findings) {
        if settings.mode == Mode::Off {
            return;
        }
        let Some(missing) = settings.approved.missing() else { return };
        let until = match settings.mode {
            Mode::Test => "in mode `live` it will move nothing until two have",
            _ => "it moves nothing until two have",
        };
        let message = format!(
            "{missing}; {until}. Each of them runs: gridwhistle approve {} --person NAME --key FILE",
            self.id
        );
        findings.warn(self.document, "/mode", message);
    }
}

fn meets((rule, incident): &(String, String), trigger: &Trigger) -> bool {
    *incident == trigger.incident && trigger.source.rule.as_ref().is_none_or(|it| it == rule)
}

fn words(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}
