//! Doors and sensors as a scenario writes them: devices, what happens to them, and which incidents that is.

use std::time::Duration;

use jiff::civil::Time;
use serde::Deserialize;
use toml::Spanned;

use super::device::{Act, Device, DeviceKind, Happens, Step, Story};
use super::model::{Camera, Truth};
use crate::door::What;
use crate::toml_file::check::Check;

/// How long after a credential was accepted the door opens, and how long it stands open.
const OPENS_AFTER: Duration = Duration::from_secs(1);
const STANDS_OPEN: Duration = Duration::from_secs(3);

/// The tables of a scenario that tell of doors and sensors.
pub(super) struct StoryEntry {
    pub(super) begins_at: Option<Spanned<String>>,
    pub(super) in_step_with: Option<Spanned<String>>,
    pub(super) device: Vec<DeviceEntry>,
    pub(super) happening: Vec<HappeningEntry>,
    pub(super) incident: Vec<IncidentEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceEntry {
    id: Spanned<String>,
    kind: Spanned<String>,
    #[serde(default)]
    port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HappeningEntry {
    device: Spanned<String>,
    at_secs: Vec<Spanned<f64>>,
    what: Spanned<String>,
    /// Of a door controller; left out, 1.
    door: Option<u8>,
    /// Of a cabinet: the register, and what is read from it.
    register: Option<u16>,
    value: Option<u16>,
    /// Of a fire transmitter.
    component: Option<u32>,
    /// Of what publishes.
    payload: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IncidentEntry {
    what: String,
    event: String,
    device: Spanned<String>,
    /// Left out: the device as a whole.
    #[serde(default)]
    point: String,
    from_secs: Spanned<f64>,
    to_secs: Spanned<f64>,
    dwell_secs: Spanned<f64>,
    tolerance_secs: Spanned<f64>,
}

const KINDS: [(&str, DeviceKind); 7] = [
    ("isapi", DeviceKind::Isapi),
    ("dahua", DeviceKind::Dahua),
    ("onvif", DeviceKind::Onvif),
    ("modbus", DeviceKind::Modbus),
    ("gb26875", DeviceKind::Gb26875),
    ("mqtt", DeviceKind::Mqtt),
    ("checkpoint", DeviceKind::Checkpoint),
];

/// What happens at doors; the last four only at Hikvision's.
const AT_DOORS: [(&str, What); 13] = [
    ("granted", What::Granted),
    ("denied", What::Denied),
    ("opened", What::Opened),
    ("closed", What::Closed),
    ("forced", What::Forced),
    ("held", What::Held),
    ("duress", What::Duress),
    ("tampered", What::Tampered),
    ("tamper_ended", What::TamperEnded),
    ("fire_released", What::FireReleased),
    ("tailgated", What::Tailgated),
    ("reader_lost", What::ReaderLost),
    ("reader_back", What::ReaderBack),
];

impl Check<'_> {
    /// The story, and the incidents in it.
    pub(super) fn story(&mut self, entry: StoryEntry, cameras: &[Camera]) -> (Story, Vec<Truth>) {
        let mut devices: Vec<Device> = Vec::new();
        for device in entry.device {
            let id = device.id.get_ref();
            if devices.iter().any(|it| it.id == *id) || cameras.iter().any(|it| it.id == *id) {
                self.fault_at(&device.id, format!("two devices or cameras are called `{id}`"));
            }
            devices.extend(self.device(device));
        }
        let mut steps: Vec<Step> = Vec::new();
        for happening in entry.happening {
            steps.extend(self.happening(&happening, &devices));
        }
        steps.sort_by_key(|step| step.at);
        for step in &steps {
            if matches!(step.act, Act::GoAway | Act::BreakOff)
                && let Some(device) = devices.get_mut(step.device)
            {
                device.goes_away = true;
            }
        }
        let incidents: Vec<Truth> =
            entry.incident.into_iter().filter_map(|it| self.incident(it, &devices)).collect();
        let begins_at = entry.begins_at.and_then(|written| self.time_of_day(&written));
        let in_step_with = entry.in_step_with.map(|named| {
            if !cameras.iter().any(|camera| camera.id == *named.get_ref()) {
                self.fault_at(&named, format!("no [[camera]] is called `{}`", named.get_ref()));
            }
            named.into_inner()
        });
        (Story { devices, steps, begins_at, in_step_with }, incidents)
    }

    fn time_of_day(&mut self, written: &Spanned<String>) -> Option<Time> {
        let time: Option<Time> = written.get_ref().parse().ok();
        if time.is_none() {
            let message =
                format!("`begins_at` must be an hour such as 12:00, not {}", written.get_ref());
            self.fault_at(written, message);
        }
        time
    }

    fn device(&mut self, entry: DeviceEntry) -> Option<Device> {
        let kind = KINDS.iter().find(|(word, _)| word == entry.kind.get_ref());
        let Some((_, kind)) = kind else {
            let words = KINDS.map(|(word, _)| word).join(", ");
            self.fault_at(&entry.kind, format!("`kind` must be one of {words}"));
            return None;
        };
        let has_port = !matches!(kind, DeviceKind::Mqtt | DeviceKind::Checkpoint);
        if entry.port == 0 && has_port {
            let message = "`port` is missing: where it listens on 127.0.0.1, or where the gateway \
                           listens for a fire transmitter";
            self.fault_at(&entry.id, message.to_owned());
        }
        let id = entry.id.into_inner();
        Some(Device { id, kind: *kind, port: entry.port, goes_away: false })
    }

    fn happening(&mut self, entry: &HappeningEntry, devices: &[Device]) -> Vec<Step> {
        let named = entry.device.get_ref();
        let Some(device) = devices.iter().position(|device| device.id == *named) else {
            self.fault_at(&entry.device, format!("no [[device]] is called `{named}`"));
            return Vec::new();
        };
        let Some(acts) = devices.get(device).and_then(|it| acts(entry, it.kind)) else {
            let message =
                format!("`{}` cannot happen to this kind of device", entry.what.get_ref());
            self.fault_at(&entry.what, message);
            return Vec::new();
        };
        let times: Vec<Duration> =
            entry.at_secs.iter().filter_map(|at| self.seconds("at_secs", at)).collect();
        let step = |at: Duration| {
            acts.iter().map(move |(after, act)| Step { at: at + *after, device, act: act.clone() })
        };
        times.into_iter().flat_map(step).collect()
    }

    fn incident(&mut self, entry: IncidentEntry, devices: &[Device]) -> Option<Truth> {
        let named = entry.device.get_ref();
        if !devices.iter().any(|device| device.id == *named) {
            self.fault_at(&entry.device, format!("no [[device]] is called `{named}`"));
        }
        let (from, to) = (("from_secs", &entry.from_secs), ("to_secs", &entry.to_secs));
        Some(Truth {
            stands: Some(self.stretch(from, to)?),
            dwell: self.seconds("dwell_secs", &entry.dwell_secs)?,
            tolerance: self.seconds("tolerance_secs", &entry.tolerance_secs)?,
            what: entry.what,
            event: entry.event,
            camera: entry.device.into_inner(),
            zone: entry.point,
        })
    }
}

/// What a word means, and how long after the written time each part of it happens.
fn acts(entry: &HappeningEntry, kind: DeviceKind) -> Option<Vec<(Duration, Act)>> {
    let door = entry.door.unwrap_or(1);
    let at_door = |what| Act::Door(Happens { door, what });
    let at_once = |act| Some(vec![(Duration::ZERO, act)]);
    match (entry.what.get_ref().as_str(), kind) {
        ("away", DeviceKind::Isapi | DeviceKind::Dahua | DeviceKind::Modbus) => {
            at_once(Act::GoAway)
        }
        ("back", DeviceKind::Isapi | DeviceKind::Dahua | DeviceKind::Modbus) => {
            at_once(Act::ComeBack)
        }
        ("line_breaks", kind) if kind.is_door() => at_once(Act::BreakOff),
        ("passes", kind) if kind.is_door() => Some(vec![
            (Duration::ZERO, at_door(What::Granted)),
            (OPENS_AFTER, at_door(What::Opened)),
            (OPENS_AFTER + STANDS_OPEN, at_door(What::Closed)),
        ]),
        ("reads", DeviceKind::Modbus) => {
            at_once(Act::Register { address: entry.register?, value: entry.value? })
        }
        ("fire" | "normal", DeviceKind::Gb26875) => at_once(Act::Component {
            address: entry.component?,
            is_fire: entry.what.get_ref() == "fire",
        }),
        ("publishes", DeviceKind::Mqtt) => at_once(Act::Publish(entry.payload.clone()?)),
        (word, kind) if kind.is_door() => {
            let (_, what) = AT_DOORS.into_iter().find(|(known, _)| *known == word)?;
            let is_told = kind == DeviceKind::Isapi
                || !matches!(
                    what,
                    What::FireReleased | What::Tailgated | What::ReaderLost | What::ReaderBack
                );
            is_told.then(|| vec![(Duration::ZERO, at_door(what))])
        }
        _ => None,
    }
}
