//! Doors and sensors: their connections, who judges what they say, and how they are seen from outside.

mod desk;
mod device_list;
mod device_status;
mod joined;
mod lines;
mod link;
mod pipeline;
mod plate;
mod routes;
mod topic_filter;
mod worker;

pub(crate) use desk::DeviceDesk;
pub(crate) use device_list::{DeviceList, DeviceView};
pub(crate) use device_status::{DeviceStatusJudge, count};
pub(crate) use joined::Witnesses;
pub(crate) use lines::DeviceLines;
pub(crate) use link::DeviceLink;
pub(crate) use pipeline::DevicePipeline;
pub(crate) use routes::SensorRoutes;
pub(crate) use worker::DeviceWorker;
