//! What the gateway and an eye say to each other.

mod framing;
mod order;
mod report;
mod wire;

pub use framing::{PROTOCOL, ProtocolError, ReportReader, ReportWriter, read_order, write_order};
pub use order::{CameraNumber, ClipOrder, Order, Seat, ShotRequest, Start, Watch};
pub use report::{
    Clip, Confinement, Masked, Masking, Ready, Report, Sample, SampleValue, Shot, Sight,
};
