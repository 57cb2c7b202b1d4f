//! An alert: the full state of one incident, as the command centre is told.

pub(crate) mod action;
pub(crate) mod case_echo;
pub(crate) mod content;
pub(crate) mod evidence;
pub(crate) mod measurement;
pub mod schema;
pub(crate) mod threshold;
pub mod topic;
mod v1;
pub(crate) mod verification;
pub(crate) mod witness;

pub use action::{Action, CloseReason, State};
pub use case_echo::{CaseEcho, CaseStage};
pub use content::{Alert, Dedupe, Detection, Summary, Times};
pub use evidence::{Evidence, EvidenceKind, EvidenceRole, Masked, Masking};
pub use measurement::Measured;
pub use threshold::Threshold;
pub use verification::{Verification, VerificationMode, VerificationReason, VerificationResult};
pub use witness::{CameraWitness, Sight};
