//! What the gateway and an eye say to each other.

mod framing;
mod observation;
mod order;
mod picture_size;
mod report;
mod wire;

pub use framing::{ProtocolError, ReportReader, ReportWriter, read_order, write_order};
pub(crate) use framing::{read_start, write_start};
pub use order::{
    CameraNumber, ClipOrder, Crops, Order, PROTOCOL, QuietWatch, Reference, Seat, ShotRequest,
    StandingZone, Start, Watch,
};
pub use picture_size::PictureSize;
pub use report::{
    Clip, Confinement, Masked, Masking, Ready, Report, Sample, SampleValue, Shot, Sight, SmallZone,
};
