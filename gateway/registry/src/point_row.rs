//! A row of a sheet of points.

use scene::SignalKind;

use crate::choice::{
    SIGNAL_KINDS, TABLES, VALUES, WORD_ORDERS, factor, incident_above, listed, signal_kind,
};
use crate::device::{Access, Device};
use crate::grid::Grids;
use crate::header::Field;
use crate::point::{Limit, Point, Register};
use crate::row::RowReader;
use crate::site::Site;

/// Reads a row of a sheet of points.
pub(crate) fn read(
    row: &mut RowReader<'_>,
    grids: &Grids<'_>,
    is_file: &dyn Fn(&str) -> bool,
) -> Option<Device> {
    let id = row.needed_id(Field::Id);
    let device =
        if row.has_column(Field::Device) { row.needed_id(Field::Device) } else { id.clone() };
    let (name, part_name) = (row.text(Field::DeviceName, 64), row.text(Field::Name, 64));
    let access = Access::read(row, is_file);
    let site = Site::read(row, grids);
    let kind = kind(row);
    let factor = unit_factor(row, kind);
    let register = register(row, factor, access.protocol.as_ref().map(|told| told.value.as_str()));
    let limit = limit(row, kind, factor);
    let point = Point {
        id: id?,
        door: None,
        is_door: false,
        register,
        kind,
        limit,
        filled: row.whole_row().value,
    };
    Some(Device {
        id: device?,
        row: row.whole_row(),
        name,
        part_name,
        access,
        site,
        points: vec![point],
    })
}

fn kind(row: &mut RowReader<'_>) -> Option<SignalKind> {
    let found = signal_kind(row.raw(Field::SignalKind)?);
    found.or_else(|| {
        row.refuse(Field::SignalKind, format!("expected one of {}", listed(SIGNAL_KINDS)))
    })
}

/// What the sheet's unit is in the unit of the kind.
fn unit_factor(row: &mut RowReader<'_>, kind: Option<SignalKind>) -> f64 {
    let (Some(unit), Some(kind)) = (row.raw(Field::MeasureUnit), kind) else { return 1.0 };
    let found = factor(kind, unit);
    let expected = match kind {
        SignalKind::ResidualCurrent => "expected mA or A",
        SignalKind::Temperature => "expected ℃",
        SignalKind::WaterLevel => "expected m, cm or mm",
        _ => "a signal of this kind has no unit: leave the cell empty",
    };
    found.or_else(|| row.refuse(Field::MeasureUnit, expected)).unwrap_or(1.0)
}

fn register(row: &mut RowReader<'_>, factor: f64, protocol: Option<&str>) -> Register {
    if let Some(protocol) = protocol.filter(|protocol| *protocol != "modbus") {
        for field in
            [Field::UnitId, Field::RegisterTable, Field::Register, Field::Value, Field::WordOrder]
        {
            if row.raw(field).is_some() {
                row.refuse::<()>(field, format!("only a device that speaks modbus has registers, and this one speaks {protocol}: leave the cell empty"));
            }
        }
    }
    let (scale, offset) = (amount(row, Field::Scale), amount(row, Field::Offset));
    // Without a scale the unit must still come out right.
    let scale = scale.or((factor.to_bits() != 1f64.to_bits()).then_some(1.0));
    Register {
        unit_id: row.whole(Field::UnitId, (0, 255)),
        table: row.choice(Field::RegisterTable, TABLES),
        address: row.whole(Field::Register, (0, 65_535)),
        value: row.choice(Field::Value, VALUES),
        word_order: row.choice(Field::WordOrder, WORD_ORDERS),
        scale: scale.map(|scale| neat(scale * factor)),
        offset: offset.map(|offset| neat(offset * factor)),
    }
}

fn limit(row: &mut RowReader<'_>, kind: Option<SignalKind>, factor: f64) -> Option<Limit> {
    let above = amount(row, Field::LimitHigh);
    let hold_secs = row.whole(Field::HoldSecs, (0, 86_400));
    let hysteresis = row.number(
        Field::Hysteresis,
        (0.0, 1e9),
        "a number of at least 0, in the unit of the point",
    );
    let Some(above) = above else {
        for field in [Field::HoldSecs, Field::Hysteresis] {
            if row.raw(field).is_some() && row.raw(Field::LimitHigh).is_none() {
                row.refuse::<()>(field, "this belongs to a limit, and there is none: fill 报警上限 (limit) or leave the cell empty");
            }
        }
        return None;
    };
    let Some(incident) = incident_above(kind?) else {
        return row.refuse(
            Field::LimitHigh,
            "only residual current, temperature and water level have a limit: leave the cell empty",
        );
    };
    Some(Limit {
        incident,
        above: neat(above * factor),
        hold_secs,
        hysteresis: hysteresis.map(|number| neat(number * factor)),
    })
}

fn amount(row: &mut RowReader<'_>, field: Field) -> Option<f64> {
    row.number(field, (-1e9, 1e9), "a number such as 0.1 or 300")
}

/// 0.3 × 1000 is 300, not 299.99999999999994.
fn neat(number: f64) -> f64 {
    format!("{number:.12e}").parse().unwrap_or(number)
}
