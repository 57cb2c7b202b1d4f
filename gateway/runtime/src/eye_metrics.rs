//! What the processes that look at cameras may count for the gateway: the closed list of their metrics.
//!
//! One of them may have fallen to a hostile camera. So it cannot invent a metric or a label, and the
//! gateway's memory for metrics is bounded by this list and by the cameras that are configured.

/// The label that names a camera. Any value fits here: whether the camera is one of its own is another
/// question.
pub const CAMERA: &str = "camera";

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub struct EyeMetric {
    /// Its name, as in [`crate::metrics`].
    pub name: &'static str,
    /// Its labels in order, each with the values that it can have.
    labels: &'static [(&'static str, &'static [&'static str])],
}

const OF_CAMERA: &[(&str, &[&str])] = &[(CAMERA, &[])];

const fn of_camera(name: &'static str) -> EyeMetric {
    EyeMetric { name, labels: OF_CAMERA }
}

static METRICS: [EyeMetric; 15] = [
    of_camera("gridwhistle_camera_sessions_ended_total"),
    of_camera("gridwhistle_rtp_packets_lost_total"),
    of_camera("gridwhistle_camera_pictures_beyond_pace_total"),
    of_camera("gridwhistle_camera_messages_unsaid_total"),
    of_camera("gridwhistle_decode_failures_total"),
    of_camera("gridwhistle_clip_ring_bytes"),
    of_camera("gridwhistle_looks_without_detector_total"),
    EyeMetric {
        name: "gridwhistle_access_units_total",
        labels: &[
            (CAMERA, &[]),
            ("fate", &["offered", "decoded", "skipped", "dropped", "superseded"]),
        ],
    },
    EyeMetric {
        name: "gridwhistle_look_cpu_microseconds_total",
        labels: &[(CAMERA, &[]), ("stage", &["decode", "detect", "zones", "crops", "show"])],
    },
    EyeMetric {
        name: "gridwhistle_activity_looks_total",
        labels: &[(CAMERA, &[]), ("result", &["left_out", "hastened"])],
    },
    EyeMetric {
        name: "gridwhistle_zone_looks_total",
        labels: &[(CAMERA, &[]), ("state", &["known", "learning", "adapting", "blind"])],
    },
    EyeMetric {
        name: "gridwhistle_second_looks_total",
        labels: &[
            (CAMERA, &[]),
            ("result", &["powered", "pedal", "unsure", "skipped", "stall", "too_small"]),
        ],
    },
    EyeMetric {
        name: "gridwhistle_cable_looks_total",
        labels: &[
            (CAMERA, &[]),
            ("result", &["cable", "clear", "no_reference", "unaligned", "hidden"]),
        ],
    },
    EyeMetric {
        name: "gridwhistle_log_lines_left_out_total",
        labels: &[("level", &["ERROR", "WARN", "INFO", "DEBUG", "TRACE"])],
    },
    EyeMetric { name: "gridwhistle_log_lines_unread_total", labels: &[] },
];

/// The metric of this name, if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static EyeMetric> {
    METRICS.iter().find(|metric| metric.name == name)
}

impl EyeMetric {
    /// Whether these are its labels, in order, with values that they can have.
    #[must_use]
    pub fn fits(&self, labels: &[(String, String)]) -> bool {
        let fits = |((name, values), (key, value)): (&(&str, &[&str]), &(String, String))| {
            name == key && (*name == CAMERA || values.contains(&value.as_str()))
        };
        self.labels.len() == labels.len() && self.labels.iter().zip(labels).all(fits)
    }
}
