//! Names of the metrics of delivery, in one place.

/// Messages that the broker took over (PUBACK with success).
pub(super) const ACKNOWLEDGED: &str = "gridwhistle_delivery_acknowledged_messages_total";
/// Messages that the broker refused with a reason code; they are kept and tried again.
pub(super) const REFUSED: &str = "gridwhistle_delivery_refused_messages_total";
/// Messages set aside for this connection because the broker takes no packets of their size.
pub(super) const PARKED: &str = "gridwhistle_delivery_parked_messages_total";
/// Connections that the broker accepted.
pub(super) const CONNECTED: &str = "gridwhistle_delivery_connections_total";
/// Attempts and connections that failed.
pub(super) const LOST: &str = "gridwhistle_delivery_failed_connections_total";
/// 1 while connected, else 0.
pub(super) const UP: &str = "gridwhistle_delivery_connected";
/// From handing a message to the client to its PUBACK.
pub(super) const ACKNOWLEDGE_SECONDS: &str = "gridwhistle_delivery_acknowledge_seconds";
/// Messages in the outbox.
pub(super) const WAITING: &str = "gridwhistle_outbox_waiting_messages";
/// Their payloads.
pub(super) const WAITING_BYTES: &str = "gridwhistle_outbox_waiting_bytes";
/// Messages from the centre that were taken over.
pub(super) const RECEIVED: &str = "gridwhistle_delivery_received_messages_total";
/// Messages from the broker that are none of this gateway's, or that came unacknowledged in a
/// number that nothing can hold.
pub(super) const DISCARDED: &str = "gridwhistle_delivery_discarded_messages_total";
/// 1 while the eGova case system answers, else 0.
pub(super) const EGOVA_UP: &str = "gridwhistle_egova_up";
/// Cases, results of second looks and cancellations that it took, by action.
pub(super) const EGOVA_CALLS: &str = "gridwhistle_egova_calls_total";
/// Those that it refused for what is in them.
pub(super) const EGOVA_REFUSED: &str = "gridwhistle_egova_refused_calls_total";
/// Its notices that became case feedback.
pub(super) const EGOVA_NOTICES: &str = "gridwhistle_egova_notices_total";
/// Its notices that say nothing to this gateway.
pub(super) const EGOVA_UNREAD: &str = "gridwhistle_egova_unread_notices_total";
