//! Alerts and their outgoing messages on disk, in one transaction.
