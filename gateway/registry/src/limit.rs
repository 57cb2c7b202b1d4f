//! How much of a sheet is read. What is larger is refused and said.

/// The largest file, in bytes.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How large a workbook may be unpacked, in bytes: it is a zip file.
pub(crate) const MOST_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// The parts of a workbook.
pub(crate) const MOST_PARTS: usize = 1000;
/// The rows of all sheets of a file that hold something.
pub(crate) const MOST_ROWS: usize = 20_000;
/// The columns of a sheet.
pub(crate) const MOST_COLUMNS: u32 = 128;
/// The characters of a cell.
pub(crate) const MOST_CELL_CHARS: usize = 2048;
/// The text of all cells of a file, in bytes.
pub(crate) const MOST_TEXT_BYTES: usize = 16 * 1024 * 1024;
