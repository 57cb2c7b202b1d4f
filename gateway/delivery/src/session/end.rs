//! Why a session is over.

use ledger::LedgerError;

use crate::error::BrokerError;
use crate::window::WindowError;

/// Why a session is over.
pub(crate) enum End {
    /// As asked, or its time was up.
    Shutdown,
    /// To begin again at once, with new credentials.
    Renewed,
    /// The connection broke; the next one begins at the oldest row.
    Lost(BrokerError),
    /// The ledger cannot be relied on.
    Ledger(LedgerError),
}

impl From<WindowError> for End {
    fn from(error: WindowError) -> Self {
        Self::Lost(error.into())
    }
}
