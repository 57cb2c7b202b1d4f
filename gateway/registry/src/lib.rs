//! The registry: cameras, checkpoints, doors and points out of sheets, and how the configuration follows them.
//!
//! Sheets come as CSV or XLSX, because that is what street offices have. What is wrong in them is named
//! by file, sheet, row and column, all of it at once. What is right becomes a [`Plan`]: which files of
//! the configuration would be new, changed or gone, and their text. An edit keeps comments and keys that
//! the sheets do not know. Nothing here touches the disk.

mod camera_file;
mod cell;
mod checkpoint;
mod checkpoint_file;
mod choice;
mod csv_sheet;
mod device;
mod device_file;
mod door_row;
mod edit;
mod encoding;
mod finding;
mod folder;
mod gather;
mod grid;
mod header;
mod journal;
mod kind;
mod limit;
mod links;
mod plan;
mod point;
mod point_row;
mod row;
mod sheet;
mod site;
mod site_file;
mod street_camera;
mod workbook;

#[cfg(test)]
mod tests;

pub use edit::FieldChange;
pub use finding::{Faults, Finding, Spot};
pub use folder::{Folder, SheetFile};
pub use journal::{JOURNAL, JournalError, journal, read_journal};
pub use kind::FileGroup;
pub use plan::{Changed, FileEdit, GroupPlan, Plan, plan};
