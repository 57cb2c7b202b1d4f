//! What the gateway may move by an alert: a lift that is held, a warning that is spoken.
//!
//! Nothing moves that two persons have not approved, and everything lets go by itself. The coils of a
//! Modbus device are in the hands of a process of its own, the *guard*: it lets go when the time is over,
//! when it is told to, and when the gateway is gone.

mod approval;
mod coils;
mod desk;
mod fire;
mod guard;
mod judge;
mod news;
mod note;
mod process;
mod protocol;
mod settings;
mod standing;
mod status;

pub use approval::{
    Approval, ApprovalError, Approved, PERSONS_NEEDED, approvals, approve, digest_of,
};
pub use coils::Coils;
pub use desk::{Desk, Outlets};
pub use guard::serve;
pub use news::{AlertNews, Turn};
pub use note::{Note, What};
pub use settings::{Action, MOST_HOLD, Mode, Settings, Source, Trigger, Way};
pub use status::{OutputState, OutputStatus};
