//! A device's `[[point]]` tables as the settings of its protocol.

use std::collections::BTreeMap;

use intake::{PointNames, SettingsFault, gb26875, modbus, mqtt};
use scene::SignalKind;

use super::device_context::DeviceCheck;
use super::device_file::{PointTable, ProtocolName, TableName, ValueName, WordOrderName};
use super::findings::Findings;

/// Points by the number of a door, a reader or an alarm input.
pub(super) fn numbered(device: &DeviceCheck<'_>, findings: &mut Findings) -> PointNames {
    let mut names = BTreeMap::new();
    for (index, point) in device.file.point.iter().enumerate() {
        let at = format!("/point/{index}");
        let own = match (point.door, point.reader, point.input) {
            (Some(door), None, None) => format!("door-{door}"),
            (None, Some(reader), None) => format!("reader-{reader}"),
            (None, None, Some(input)) => format!("input-{input}"),
            _ => {
                let message = match device.file.protocol {
                    ProtocolName::Dahua => "[[point]] needs one of `door` and `input`",
                    _ => "[[point]] needs one of `door`, `reader` and `input`",
                };
                findings.refuse::<()>(device.document, &at, message);
                continue;
            }
        };
        if let Some(other) = names.insert(own, point.id.clone()) {
            let message = format!("point {other} has the same number already");
            findings.refuse::<()>(device.document, &at, message);
        }
    }
    PointNames::new(names)
}

/// What the alarm inputs tell of.
pub(super) fn numbered_inputs(
    device: &DeviceCheck<'_>,
    findings: &mut Findings,
) -> BTreeMap<u32, SignalKind> {
    let points = device.file.point.iter().enumerate();
    points.filter_map(|(at, it)| Some((it.input?, kind(device, at, it, findings)?))).collect()
}

/// Points by the device's own tokens, and what those tell of of which that is written.
pub(super) fn by_token(
    device: &DeviceCheck<'_>,
    findings: &mut Findings,
) -> (PointNames, BTreeMap<String, SignalKind>) {
    let (mut names, mut inputs) = (BTreeMap::new(), BTreeMap::new());
    for (index, point) in device.file.point.iter().enumerate() {
        let token = point.token.clone().unwrap_or_else(|| point.id.clone());
        // A door's own events say what they are.
        if point.kind.as_deref().is_some_and(|kind| kind != SignalKind::DoorEvent.word()) {
            inputs.extend(kind(device, index, point, findings).map(|kind| (token.clone(), kind)));
        }
        if let Some(other) = names.insert(token, point.id.clone()) {
            let message = format!("point {other} has the same token already");
            findings.refuse::<()>(device.document, &format!("/point/{index}"), message);
        }
    }
    (PointNames::new(names), inputs)
}

/// Points of what publishes at the broker.
pub(super) fn published(
    device: &DeviceCheck<'_>,
    findings: &mut Findings,
) -> Option<Vec<mqtt::Point>> {
    let mut points = Vec::new();
    for (index, point) in device.file.point.iter().enumerate() {
        let kind = kind(device, index, point, findings);
        let onvif = match (&point.topic, device.file.protocol) {
            (Some(topic), _) => Some(mqtt::OnvifItem {
                topic: topic.clone(),
                source: point.source.clone(),
                item: point.item.clone(),
            }),
            (None, ProtocolName::OnvifMqtt) => {
                let message = "[[point]] needs `topic`, that of its event, such as \
                               Device/Sensor/Temperature/High";
                findings.refuse::<()>(device.document, &format!("/point/{index}"), message);
                continue;
            }
            (None, _) => None,
        };
        points.extend(kind.map(|kind| mqtt::Point { name: point.id.clone(), kind, onvif }));
    }
    (points.len() == device.file.point.len()).then_some(points)
}

/// Points of Modbus.
pub(super) fn registers(
    device: &DeviceCheck<'_>,
    findings: &mut Findings,
) -> Option<Vec<modbus::Point>> {
    let points = device.file.point.iter().enumerate();
    let read: Vec<modbus::Point> =
        points.filter_map(|(at, it)| register(device, at, it, findings)).collect();
    (read.len() == device.file.point.len()).then_some(read)
}

