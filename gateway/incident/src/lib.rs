//! What it means: the life cycle of incidents, their cases and alerts. Pure: no clock, no disk, no
//! network.
//!
//! An [`Assessor`] takes one camera's pictures in order of their capture time, and its signals. It
//! returns [`IncidentEvent`]s. An [`alert::Alert`] is the full state of one incident, ready for the
//! wire.

pub mod alert;
mod assessor;
pub mod casefile;
mod footprint;
mod grid_map;
mod identity;
mod incident_type;
mod lifecycle;
mod memory;
mod place;
mod profile;
mod quiet;
mod recheck;
mod rule_settings;
mod signal_settings;
mod site;
mod source;
mod timeline;

pub use assessor::desk::Assessor;
pub use assessor::input::Input;
pub use assessor::outage::BACK_AFTER;
pub use assessor::seen::{Crossed, EbikeSeen, Seen};
pub use assessor::witness::Witness;
pub use grid_map::{Assignment, GridMap, GridMapError, GridMapFault};
pub use incident_type::{
    Category, CodeKind, ExternalCode, Grade, IncidentType, IncidentTypes, Loop, Routing, TypesError,
};
pub use lifecycle::event::IncidentEvent;
pub use lifecycle::settings::{CaseSettings, LifecycleSettings};
pub use memory::MemoryError;
pub use place::{Grid, GridLevel, GridStep, Place, ProfileError};
pub use profile::{CameraProfile, Model, Standpoint};
pub use quiet::Quiet;
pub use recheck::RecheckSettings;
pub use rule_settings::{RuleError, RuleSettings};
pub use signal_settings::SignalRuleSettings;
pub use site::Site;
pub use source::{Protocol, Source, SourceKind};
