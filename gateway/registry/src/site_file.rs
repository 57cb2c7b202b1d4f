//! Where a thing stands, as its file says it: `[place]` and `[grid]`.

use std::collections::BTreeSet;

use incident::Grid;
use toml_edit::{InlineTable, Table, Value};

use crate::edit::{Edit, FieldChange, lines, table_at};
use crate::finding::{Findings, Spot};
use crate::header::Field;
use crate::row::Told;
use crate::site::Site;

fn write(
    root: &mut Table,
    site: &Site,
    changes: &mut Vec<FieldChange>,
) -> Result<(), &'static str> {
    let is_placed =
        site.point.is_some() || site.accuracy_metres.is_some() || site.address.is_some();
    if is_placed {
        let mut place = Edit::new(table_at(root, "place").ok_or("place")?, "place.", changes);
        place.set("longitude", site.point.map(|point| point.longitude));
        place.set("latitude", site.point.map(|point| point.latitude));
        place.set("accuracy_metres", site.accuracy_metres);
        place.set("address", site.address.clone());
    }
    if let Some(grid) = &site.grid {
        let mut edit = Edit::new(table_at(root, "grid").ok_or("grid")?, "grid.", changes);
        set_or_remove(&mut edit, "unit_code", grid.unit_code());
        set_or_remove(&mut edit, "division_code", grid.division_code());
        edit.set("path", Some(path(grid)));
        set_or_remove(&mut edit, "map_version", grid.map_version());
    }
    Ok(())
}

/// A grid is one thing: what the new one lacks must not stay from the old one.
fn set_or_remove(edit: &mut Edit<'_>, key: &str, text: Option<&str>) {
    match text {
        Some(text) => edit.set(key, Some(text)),
        None => edit.remove(key),
    }
}

fn path(grid: &Grid) -> Value {
    lines(grid.path().iter().map(|step| {
        let mut table = InlineTable::new();
        table.insert("level", step.level.as_str().into());
        table.insert("code", step.code.as_str().into());
        if let Some(name) = &step.name {
            table.insert("name", name.as_str().into());
        }
        table
    }))
}

/// Writes a site into the root of a file.
pub(crate) fn write_site(
    root: &mut Table,
    (site, row): (&Site, &Spot),
    changes: &mut Vec<FieldChange>,
    findings: &mut Findings,
) {
    if let Err(key) = write(root, site, changes) {
        findings.refuse::<()>(
            row.clone(),
            format!("in the file that is there, `{key}` is no table: mend the file"),
        );
    }
}

/// Holds that the file has a key, unless the sheet says something there, which then was refused.
pub(crate) fn expect(
    root: &Table,
    (key, field, column): (&str, Field, &str),
    row: &Told<BTreeSet<Field>>,
    findings: &mut Findings,
) {
    if !root.contains_key(key) && !row.value.contains(&field) {
        let message = format!("this one is new and has no {key}: fill {column}");
        findings.refuse::<()>(row.spot.clone(), message);
    }
}

/// Holds that the file says where the thing stands, as [`expect`] does.
pub(crate) fn expect_place(root: &Table, row: &Told<BTreeSet<Field>>, findings: &mut Findings) {
    let place = root.get("place").and_then(|item| item.as_table_like());
    let is_placed = place
        .is_some_and(|place| place.contains_key("longitude") && place.contains_key("latitude"));
    let is_told = row.value.contains(&Field::Longitude) || row.value.contains(&Field::Latitude);
    if !is_placed && !is_told {
        let message = "this one is new and has no place: fill 经度 (longitude) and 纬度 (latitude)";
        findings.refuse::<()>(row.spot.clone(), message);
    }
}
