//! What an assessor remembers over a restart, as versioned JSON.
//!
//! The types here mirror those of the domain. The domain's types can thus change, and what old
//! versions wrote stays readable.

mod camera;
mod case;
mod id;
mod incident;
mod measured;
pub(crate) mod rule;
mod silence;
mod site;

use std::sync::Arc;
use std::time::Duration;

use ::rule::{Slug, micros};
use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::profile::{CameraProfile, Standpoint};
use crate::timeline::Timeline;
use camera::CameraV1;
use rule::{RuleV1, SavedRule};

/// Raised when older versions can not read what this version writes.
const VERSION: u32 = 1;

/// Why a memory was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// It is not JSON, or not of the shape that this version writes.
    #[error("the saved state of camera `{camera}` is damaged: {fault}")]
    Damaged {
        /// The camera concerned.
        camera: String,
        /// What is wrong.
        fault: serde_json::Error,
    },
    /// Written by a version whose format is unknown here.
    #[error("the saved state of camera `{camera}` has format {found}; this version reads {known}")]
    Version {
        /// The camera concerned.
        camera: String,
        /// The format that was found.
        found: u32,
        /// The format that this version writes.
        known: u32,
    },
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

/// Times in microseconds: `*_at_us` and `earlier_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
struct MemoryV1 {
    version: u32,
    watched_us: u64,
    latest_at_us: Option<i64>,
    /// Older versions did not write it.
    #[serde(default)]
    camera: Option<CameraV1>,
    rules: Vec<RuleV1>,
    /// The latest time that its rules on signals were told of; only of devices with such rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard_at_us: Option<i64>,
    /// What its owner keeps beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beside: Option<Value>,
}

/// Moves every time since 1970 in a memory by `by_micros`; what is of watched time stays.
pub(crate) fn move_times(memory: &mut Value, by_micros: i64) {
    let shift = |time: &mut Value| {
        if let Some(micros) = time.as_i64() {
            *time = micros.saturating_add(by_micros).into();
        }
    };
    match memory {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("earlier_us", Value::Array(times)) => times.iter_mut().for_each(shift),
                    // Since when, in first or second place; the spans behind it stay.
                    ("mute" | "waiting", Value::Array(parts)) => {
                        parts.iter_mut().take(1).for_each(shift)
                    }
                    ("awaits_clear_of", Value::Array(parts)) => {
                        parts.iter_mut().skip(1).for_each(shift)
                    }
                    ("false_alarms", Value::Array(known)) => {
                        known.iter_mut().filter_map(|it| it.get_mut(1)).for_each(shift);
                    }
                    (name, time) if name.ends_with("_at_us") => shift(time),
                    (_, member) => move_times(member, by_micros),
                }
            }
        }
        Value::Array(members) => members.iter_mut().for_each(|it| move_times(it, by_micros)),
        _ => {}
    }
}

/// What an earlier run left.
pub(crate) struct Saved {
    pub(crate) timeline: Timeline,
    /// The latest time that rules on signals were told of.
    pub(crate) heard_at: Option<CaptureTime>,
    pub(crate) rules: Vec<SavedRule>,
}

pub(crate) fn write(
    camera: &CameraProfile,
    timeline: &Timeline,
    heard_at: Option<CaptureTime>,
    (rules, beside): (Vec<RuleV1>, Option<Value>),
) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&MemoryV1 {
        version: VERSION,
        watched_us: micros(timeline.watched),
        latest_at_us: timeline.latest_at.map(CaptureTime::unix_micros),
        camera: Some(CameraV1::of(camera)),
        rules,
        heard_at_us: heard_at.map(CaptureTime::unix_micros),
        beside,
    })
}

pub(crate) fn read(camera: &Arc<CameraProfile>, memory: &[u8]) -> Result<Saved, MemoryError> {
    let name = &camera.camera_id;
    let damaged = |fault| MemoryError::Damaged { camera: name.to_string(), fault };
    let saved = parse(name, memory)?;
    let latest_at = saved.latest_at_us.map(CaptureTime::from_unix_micros);
    let timeline = Timeline::until(Duration::from_micros(saved.watched_us), latest_at);
    let rules: Result<_, serde_json::Error> =
        saved.rules.into_iter().map(|rule| rule.saved(camera, latest_at)).collect();
    let heard_at = saved.heard_at_us.map(CaptureTime::from_unix_micros);
    Ok(Saved { timeline, heard_at, rules: rules.map_err(damaged)? })
}

/// Where the camera stood, if the version that wrote the memory noted it.
pub(crate) fn standpoint(camera: &Slug, memory: &[u8]) -> Result<Option<Standpoint>, MemoryError> {
    let damaged = |fault| MemoryError::Damaged { camera: camera.to_string(), fault };
    parse(camera, memory)?.camera.map(CameraV1::standpoint).transpose().map_err(damaged)
}

/// What its owner kept beside it. None if it kept nothing.
pub(crate) fn beside(camera: &Slug, memory: &[u8]) -> Result<Option<Value>, MemoryError> {
    Ok(parse(camera, memory)?.beside)
}

fn parse(camera: &Slug, memory: &[u8]) -> Result<MemoryV1, MemoryError> {
    let damaged = |fault| MemoryError::Damaged { camera: camera.to_string(), fault };
    let Header { version } = serde_json::from_slice(memory).map_err(damaged)?;
    if version != VERSION {
        let camera = camera.to_string();
        return Err(MemoryError::Version { camera, found: version, known: VERSION });
    }
    serde_json::from_slice(memory).map_err(damaged)
}
