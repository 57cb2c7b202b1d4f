//! Pictures that came with reports and checks, kept in memory up to a limit.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::envelope::{CallError, text};

const MAX_BYTES: usize = 64 * 1024 * 1024;
const USAGES: [&str; 5] = ["上报", "核查", "核实", "处置", "自处置"];

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) name: String,
    /// 上报, 核查, 核实, 处置 or 自处置.
    pub(crate) usage: String,
    /// Empty if only a path came.
    pub(crate) bytes: Bytes,
    /// Where it is stored, if it did not come with the call.
    pub(crate) path: Option<String>,
}

/// The pictures of all cases; the oldest are dropped first.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    by_case: BTreeMap<String, Vec<Picture>>,
    arrived: VecDeque<String>,
    bytes: usize,
}

impl Pictures {
    pub(super) fn add(&mut self, case_id: &str, pictures: Vec<Picture>) {
        for picture in pictures {
            self.bytes += picture.bytes.len();
            self.arrived.push_back(case_id.to_owned());
            self.by_case.entry(case_id.to_owned()).or_default().push(picture);
        }
        while self.bytes > MAX_BYTES
            && let Some(case_id) = self.arrived.pop_front()
        {
            let Some(pictures) = self.by_case.get_mut(&case_id) else { continue };
            if let Some(oldest) = pictures.iter_mut().find(|picture| !picture.bytes.is_empty()) {
                self.bytes -= oldest.bytes.len();
                oldest.bytes = Bytes::new();
            }
        }
    }

    /// The pictures of one case, in the order in which they came.
    pub(crate) fn of(&self, case_id: &str) -> &[Picture] {
        self.by_case.get(case_id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The `medias` of a call, each checked.
pub(super) fn medias(data: &Map<String, Value>, required: bool) -> Result<Vec<Picture>, CallError> {
    let listed = match data.get("medias") {
        Some(Value::Array(listed)) => listed.as_slice(),
        None if !required => return Ok(Vec::new()),
        _ => return Err(CallError::Missing("medias".to_owned())),
    };
    if required && listed.is_empty() {
        return Err(CallError::Missing("medias".to_owned()));
    }
    let numbered = listed.iter().enumerate();
    numbered.map(|(index, media)| picture(media, &format!("medias[{index}]"))).collect()
}

fn picture(media: &Value, path: &str) -> Result<Picture, CallError> {
    let refuse = |field: &str, fault: &str| CallError::Field {
        field: format!("{path}{field}"),
        fault: fault.to_owned(),
    };
    let Value::Object(media) = media else { return Err(refuse("", "an object is expected")) };
    let required = |field: &str| text(media, field, &format!("{path}.{field}"));
    let (name, usage) = (required("mediaName")?, required("mediaUsage")?);
    if !USAGES.contains(&usage.as_str()) {
        return Err(refuse(".mediaUsage", &format!("one of {USAGES:?} is expected")));
    }
    if required("mediaTypeId")? != "1" {
        return Err(refuse(".mediaTypeId", "1 (picture) is expected"));
    }
    let path = required("mediaPath").ok();
    let bytes = match (required("content"), &path) {
        (Ok(content), _) => STANDARD
            .decode(content)
            .map(Bytes::from)
            .map_err(|error| refuse(".content", &format!("base64 is expected: {error}")))?,
        (Err(_), Some(_)) => Bytes::new(),
        (Err(missing), None) => return Err(missing),
    };
    Ok(Picture { name, usage, bytes, path })
}
