//! The names of all metrics: `gridwhistle_<what>_<unit>[_total]`. Labels: `camera` and `device` are ids of the config.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// A camera's session ended for any reason but shutdown.
pub fn camera_session_ended(camera: &str) {
    counter!("gridwhistle_camera_sessions_ended_total", "camera" => camera.to_owned()).increment(1);
}

/// RTP packets that never came.
pub fn rtp_packets_lost(camera: &str, packets: u16) {
    counter!("gridwhistle_rtp_packets_lost_total", "camera" => camera.to_owned())
        .increment(u64::from(packets));
}

/// A camera sent more pictures or bytes a second than one may; this picture was dropped.
pub fn pictures_beyond_pace(camera: &str) {
    counter!("gridwhistle_camera_pictures_beyond_pace_total", "camera" => camera.to_owned())
        .increment(1);
}

/// A camera whose pictures came did not take a sign of life, or an answer to what it had asked.
pub fn camera_message_unsaid(camera: &str) {
    counter!("gridwhistle_camera_messages_unsaid_total", "camera" => camera.to_owned())
        .increment(1);
}

/// A log line was left out because too many came.
pub fn log_line_left_out(level: &'static str) {
    counter!("gridwhistle_log_lines_left_out_total", "level" => level).increment(1);
}

/// A log line was left out because nobody read those before it.
pub fn log_line_unread() {
    counter!("gridwhistle_log_lines_unread_total").increment(1);
}

