//! The names of all metrics: `gridwhistle_<what>_<unit>[_total]`. Labels: `camera` is the id of the config.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// A session ended for any reason but shutdown.
pub fn camera_session_ended(camera: &str) {
    counter!("gridwhistle_camera_sessions_ended_total", "camera" => camera.to_owned()).increment(1);
}

/// RTP packets that never came.
pub fn rtp_packets_lost(camera: &str, packets: u16) {
    counter!("gridwhistle_rtp_packets_lost_total", "camera" => camera.to_owned())
        .increment(u64::from(packets));
}

/// One picture went through detection, tracking and assessment.
pub fn picture_analysed(camera: &str, detect: Duration, age: Duration) {
    counter!("gridwhistle_pictures_analysed_total", "camera" => camera.to_owned()).increment(1);
    histogram!("gridwhistle_detect_seconds").record(detect.as_secs_f64());
    histogram!("gridwhistle_picture_age_seconds").record(age.as_secs_f64());
}

/// A run of access units did not decode.
pub fn decode_failed(camera: &str) {
    counter!("gridwhistle_decode_failures_total", "camera" => camera.to_owned()).increment(1);
}

/// Running totals of what became of a camera's access units, by fate.
pub fn access_units(camera: &str, totals: [(&'static str, u64); 5]) {
    for (fate, units) in totals {
        counter!("gridwhistle_access_units_total", "camera" => camera.to_owned(), "fate" => fate)
            .absolute(units);
    }
}

/// How often the rules of a camera want a picture now.
pub fn sampling_interval(camera: &str, interval: Duration) {
    gauge!("gridwhistle_sampling_interval_seconds", "camera" => camera.to_owned())
        .set(interval.as_secs_f64());
}

/// An alert message was committed to the ledger.
pub fn alert_recorded(action: &'static str) {
    counter!("gridwhistle_alert_messages_recorded_total", "action" => action).increment(1);
}

/// Feedback on a case was taken in: whether it was `applied`, `stale`, `invalid` and so on.
pub fn feedback_taken(result: &'static str) {
    counter!("gridwhistle_case_feedback_total", "result" => result).increment(1);
}

/// A picture was searched and masked for an alert: whether any head and any plate was found.
pub fn evidence_masked(heads: bool, plates: bool, took: Duration) {
    let word = |found| if found { "found" } else { "none_found" };
    counter!(
        "gridwhistle_evidence_pictures_total",
        "heads" => word(heads),
        "plates" => word(plates)
    )
    .increment(1);
    histogram!("gridwhistle_mask_seconds").record(took.as_secs_f64());
}

/// A file of evidence was deleted, and why.
pub fn evidence_removed(reason: &'static str) {
    counter!("gridwhistle_evidence_removed_total", "reason" => reason).increment(1);
}

/// What the evidence folder holds.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; 2^53 bytes are 8 PiB")]
pub fn evidence_kept(files: usize, bytes: u64) {
    gauge!("gridwhistle_evidence_files").set(files as f64);
    gauge!("gridwhistle_evidence_bytes").set(bytes as f64);
}

/// What became of an alert's clip.
pub fn clip(result: &'static str) {
    counter!("gridwhistle_clips_total", "result" => result).increment(1);
}

/// Coded video that a camera's ring holds for clips.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; a ring is far below 2^53 bytes"
)]
pub fn clip_ring(camera: &str, bytes: usize) {
    gauge!("gridwhistle_clip_ring_bytes", "camera" => camera.to_owned()).set(bytes as f64);
}

/// A request for evidence was refused, and why.
pub fn evidence_refused(reason: &'static str) {
    counter!("gridwhistle_evidence_requests_refused_total", "reason" => reason).increment(1);
}

/// An alert went without its picture.
pub fn evidence_missing(camera: &str) {
    counter!("gridwhistle_evidence_missing_total", "camera" => camera.to_owned()).increment(1);
}

/// The ledger refused a commit; the worker waits and tries again.
pub fn ledger_refused() {
    counter!("gridwhistle_ledger_refusals_total").increment(1);
}

/// Running totals of what a camera's recorder wrote down and what the disk refused.
pub fn observations(camera: &str, pictures: u64, dropped: u64, bytes: u64) {
    counter!("gridwhistle_observations_written_total", "camera" => camera.to_owned())
        .absolute(pictures);
    counter!("gridwhistle_observations_dropped_total", "camera" => camera.to_owned())
        .absolute(dropped);
    counter!("gridwhistle_observations_bytes_total", "camera" => camera.to_owned()).absolute(bytes);
}

/// Delivery names its metrics where it counts them.
pub mod delivery {
    /// Messages that the broker took over (PUBACK with success).
    pub const ACKNOWLEDGED: &str = "gridwhistle_delivery_acknowledged_messages_total";
    /// Messages that the broker refused with a reason code; they are kept and tried again.
    pub const REFUSED: &str = "gridwhistle_delivery_refused_messages_total";
    /// Messages set aside for this connection because the broker takes no packets of their size.
    pub const PARKED: &str = "gridwhistle_delivery_parked_messages_total";
    /// Connections that the broker accepted.
    pub const CONNECTED: &str = "gridwhistle_delivery_connections_total";
    /// Attempts and connections that failed.
    pub const LOST: &str = "gridwhistle_delivery_failed_connections_total";
    /// 1 while connected, else 0.
    pub const UP: &str = "gridwhistle_delivery_connected";
    /// From handing a message to the client to its PUBACK.
    pub const ACKNOWLEDGE_SECONDS: &str = "gridwhistle_delivery_acknowledge_seconds";
    /// Messages in the outbox.
    pub const WAITING: &str = "gridwhistle_outbox_waiting_messages";
    /// Their payloads.
    pub const WAITING_BYTES: &str = "gridwhistle_outbox_waiting_bytes";
    /// Messages from the centre that were taken over.
    pub const RECEIVED: &str = "gridwhistle_delivery_received_messages_total";
    /// Messages from the broker that are none of this gateway's, or that came unacknowledged in a
    /// number that nothing can hold.
    pub const DISCARDED: &str = "gridwhistle_delivery_discarded_messages_total";
    /// 1 while the eGova case system answers, else 0.
    pub const EGOVA_UP: &str = "gridwhistle_egova_up";
    /// Cases, results of second looks and cancellations that it took, by action.
    pub const EGOVA_CALLS: &str = "gridwhistle_egova_calls_total";
    /// Those that it refused for what is in them.
    pub const EGOVA_REFUSED: &str = "gridwhistle_egova_refused_calls_total";
    /// Its notices that became case feedback.
    pub const EGOVA_NOTICES: &str = "gridwhistle_egova_notices_total";
    /// Its notices that say nothing to this gateway.
    pub const EGOVA_UNREAD: &str = "gridwhistle_egova_unread_notices_total";
}
