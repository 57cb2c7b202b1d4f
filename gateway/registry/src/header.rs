//! The header row: which column holds what, in Chinese or English.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Findings;
use crate::kind::Kind;
use crate::sheet::{Row, Sheet};

mod field;

pub(crate) use field::Field;
use field::{NAMES, is_telling};

/// The header stands in one of the first rows; a title may stand above it.
const HEADER_WITHIN: usize = 10;

/// What was expected where no header is found.
pub(crate) const EXPECTED: &str = "expected the names of columns in one of the first ten rows: for cameras 编号 (id) and \
     取流地址 (url); for checkpoints 编号 (id) and 摄像机编号 (camera) or 门 (doors); for doors 编号 (id) and 门号 (door) or \
     控制器 (device); for points 点位 (point) and 信号类型 (kind)";

/// The columns of a sheet, and what its rows are.
#[derive(Debug)]
pub(crate) struct Header {
    /// What each row is.
    pub(crate) kind: Kind,
    /// The rows up to this number are title and header.
    pub(crate) row: u32,
    columns: BTreeMap<Field, (u32, Arc<str>)>,
}

impl Header {
    /// Finds the header of a sheet, if it has one.
    pub(crate) fn find(sheet: &Sheet, findings: &mut Findings) -> Option<Self> {
        let best = sheet.rows.iter().take(HEADER_WITHIN).filter_map(|row| Self::of(sheet, row));
        let (header, _) = best.max_by_key(|(header, hits)| (*hits, u32::MAX - header.row))?;
        let row = sheet.rows.iter().find(|row| row.number == header.row)?;
        header.remark_columns(sheet, row, findings);
        Some(header)
    }

    /// The column that holds `field`, and what it is called there.
    pub(crate) fn column(&self, field: Field) -> Option<(u32, Arc<str>)> {
        self.columns.get(&field).cloned()
    }

    /// What its columns hold.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> {
        self.columns.keys().copied()
    }

    fn of(sheet: &Sheet, row: &Row) -> Option<(Self, usize)> {
        let called = sheet.name.as_ref().unwrap_or(&sheet.file).to_lowercase();
        let kinds = Kind::ALL.into_iter().filter_map(|kind| {
            let columns = columns_of(kind, row);
            let is_told = columns.keys().any(|field| is_telling(kind, *field));
            let is_named = kind.names().iter().any(|name| called.contains(name));
            let is_whole = columns.contains_key(&Field::Id) && (is_told || is_named);
            is_whole.then_some((kind, columns, is_named))
        });
        let (kind, columns, _) =
            kinds.max_by_key(|(_, columns, is_named)| (*is_named, columns.len()))?;
        let hits = columns.len();
        Some((Self { kind, row: row.number, columns }, hits))
    }

    fn remark_columns(&self, sheet: &Sheet, row: &Row, findings: &mut Findings) {
        for (column, cell) in (0..).zip(&row.cells) {
            let taken = self.columns.values().any(|(taken, _)| *taken == column);
            if cell.is_empty() || taken {
                continue;
            }
            let spot = sheet.spot(row.number, Some((column, None)));
            match field_of(self.kind, cell) {
                Some(field) => {
                    let other = self
                        .columns
                        .get(&field)
                        .map(|(_, header)| header.to_string())
                        .unwrap_or_default();
                    findings.refuse::<()>(
                        spot,
                        format!("two columns hold the same as column {other}: keep one"),
                    );
                }
                None => findings.note(spot, "this column is not known and not read"),
            }
        }
    }
}

fn columns_of(kind: Kind, row: &Row) -> BTreeMap<Field, (u32, Arc<str>)> {
    let mut columns = BTreeMap::new();
    for (column, cell) in (0..).zip(&row.cells) {
        if let Some(field) = field_of(kind, cell) {
            columns.entry(field).or_insert_with(|| (column, Arc::from(cell.as_str())));
        }
    }
    columns
}

/// What a column of this name holds in a sheet of this kind.
fn field_of(kind: Kind, header: &str) -> Option<Field> {
    let plain = plain(header);
    let of_kind = |kinds: &[Kind]| kinds.is_empty() || kinds.contains(&kind);
    let known =
        NAMES.iter().find(|(_, kinds, names)| of_kind(kinds) && names.contains(&plain.as_str()));
    known.map(|(field, ..)| *field)
}

/// A header without what people write around it: `* 经度（WGS-84）` is `经度`.
fn plain(header: &str) -> String {
    let mut depth = 0;
    let mut plain = String::new();
    for c in header.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth -= 1,
            _ if depth > 0 || c.is_whitespace() || "_-*:：/".contains(c) => {}
            // Full-width letters.
            '\u{ff01}'..='\u{ff5e}' => {
                let narrow = u32::from(c) - 0xff01 + 0x21;
                plain.extend(char::from_u32(narrow).into_iter().flat_map(char::to_lowercase));
            }
            _ => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_known_however_it_is_written() {
        for header in ["经度", "* 经度（WGS-84）", "经度(°)", "Longitude", "LNG", "ｌｏｎ"]
        {
            assert_eq!(field_of(Kind::Camera, header), Some(Field::Longitude), "{header}");
        }
        assert_eq!(field_of(Kind::Point, "address"), Some(Field::Register));
        assert_eq!(field_of(Kind::Camera, "address"), Some(Field::Address));
        assert_eq!(field_of(Kind::Door, "单元"), Some(Field::BuildingUnit));
        assert_eq!(field_of(Kind::Point, "unit"), Some(Field::MeasureUnit));
    }

    #[test]
    fn no_name_means_two_things_in_one_sheet() {
        for kind in Kind::ALL {
            let mut seen = BTreeMap::new();
            for (field, kinds, names) in NAMES {
                for name in *names {
                    if (kinds.is_empty() || kinds.contains(&kind))
                        && let Some(other) = seen.insert(name, field)
                    {
                        assert_eq!(other, field, "{kind:?}: {name}");
                    }
                    assert_eq!(plain(name), **name, "it would never be found");
                }
            }
        }
    }
}
