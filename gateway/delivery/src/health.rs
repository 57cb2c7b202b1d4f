//! How delivery is doing, for those who watch it.

use scene::CaptureTime;

/// How delivery is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Since when the broker is connected, gateway's clock; `None` while it is not.
    pub connected_since: Option<CaptureTime>,
    /// Why it is not connected, or what is kept back although it is.
    pub trouble: Option<String>,
    /// Whether everyone on the line can read and forge messages: `mqtt://`.
    pub in_clear: bool,
}
