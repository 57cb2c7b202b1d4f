//! The orders of casework, on their way to a camera or to a door or sensor.

use std::sync::Arc;

use crate::analysis::{DeviceDesk, Pool};
use crate::camera_order::{CameraOrder, CameraOrders};

/// Cameras, doors and sensors: no two of them have the same id.
pub(super) struct Orders {
    pub(super) cameras: Arc<Pool>,
    pub(super) devices: DeviceDesk,
}

impl CameraOrders for Orders {
    fn order(&self, id: Option<&str>, order: &CameraOrder<'_>) -> bool {
        match id {
            Some(id) if self.devices.has(id) => self.devices.order(Some(id), order),
            Some(_) => self.cameras.order(id, order),
            None => {
                let by_devices = self.devices.order(None, order);
                self.cameras.order(None, order) || by_devices
            }
        }
    }
}
