//! The loopback HTTP server: health, metrics, evidence, and a page for the technician.

mod alert_table;
mod caller;
mod device_table;
mod html;
mod metrics_text;
mod output_table;
mod page;
mod picture_table;
mod server;
mod zone_table;

pub(crate) use page::Overview;
pub(crate) use server::{DEFAULT_LISTEN, OperatorServer};
