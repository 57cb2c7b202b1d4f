//! A play: broker, cameras, the real gateway and the judge, all on this machine.

mod broker;
mod cameras;
mod case_centre;
mod certificates;
mod day;
mod devices;
mod error;
mod gateway;
mod leavings;
mod load_broker;
mod nats;
mod ports;
mod process;
mod run;
mod running_play;

pub use broker::Broker;
pub use cameras::{Cameras, PLAIN_CAMERAS, QUIRK_LOGIN};
pub use certificates::{Certificates, GATEWAY, SENSOR};
pub use error::PlayError;
pub use gateway::Gateway;
pub use load_broker::LoadBroker;
pub use nats::NatsCluster;
pub use ports::unused_port;
pub use run::{PlayOutcome, logins, run};
pub use running_play::{PlaySettings, Ports, RunningPlay, WatchEnd};
