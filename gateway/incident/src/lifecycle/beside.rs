//! An e-bike beside a device, and what that makes of the device's incident.

use crate::incident_type::IncidentType;

/// Incidents of devices that an e-bike makes worse.
const HAZARDS: [&str; 2] = ["smoke_alarm", "residual_current_high"];
/// Incidents of cameras that an e-bike is in.
const EBIKES: [&str; 4] =
    ["ebike_flying_wire", "ebike_indoor_charging", "ebike_upstairs", "ebike_in_elevator"];
/// The one of them that is a wire, too.
const WIRE: &str = "ebike_flying_wire";

/// An e-bike beside a device, as a camera sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    /// The camera.
    pub(crate) camera: String,
    /// A charging wire hangs at it.
    pub(crate) wire: bool,
}

impl Beside {
    /// The sentence that follows the description.
    pub(crate) fn words(&self) -> String {
        let wire = if self.wire { "并有飞线充电" } else { "" };
        format!("；摄像机{}画面中旁有电动自行车停放{wire}，两起并为本条", self.camera)
    }
}

/// Whether an e-bike makes incidents of this type worse.
pub(crate) fn is_hazard(incident: &IncidentType) -> bool {
    HAZARDS.contains(&incident.code.as_str())
}

/// Whether an e-bike is in incidents of this type.
pub(crate) fn is_ebike(incident: &IncidentType) -> bool {
    EBIKES.contains(&incident.code.as_str())
}

/// Whether a charging wire is in incidents of this type.
pub(crate) fn is_wire(incident: &IncidentType) -> bool {
    incident.code.as_str() == WIRE
}

/// The type of a joint incident: more urgent by one, as far as that goes.
pub(crate) fn joint(incident: &IncidentType) -> IncidentType {
    let mut incident = incident.clone();
    incident.priority = incident.priority.saturating_sub(1).max(1);
    incident
}
