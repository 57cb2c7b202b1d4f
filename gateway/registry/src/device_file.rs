//! How a device with its points is written into its file, and what the file must then say.

use toml_edit::{Table, value};

use crate::choice::schemes;
use crate::device::Device;
use crate::edit::{Edit, FieldChange, tables_at};
use crate::finding::Findings;
use crate::header::Field;
use crate::point::{Limit, Point};
use crate::row::Told;
use crate::site_file::{expect, expect_place, write_site};

/// Writes a device with its points into its file.
pub(crate) fn write(
    root: &mut Table,
    device: &Device,
    changes: &mut Vec<FieldChange>,
    findings: &mut Findings,
) {
    let access = &device.access;
    let text = |told: &Option<Told<String>>| told.as_ref().map(|told| told.value.clone());
    let mut edit = Edit::new(root, "", changes);
    edit.set("protocol", text(&access.protocol));
    edit.set("name", device.name.clone().or_else(|| device.part_name.clone()));
    edit.set("url", text(&access.url));
    edit.set("username", text(&access.username));
    edit.set("password_file", text(&access.password_file));
    write_site(root, (&device.site, &device.row.spot), changes, findings);
    let only = device.points.len() == 1;
    for point in &device.points {
        if write_point(root, point, only, changes).is_none() {
            findings.refuse::<()>(device.row.spot.clone(), odd(&device.id.value, "point"));
        }
        if let Some(limit) = point.limit
            && write_limit(root, &point.id.value, limit, changes).is_none()
        {
            findings.refuse::<()>(device.row.spot.clone(), odd(&device.id.value, "rule"));
        }
    }
    expect_access(root, device, findings);
    expect_points(root, device, findings);
    expect_place(root, &device.row, findings);
}

/// Takes the points out that `keep` does not name. Only doors, or only what is no door, as the sheets say.
pub(crate) fn prune_points(
    root: &mut Table,
    is_gone: impl Fn(&Table) -> bool,
    changes: &mut Vec<FieldChange>,
) {
    let Some(points) = root.get_mut("point").and_then(|item| item.as_array_of_tables_mut()) else {
        return;
    };
    points.retain(|point| {
        let gone = is_gone(point);
        if gone {
            let id = point.get("id").and_then(|id| id.as_str()).unwrap_or_default();
            changes.push(FieldChange {
                field: format!("point {id}"),
                old: Some("there".to_owned()),
                new: None,
            });
        }
        !gone
    });
}

fn write_point(
    root: &mut Table,
    point: &Point,
    only: bool,
    changes: &mut Vec<FieldChange>,
) -> Option<()> {
    let points = tables_at(root, "point")?;
    let is_it =
        |table: &Table| table.get("id").and_then(|id| id.as_str()) == Some(point.id.value.as_str());
    let at = points.iter().position(is_it);
    let is_new = at.is_none();
    let at = at.unwrap_or_else(|| {
        let mut table = Table::new();
        table.insert("id", value(point.id.value.as_str()));
        points.push(table);
        points.len() - 1
    });
    // A controller of one door has only one number for it.
    let door = point.door.or((is_new && point.is_door && only).then_some(1));
    let prefix = format!("point {}: ", point.id.value);
    let mut edit = Edit::new(points.get_mut(at)?, prefix, changes);
    edit.set("door", door);
    let register = &point.register;
    edit.set("unit_id", register.unit_id);
    edit.set("table", register.table);
    edit.set("address", register.address);
    edit.set("value", register.value);
    edit.set("word_order", register.word_order);
    edit.set("scale", register.scale);
    edit.set("offset", register.offset);
    edit.set("kind", point.kind.map(scene::SignalKind::word));
    if is_new && edit_is_empty(points.get(at)?) {
        changes.push(FieldChange {
            field: format!("point {}", point.id.value),
            old: None,
            new: Some("there".to_owned()),
        });
    }
    Some(())
}

fn edit_is_empty(table: &Table) -> bool {
    table.len() == 1
}

fn write_limit(
    root: &mut Table,
    point: &str,
    limit: Limit,
    changes: &mut Vec<FieldChange>,
) -> Option<()> {
    let rules = tables_at(root, "rule")?;
    let text =
        |table: &Table, key: &str| table.get(key).and_then(|item| item.as_str()).map(str::to_owned);
    let is_it = |table: &Table| {
        text(table, "type").as_deref() == Some(limit.incident)
            && text(table, "point").as_deref() == Some(point)
    };
    let at = rules.iter().position(is_it);
    let at = at.unwrap_or_else(|| {
        let mut table = Table::new();
        table.insert("type", value(limit.incident));
        table.insert("point", value(point));
        rules.push(table);
        rules.len() - 1
    });
    let mut edit =
        Edit::new(rules.get_mut(at)?, format!("rule {} of {point}: ", limit.incident), changes);
    edit.set("above", Some(limit.above));
    edit.set("hold_secs", limit.hold_secs);
    edit.set("hysteresis", limit.hysteresis);
    Some(())
}

fn expect_access(root: &Table, device: &Device, findings: &mut Findings) {
    expect(root, ("protocol", Field::Protocol, "协议 (protocol)"), &device.row, findings);
    let protocol = root.get("protocol").and_then(|item| item.as_str()).unwrap_or_default();
    if schemes(protocol).is_some() {
        expect(root, ("url", Field::Url, "设备地址 (url)"), &device.row, findings);
    }
    let is_told = |field| device.row.value.contains(&field);
    let has = |key, field| root.contains_key(key) || is_told(field);
    if has("username", Field::Username) != has("password_file", Field::PasswordFile) {
        findings.refuse::<()>(device.row.spot.clone(), "user name and password belong together: fill both 账号 (username) and 密码文件 (password_file), or neither");
    }
}

fn expect_points(root: &Table, device: &Device, findings: &mut Findings) {
    let speaks_modbus = root.get("protocol").and_then(|item| item.as_str()) == Some("modbus");
    let written = root.get("point").and_then(|item| item.as_array_of_tables());
    for point in &device.points {
        let mut tables = written.into_iter().flatten();
        let Some(table) = tables.find(|table| {
            table.get("id").and_then(|id| id.as_str()) == Some(point.id.value.as_str())
        }) else {
            continue;
        };
        let needed: &[(&str, Field, &str)] = match (point.is_door, speaks_modbus) {
            (true, _) => &[("door", Field::Door, "门号 (door)")],
            (false, false) => &[("kind", Field::SignalKind, "信号类型 (kind)")],
            (false, true) => &[
                ("kind", Field::SignalKind, "信号类型 (kind)"),
                ("table", Field::RegisterTable, "寄存器类型 (table)"),
                ("address", Field::Register, "寄存器地址 (address)"),
                ("value", Field::Value, "数据类型 (value)"),
            ],
        };
        for (key, field, column) in needed.iter().filter(|(key, ..)| !table.contains_key(key)) {
            // Bits are bits.
            let is_bit = matches!(
                table.get("table").and_then(|item| item.as_str()),
                Some("coil" | "discrete")
            );
            if !(point.filled.contains(field) || is_bit && *field == Field::Value) {
                findings.refuse::<()>(
                    point.id.spot.clone(),
                    format!("point {} has no {key}: fill {column}", point.id.value),
                );
            }
        }
    }
}

fn odd(id: &str, key: &str) -> String {
    format!("in devices/{id}.toml, `{key}` is no list of tables: mend the file")
}
