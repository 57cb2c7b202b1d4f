//! A training set out of what people and re-checks have said of alerts, in the format of COCO.
//!
//! It reads only, and so it works while the gateway runs: the history, the evidence folder and the
//! folder of labels. What it takes from a message is a closed list ([`alert_message`]), so that no
//! address, no name and no free text of anybody gets in.

mod alert_message;
mod error;
mod export;
mod judgement;
mod label;
mod out_folder;
mod picture_source;
mod readme;
mod sample;
mod set_writer;
mod split;
mod tally;

pub(crate) use error::DatasetError;
pub(crate) use export::{ExportRequest, Selection, export};
pub(crate) use label::Label;
pub(crate) use picture_source::PictureSource;

#[cfg(test)]
mod tests;