fn register(
    device: &DeviceCheck<'_>,
    index: usize,
    point: &PointTable,
    findings: &mut Findings,
) -> Option<modbus::Point> {
    let kind = kind(device, index, point, findings);
    let Some(address) = point.address else {
        let message = "[[point]] needs `address`, counted from 0";
        return findings.refuse(device.document, &format!("/point/{index}"), message);
    };
    let table = match point.table.unwrap_or(TableName::Holding) {
        TableName::Coil => modbus::Table::Coil,
        TableName::Discrete => modbus::Table::Discrete,
        TableName::Holding => modbus::Table::Holding,
        TableName::Input => modbus::Table::Input,
    };
    let usual = if table.has_bits() { ValueName::Bit } else { ValueName::U16 };
    let form = match point.value.unwrap_or(usual) {
        ValueName::Bit => modbus::ValueForm::Bit(point.bit.unwrap_or(0)),
        ValueName::U16 => modbus::ValueForm::U16,
        ValueName::I16 => modbus::ValueForm::I16,
        ValueName::U32 => modbus::ValueForm::U32,
        ValueName::I32 => modbus::ValueForm::I32,
        ValueName::F32 => modbus::ValueForm::F32,
    };
    Some(modbus::Point {
        name: point.id.clone(),
        unit_id: point.unit_id.unwrap_or(1),
        table,
        address,
        form,
        word_order: match point.word_order.unwrap_or(WordOrderName::Big) {
            WordOrderName::Big => modbus::WordOrder::Big,
            WordOrderName::Little => modbus::WordOrder::Little,
        },
        scale: point.scale.unwrap_or(1.0),
        offset: point.offset.unwrap_or(0.0),
        is_inverted: point.inverted,
        kind: kind?,
        valid: point.valid.map(|[least, most]| least..=most),
    })
}

/// Points of a fire transmitter.
pub(super) fn components(
    device: &DeviceCheck<'_>,
    findings: &mut Findings,
) -> Option<Vec<gb26875::Point>> {
    let mut points = Vec::new();
    for (index, point) in device.file.point.iter().enumerate() {
        let kind = kind(device, index, point, findings);
        let part = match (point.system, point.component, point.quantity) {
            (None, None, None) => gb26875::Part::Transmitter,
            (Some(address), None, None) => gb26875::Part::System { address },
            (Some(system), Some(address), None) => gb26875::Part::Component { system, address },
            (Some(system), Some(address), Some(quantity)) => {
                gb26875::Part::Analogue { system, address, quantity }
            }
            _ => {
                let message = "`component` needs `system`, and `quantity` needs both";
                findings.refuse::<()>(device.document, &format!("/point/{index}"), message);
                continue;
            }
        };
        points.extend(kind.map(|kind| gb26875::Point {
            name: point.id.clone(),
            part,
            kind,
            scale: point.scale,
            offset: point.offset.unwrap_or(0.0),
        }));
    }
    (points.len() == device.file.point.len()).then_some(points)
}

/// What the point tells of, which must be written.
fn kind(
    device: &DeviceCheck<'_>,
    index: usize,
    point: &PointTable,
    findings: &mut Findings,
) -> Option<SignalKind> {
    let Some(written) = &point.kind else {
        let message =
            "[[point]] needs `kind`, what it tells of, such as \"smoke\" or \"temperature\"";
        return findings.refuse(device.document, &format!("/point/{index}"), message);
    };
    // The schema lets no other word through.
    SignalKind::of_word(written)
}

/// Where in the file a fault of the protocol's own check stands, and its words.
pub(super) fn place_of(fault: &SettingsFault) -> (String, String) {
    let message = format!("expected {}", fault.expected);
    let Some(rest) = fault.field.strip_prefix("points[") else {
        let key = match fault.field.as_str() {
            "poll_interval" => "/poll_interval_secs",
            "timeout" => "/answer_timeout_secs",
            "host" | "port" => "/url",
            _ => "",
        };
        return (key.to_owned(), message);
    };
    let (index, field) = rest.split_once(']').unwrap_or((rest, ""));
    let key = match field.trim_start_matches('.') {
        "name" => "id",
        "form" => "value",
        "is_inverted" => "inverted",
        other => other,
    };
    (format!("/point/{index}/{key}"), message)
}
