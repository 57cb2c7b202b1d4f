//! What a new configuration changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rule::Slug;

use super::settings::{Camera, Config, Device};
use crate::northbound::egova::EgovaSettings;

/// What a new configuration means for one camera.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CameraChange {
    /// It is no longer there.
    Removed(Slug),
    /// Other rules, place or grid; the stream goes on.
    Rejudged(Camera),
    /// Its stream is fetched otherwise.
    Reconnected(Camera),
    /// It is new.
    Added(Camera),
}

impl fmt::Display for CameraChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed(id) => write!(f, "camera {id} removed"),
            Self::Rejudged(camera) => write!(f, "camera {} judged by other rules", camera.id),
            Self::Reconnected(camera) => write!(f, "camera {} connected again", camera.id),
            Self::Added(camera) => write!(f, "camera {} added", camera.id),
        }
    }
}

/// What must change so that exactly the cameras of `new` are at work instead of those of `old`:
/// first what is removed, then what is judged otherwise, then what is connected.
pub(crate) fn camera_changes(old: &BTreeMap<&Slug, &Camera>, new: &[Camera]) -> Vec<CameraChange> {
    let wanted: BTreeSet<&Slug> = new.iter().map(|camera| &camera.id).collect();
    let gone = old.keys().filter(|id| !wanted.contains(*id));
    let mut changes: Vec<CameraChange> =
        gone.map(|id| CameraChange::Removed((*id).clone())).collect();
    let mut connected = Vec::new();
    for camera in new {
        match old.get(&camera.id) {
            None => connected.push(CameraChange::Added(camera.clone())),
            Some(before) if before.stream != camera.stream => {
                connected.push(CameraChange::Reconnected(camera.clone()));
            }
            Some(before) if *before != camera => {
                changes.push(CameraChange::Rejudged(camera.clone()));
            }
            Some(_) => {}
        }
    }
    changes.extend(connected);
    changes
}

/// What a new configuration means for one door controller or sensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DeviceChange {
    /// It is no longer there.
    Removed(Slug),
    /// Other rules, place or grid; the connection goes on.
    Rejudged(Device),
    /// It is reached otherwise, or has other points.
    Reconnected(Device),
    /// It is new.
    Added(Device),
}

impl fmt::Display for DeviceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed(id) => write!(f, "device {id} removed"),
            Self::Rejudged(device) => write!(f, "device {} judged by other rules", device.id),
            Self::Reconnected(device) => write!(f, "device {} connected again", device.id),
            Self::Added(device) => write!(f, "device {} added", device.id),
        }
    }
}

/// As [`camera_changes`], for devices.
pub(crate) fn device_changes(old: &BTreeMap<&Slug, &Device>, new: &[Device]) -> Vec<DeviceChange> {
    let wanted: BTreeSet<&Slug> = new.iter().map(|device| &device.id).collect();
    let gone = old.keys().filter(|id| !wanted.contains(*id));
    let mut changes: Vec<DeviceChange> =
        gone.map(|id| DeviceChange::Removed((*id).clone())).collect();
    let mut connected = Vec::new();
    for device in new {
        match old.get(&device.id) {
            None => connected.push(DeviceChange::Added(device.clone())),
            Some(before) if before.link != device.link => {
                connected.push(DeviceChange::Reconnected(device.clone()));
            }
            Some(before) if *before != device => {
                changes.push(DeviceChange::Rejudged(device.clone()));
            }
            Some(_) => {}
        }
    }
    changes.extend(connected);
    changes
}

/// The sections of `gateway.toml` that changed and are only read at the start.
pub(crate) fn fixed_sections(old: &Config, new: &Config) -> Vec<&'static str> {
    // What these two take from `[gateway]` is told as a change of that.
    let topic_prefix = old.mqtt.topic_prefix.clone();
    let mqtt = delivery::Settings { topic_prefix, ..new.mqtt.clone() };
    let utc_offset = old.gateway.utc_offset;
    let egova = new.egova.clone().map(|egova| EgovaSettings { utc_offset, ..egova });
    [
        ("[gateway]", old.gateway != new.gateway),
        ("[mqtt]", old.mqtt != mqtt),
        ("[http]", old.http != new.http),
        ("[storage]", old.storage != new.storage),
        ("[evidence]", old.evidence != new.evidence),
        ("[inference]", old.inference != new.inference),
        ("[egova]", old.egova != egova),
        ("[casework] or the city's stages", old.casework != new.casework),
        ("[shutdown]", old.shutdown != new.shutdown),
    ]
    .into_iter()
    .filter_map(|(section, has_changed)| has_changed.then_some(section))
    .collect()
}
