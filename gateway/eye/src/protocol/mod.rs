//! What the gateway and an eye say to each other.

mod framing;
mod order;
mod report;
mod wire;

pub use framing::{PROTOCOL, ProtocolError, read_order, read_report, write_message};
pub use order::{CameraNumber, ClipOrder, Order, Seat, ShotRequest, Start, Watch};
pub use report::{
    Clip, Confinement, Masked, Masking, Ready, Report, Sample, SampleValue, Shot, Sight,
};
