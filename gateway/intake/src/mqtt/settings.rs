//! Which devices speak by MQTT, on which topics, and which of their points mean what.

use std::time::Duration;

use scene::SignalKind;

use crate::settings_fault::{SettingsFault, check, check_different, check_name};
use scene::DEVICE_POINT;

/// What stands between the prefix of an ONVIF device and the topic of its event (ONVIF Core, section
/// "MQTT topics").
pub(crate) const ONVIF_EVENTS: &str = "/onvif-ej/";

/// All devices that speak by MQTT.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What all topics of this gateway begin with, no slash at the end.
    pub prefix: String,
    /// The devices.
    pub devices: Vec<DeviceSettings>,
}

/// One device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceSettings {
    /// Its name, and the last level of its topic.
    pub device: String,
    /// In which form it speaks.
    pub way: Way,
    /// What it may tell. Everything else that it says is passed over.
    pub points: Vec<Point>,
    /// After this long without a message it counts as offline; 1 s to 7 days.
    pub silent_after: Duration,
}

/// In which form a device speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Our own: JSON to `{prefix}/in/{device}`.
    Json,
    /// That of ONVIF: `{topic_prefix}/onvif-ej/…`.
    OnvifEj {
        /// The `TopicPrefix` that was set in the device, no slash at the end.
        topic_prefix: String,
    },
}

/// One point of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its name in signals, and in our own messages.
    pub name: String,
    /// What it is about.
    pub kind: SignalKind,
    /// Where it stands in ONVIF events. An ONVIF device needs it, no other one has it.
    pub onvif: Option<OnvifItem>,
}

/// Where the value of a point stands in ONVIF events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnvifItem {
    /// The topic without `tns1:`, such as `Door/State/DoorAlarm`. Topics below it count, too.
    pub topic: String,
    /// A value that must stand among the items of `Source`, such as the token of a door; none if the
    /// device has only one.
    pub source: Option<String>,
    /// The name of the item of `Data`; none for the usual ones: `State`, `Value`, `LogicalState`.
    pub item: Option<String>,
}

/// What must be subscribed to. Quality of service 1: at 0 the broker forgets what the gateway missed.
#[must_use]
pub fn filters(settings: &Settings) -> Vec<String> {
    let mut filters = Vec::new();
    if settings.devices.iter().any(|it| it.way == Way::Json) {
        filters.push(format!("{}/in/+", settings.prefix));
    }
    for device in &settings.devices {
        if let Way::OnvifEj { topic_prefix } = &device.way {
            let filter = format!("{topic_prefix}{ONVIF_EVENTS}#");
            if !filters.contains(&filter) {
                filters.push(filter);
            }
        }
    }
    filters
}

impl Settings {
    /// Whether devices can be heard by them.
    ///
    /// # Errors
    /// The first field that cannot be.
    pub fn validate(&self) -> Result<(), SettingsFault> {
        check_topic(&self.prefix, "prefix")?;
        check_different(self.devices.iter().map(|it| it.device.as_str()), "devices")?;
        let mut prefixes = std::collections::BTreeSet::new();
        for (at, device) in self.devices.iter().enumerate() {
            let field = |name: &str| format!("devices[{at}].{name}");
            device.validate(&field)?;
            if let Way::OnvifEj { topic_prefix } = &device.way {
                let is_new = prefixes.insert(topic_prefix.as_str());
                check(is_new, &field("topic_prefix"), "a prefix that no other device has")?;
            }
        }
        Ok(())
    }
}

impl DeviceSettings {
    fn validate(&self, field: &impl Fn(&str) -> String) -> Result<(), SettingsFault> {
        check_name(&self.device, &field("device"))?;
        let is_onvif = matches!(self.way, Way::OnvifEj { .. });
        if let Way::OnvifEj { topic_prefix } = &self.way {
            check_topic(topic_prefix, &field("topic_prefix"))?;
        }
        let silences = Duration::from_secs(1)..=Duration::from_hours(7 * 24);
        check(silences.contains(&self.silent_after), &field("silent_after"), "1 s to 7 days")?;
        let points = field("points");
        check(self.points.len() <= 2_000, &points, "2000 points at most")?;
        check_different(self.points.iter().map(|point| point.name.as_str()), &points)?;
        for (at, point) in self.points.iter().enumerate() {
            let field = |name: &str| format!("{points}[{at}].{name}");
            check_name(&point.name, &field("name"))?;
            let is_other = point.name != DEVICE_POINT;
            check(is_other, &field("name"), "a name other than `device`, which each device has")?;
            let has_place = point.onvif.is_some() == is_onvif;
            check(has_place, &field("onvif"), "a topic for an ONVIF device, and none for others")?;
            let topic = point.onvif.as_ref().map_or("x", |onvif| onvif.topic.as_str());
            check_topic(topic, &field("topic"))?;
        }
        Ok(())
    }
}

fn check_topic(topic: &str, field: &str) -> Result<(), SettingsFault> {
    let is_topic = topic.len() <= 512
        && topic.split('/').all(|level| !level.is_empty())
        && !topic.chars().any(|char| char.is_control() || matches!(char, '+' | '#' | '$'));
    check(is_topic, field, "levels between slashes, none of them empty, without `+`, `#` and `$`")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::SignalKind;

    use super::{DeviceSettings, OnvifItem, Point, Settings, Way, filters};

    fn settings() -> Settings {
        let water = Point { name: "pit".to_owned(), kind: SignalKind::WaterLevel, onvif: None };
        let onvif =
            OnvifItem { topic: "Door/State/DoorAlarm".to_owned(), source: None, item: None };
        let door =
            Point { name: "door".to_owned(), kind: SignalKind::DoorEvent, onvif: Some(onvif) };
        let pump = DeviceSettings {
            device: "pump-1".to_owned(),
            way: Way::Json,
            points: vec![water],
            silent_after: Duration::from_mins(1),
        };
        let panel = DeviceSettings {
            device: "panel-1".to_owned(),
            way: Way::OnvifEj { topic_prefix: "site/A1".to_owned() },
            points: vec![door],
            ..pump.clone()
        };
        Settings { prefix: "cg/v1/110101/001/002/gw".to_owned(), devices: vec![pump, panel] }
    }

    #[test]
    fn each_way_has_its_filter() {
        let filter = ["cg/v1/110101/001/002/gw/in/+", "site/A1/onvif-ej/#"];
        assert_eq!(filters(&settings()), filter);
        let none = Settings { devices: Vec::new(), ..settings() };
        assert!(filters(&none).is_empty());
    }

    #[test]
    fn a_fault_names_its_field() {
        assert_eq!(settings().validate(), Ok(()));
        let field = |change: fn(&mut Settings)| {
            let mut changed = settings();
            change(&mut changed);
            changed.validate().unwrap_err().field
        };
        assert_eq!(field(|it| it.prefix.push('/')), "prefix");
        assert_eq!(field(|it| it.devices[1].device = "pump-1".to_owned()), "devices[1].name");
        assert_eq!(field(|it| it.devices[0].device = "a/b".to_owned()), "devices[0].device");
        assert_eq!(
            field(|it| it.devices[0].silent_after = Duration::ZERO),
            "devices[0].silent_after"
        );
        let same = |it: &mut Settings| {
            it.devices[0] = DeviceSettings { device: "x".to_owned(), ..it.devices[1].clone() }
        };
        assert_eq!(field(same), "devices[1].topic_prefix");
        assert_eq!(field(|it| it.devices[1].points[0].onvif = None), "devices[1].points[0].onvif");
        assert_eq!(field(|it| it.devices[0].points[0].name.clear()), "devices[0].points[0].name");
    }
}