/// An event loop stood still.
pub fn loop_stalled(name: &str) {
    counter!("gridwhistle_loop_stalls_total", "loop" => name.to_owned()).increment(1);
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

/// A process that looks at cameras ended without being asked to.
pub fn eye_died() {
    counter!("gridwhistle_eye_deaths_total").increment(1);
}

/// How long a camera has waited, from the death of its eye, until the next eye was told of it
/// ("asked"), until it granted that eye a session ("answered"), until it sent pictures ("delivers"),
/// and until one of these was analysed.
pub fn eye_recovery(until: &'static str, waited: Duration) {
    histogram!("gridwhistle_eye_recovery_seconds", "until" => until).record(waited.as_secs_f64());
}

/// A camera ended the process that looks at it twice, and got one of its own.
pub fn camera_quarantined(camera: &str) {
    counter!("gridwhistle_camera_quarantines_total", "camera" => camera.to_owned()).increment(1);
}

/// Running totals of what became of a camera's access units, by fate.
pub fn access_units(camera: &str, totals: [(&'static str, u64); 5]) {
    for (fate, units) in totals {
        counter!("gridwhistle_access_units_total", "camera" => camera.to_owned(), "fate" => fate)
            .absolute(units);
    }
}

/// Processor time that looking at a camera took, by what it went into: `decode`, `detect`, `zones`, `crops`,
/// or `show`, which is masking and compressing what the gateway asks for.
pub fn looked_for(camera: &str, stage: &'static str, spent: Duration) {
    counter!(
        "gridwhistle_look_cpu_microseconds_total", "camera" => camera.to_owned(), "stage" => stage
    )
    .increment(u64::try_from(spent.as_micros()).unwrap_or(0));
}

/// Running totals of looks at a camera that were left out because nothing had happened (`left_out`), and of those
/// that were brought forward because something began (`hastened`).
pub fn looks_by_activity(camera: &str, totals: [(&'static str, u64); 2]) {
    for (result, looks) in totals {
        counter!("gridwhistle_activity_looks_total", "camera" => camera.to_owned(), "result" => result)
            .absolute(looks);
    }
}

/// A camera was looked at without the detector: nothing was in sight, and nothing had changed in its zones.
pub fn looked_without_detector(camera: &str) {
    counter!("gridwhistle_looks_without_detector_total", "camera" => camera.to_owned())
        .increment(1);
}

/// A zone was looked at for whatever newly stands in it, and what is known of it: `known`, `learning`,
/// `adapting` or `blind`.
pub fn zone_looked_at(camera: &str, state: &'static str) {
    counter!("gridwhistle_zone_looks_total", "camera" => camera.to_owned(), "state" => state)
        .increment(1);
}

/// What was looked at a second time, and what was seen: a two-wheeler (`powered`, `pedal` or `unsure`), or one
/// too many for one picture (`skipped`); a place that a rule asked about (`stall`), or one too small to tell of
/// (`too_small`).
pub fn second_looks(camera: &str, result: &'static str, count: usize) {
    if count > 0 {
        counter!(
            "gridwhistle_second_looks_total", "camera" => camera.to_owned(), "result" => result
        )
        .increment(count as u64);
    }
}

/// It was looked for new cables round a two-wheeler, and what came of it: `cable`, `clear`, `no_reference`,
/// `unaligned` or `hidden`.
pub fn cable_look(camera: &str, result: &'static str) {
    counter!("gridwhistle_cable_looks_total", "camera" => camera.to_owned(), "result" => result)
        .increment(1);
}

/// How often the rules of a camera want a picture now.
pub fn sampling_interval(camera: &str, interval: Duration) {
    gauge!("gridwhistle_sampling_interval_seconds", "camera" => camera.to_owned())
        .set(interval.as_secs_f64());
}

/// Running totals of what a door controller or sensor sent, by what became of it.
pub fn device_messages(device: &str, totals: [(&'static str, u64); 6]) {
    for (fate, messages) in totals {
        counter!("gridwhistle_device_messages_total", "device" => device.to_owned(), "fate" => fate)
            .absolute(messages);
    }
}

/// Whether a door controller or sensor answers.
pub fn device_answers(device: &str, answers: bool) {
    gauge!("gridwhistle_device_up", "device" => device.to_owned())
        .set(f64::from(u8::from(answers)));
}

/// Running total of a device's signals of one kind that were dropped, because more came than were judged.
pub fn signals_dropped(device: &str, kind: &str, total: u64) {
    let (device, kind) = (device.to_owned(), kind.to_owned());
    counter!("gridwhistle_signals_dropped_total", "device" => device, "kind" => kind)
        .absolute(total);
}

/// A signal of a door or sensor was judged, after so long.
pub fn signal_judged(age: Duration) {
    counter!("gridwhistle_signals_judged_total").increment(1);
    histogram!("gridwhistle_signal_age_seconds").record(age.as_secs_f64());
}

/// An alert message was committed to the ledger.
pub fn alert_recorded(action: &'static str) {
    counter!("gridwhistle_alert_messages_recorded_total", "action" => action).increment(1);
}

/// Feedback on a case was taken in: whether it was `applied`, `stale`, `invalid` and so on.
pub fn feedback_taken(result: &'static str) {
    counter!("gridwhistle_case_feedback_total", "result" => result).increment(1);
}

/// A command of the centre came: whether it was `taken`, `refused`, `invalid` and so on.
pub fn command_taken(result: &'static str) {
    counter!("gridwhistle_commands_total", "result" => result).increment(1);
}

/// Something of the centre was refused, because it sends too much or its share of the disk is full.
pub fn desk_refused() {
    counter!("gridwhistle_desk_refused_messages_total").increment(1);
}

/// A message of the centre that changes nothing was passed over, because such ones come too often.
pub fn desk_passed_over() {
    counter!("gridwhistle_desk_passed_over_messages_total").increment(1);
}

/// An answer to the centre was not queued, because too many wait.
pub fn answer_dropped() {
    counter!("gridwhistle_desk_dropped_answers_total").increment(1);
}

/// Upkeep looked whether anything is old.
pub fn upkeep_looked() {
    counter!("gridwhistle_upkeep_looks_total").increment(1);
}

/// Upkeep of a store failed by a fault of the gateway.
pub fn upkeep_failed(store: &'static str) {
    counter!("gridwhistle_upkeep_failures_total", "store" => store).increment(1);
}

/// Whether the wall clock is believed.
pub fn clock_believed(believed: bool) {
    gauge!("gridwhistle_clock_believed").set(f64::from(u8::from(believed)));
}

/// The wall clock was set by more than a minute.
pub fn clock_set() {
    counter!("gridwhistle_clock_steps_total").increment(1);
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

/// How the zones of a camera look could not be written to disk.
pub fn zones_not_kept(camera: &str) {
    counter!("gridwhistle_zones_not_kept_total", "camera" => camera.to_owned()).increment(1);
}

/// What an eye told of how a zone of a camera looks was not taken: too soon, or of no watched zone.
pub fn zone_passed_over(camera: &str) {
    counter!("gridwhistle_zones_passed_over_total", "camera" => camera.to_owned()).increment(1);
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

/// The broker accepted a connection.
pub fn broker_connected() {
    counter!("gridwhistle_delivery_connections_total").increment(1);
    gauge!("gridwhistle_delivery_connected").set(1.0);
}

/// An attempt to connect failed, or a connection did.
pub fn broker_lost() {
    counter!("gridwhistle_delivery_failed_connections_total").increment(1);
    gauge!("gridwhistle_delivery_connected").set(0.0);
}

/// The broker took a message over (PUBACK with success).
pub fn message_acknowledged() {
    counter!("gridwhistle_delivery_acknowledged_messages_total").increment(1);
}

/// The broker answered a message after this time, counted from when the client got it.
pub fn message_answered(after: Duration) {
    histogram!("gridwhistle_delivery_acknowledge_seconds").record(after.as_secs_f64());
}

/// The broker refused a message with a reason code; it is kept and tried again.
pub fn message_refused() {
    counter!("gridwhistle_delivery_refused_messages_total").increment(1);
}

/// A message was set aside for this connection, because the broker takes no packets of its size.
pub fn message_parked() {
    counter!("gridwhistle_delivery_parked_messages_total").increment(1);
}

/// A message from the centre was taken over.
pub fn message_received() {
    counter!("gridwhistle_delivery_received_messages_total").increment(1);
}

/// A message from the broker was thrown away: it was not for this gateway, or too many wait.
pub fn message_discarded() {
    counter!("gridwhistle_delivery_discarded_messages_total").increment(1);
}

/// What waits in the outbox, and the size of its payloads.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; 2^53 bytes are 8 PiB")]
pub fn outbox_waiting(messages: u64, bytes: u64) {
    gauge!("gridwhistle_outbox_waiting_messages").set(messages as f64);
    gauge!("gridwhistle_outbox_waiting_bytes").set(bytes as f64);
}

/// Whether the eGova case system answers.
pub fn egova_answers(answers: bool) {
    gauge!("gridwhistle_egova_up").set(f64::from(u8::from(answers)));
}

/// The eGova case system took a case, the result of a second look, or a cancellation.
pub fn egova_called(action: &'static str) {
    counter!("gridwhistle_egova_calls_total", "action" => action).increment(1);
}

/// The eGova case system refused a call for what is in it.
pub fn egova_refused() {
    counter!("gridwhistle_egova_refused_calls_total").increment(1);
}

/// A notice of the eGova case system became case feedback.
pub fn egova_notice() {
    counter!("gridwhistle_egova_notices_total").increment(1);
}

/// A notice of the eGova case system says nothing to this gateway.
pub fn egova_notice_unread() {
    counter!("gridwhistle_egova_unread_notices_total").increment(1);
}

/// What became of an output: ordered, held, released, refused, failed, tested.
pub fn output_step(output: &str, what: &'static str) {
    let output = output.to_owned();
    counter!("gridwhistle_output_steps_total", "output" => output, "what" => what).increment(1);
}

/// Whether an output is held.
pub fn output_held(output: &str, is_held: bool) {
    let held = if is_held { 1.0 } else { 0.0 };
    gauge!("gridwhistle_output_held_outputs", "output" => output.to_owned()).set(held);
}

/// An alert was not judged by the outputs, because too many waited.
pub fn output_news_dropped() {
    counter!("gridwhistle_output_news_dropped_total").increment(1);
}

/// What an output did was not written down, because too much waited.
pub fn output_note_dropped() {
    counter!("gridwhistle_output_notes_dropped_total").increment(1);
}
