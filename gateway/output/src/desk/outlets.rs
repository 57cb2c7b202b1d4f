//! What the outputs need of the gateway.

use std::process::Command;

use crate::note::Note;
use crate::status::OutputStatus;

/// Writes into the history; gives the reason if it cannot.
type Writer = dyn Fn(&Note) -> Result<(), String> + Send + Sync;
/// Why a device is not heard, in words; none if it is.
type Listener = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What the outputs need of the gateway.
pub struct Outlets {
    /// Writes into the history; gives the reason if it cannot. May wait for the disk.
    pub note: Box<Writer>,
    /// Tells how an output is. Must not wait.
    pub show: Box<dyn Fn(&OutputStatus) + Send + Sync>,
    /// Tells that there is no such output any more. Must not wait.
    pub withdraw: Box<dyn Fn(&str) + Send + Sync>,
    /// Why a device is not heard, in words; none if it is.
    pub unheard: Box<Listener>,
    /// How a guard is started.
    pub guard: Box<dyn Fn() -> Command + Send + Sync>,
}
