//! Everything that reads what comes from outside, fuzzed: the one list of targets.
//!
//! `make fuzz` runs them for hours. How it is done lies in `tests/fuzz`.

mod cameras;
mod doors;
mod encrypted;
mod eyes;
mod foreign;
mod line;
mod media;
mod registry;
mod repository;
mod sensors;
mod strict_client;
mod tunnel;
mod words;

use fuzz::{Plan, RTSP_WORDS as RTSP, Shape, Target};

use repository::repository;
use words::{DOORS, FRAME, HTTP, JSON, READING, SDP, START_CODES, TOML};

use crate::casework::tests::hostile as casework;
use crate::config::tests::hostile as config;
use crate::northbound::egova::tests::hostile as egova;

/// The list. A new reader of foreign bytes gets a line here, and a folder of good inputs beside the
/// others in `tests/fuzz/corpus`.
const TARGETS: [Target; 29] = [
    Target { share: 8, ..session("rtsp-line", line::session) },
    Target { share: 3, ..session("rtsp-session", cameras::session) },
    Target { share: 3, ..session("rtsp-compatible", cameras::compatible_session) },
    target("sdp", Shape::Text, SDP, cameras::description),
    target("tls", Shape::Bytes, &[], encrypted::records),
    target("depacketizer", Shape::Rtsp, START_CODES, media::depacketizer),
    target("parameter-sets", Shape::Bytes, START_CODES, media::parameter_sets),
    target("decoder", Shape::Bytes, START_CODES, media::decoder),
    target("clip", Shape::Bytes, START_CODES, media::clip),
    target("eye-report", Shape::Bytes, &[], eyes::report),
    target("eye-order", Shape::Bytes, &[], eyes::order),
    target("feedback", Shape::Json, JSON, casework::feedback),
    target("command", Shape::Json, JSON, casework::command),
    target("config", Shape::Text, TOML, config::folder_of),
    target("archive-file", Shape::Bytes, &[], foreign::archive_file),
    target("archive-block", Shape::Bytes, &[], foreign::archive_block),
    target(
        "sheet",
        Shape::Text,
        &[",", "\n", "\"", "编号", "经度", "117.1", "1E+19"],
        registry::sheet,
    ),
    target("import-journal", Shape::Json, JSON, registry::journal),
    target(
        "probe-answer",
        Shape::Text,
        &["<", "/>", "&amp;", "XAddrs", "http://"],
        registry::probe_answer,
    ),
    target("egova-notice", Shape::Json, JSON, egova::notice_of),
    target("egova-answer", Shape::Text, HTTP, egova::answer_of),
    target("modbus", Shape::Bytes, &[], sensors::modbus_answers),
    target("gb26875", Shape::Bytes, FRAME, sensors::transmitter_stream),
    target("gb26875-data", Shape::Bytes, &[], sensors::transmitter_data),
    target("sensor-message", Shape::Json, READING, sensors::message),
    target("onvif-event", Shape::Text, READING, sensors::event),
    target("isapi", Shape::Text, DOORS, doors::isapi),
    target("dahua", Shape::Text, DOORS, doors::dahua),
    target("onvif-reply", Shape::Text, DOORS, doors::onvif),
];

const fn target(
    name: &'static str,
    shape: Shape,
    words: &'static [&'static str],
    start: fn() -> fuzz::Executor,
) -> Target {
    Target { name, inputs: name, share: 1, shape, words, start }
}

/// What cameras send is the same for all clients.
const fn session(name: &'static str, start: fn() -> fuzz::Executor) -> Target {
    Target { inputs: "rtsp", ..target(name, Shape::Session, RTSP, start) }
}

/// Panics in the code of others that an input can still reach, by their place. They cost a camera's
/// session, no more. Eight more have their reports: the line between a camera and its client
/// (`gateway/camera/src/line`) lets nothing through that reaches them. Their inputs lie in
/// `tests/fuzz/kept` all the same, and now do no harm at all.
const KNOWN: [(&str, &str); 1] =
    [("retina-0.4.21/src/codec/h265.rs:569", "retina-fu-then-aggregation.md")];

#[test]
fn nothing_that_comes_from_outside_does_harm() {
    let mut plan = Plan::from_environment(
        &repository().join("tests/fuzz"),
        &repository().join("target/fuzz-found"),
    );
    plan.known = KNOWN.iter().map(|(site, _)| (*site).to_owned()).collect();
    let reports = fuzz::run(&TARGETS, &plan).unwrap();
    let mut harm = Vec::new();
    for report in &reports {
        let sites = report.panics.keys().map(ToString::to_string);
        let is_new = |site: &String| !KNOWN.iter().any(|(known, _)| known == site);
        if sites.filter(is_new).count() > 0 || !report.slow.is_empty() || report.leaks() {
            harm.push(report.to_string());
        }
    }
    let left = cameras::threads_left();
    assert!(left.is_empty(), "seed {}: threads that do not end: {left:?}", plan.seed);
    let to_do = "Mend it. If it is the code of others: add its place to KNOWN, its input to \
                 tests/fuzz/kept, and a report to gateway/doc/upstream";
    assert!(harm.is_empty(), "seed {}\n{}\n{to_do}", plan.seed, harm.join("\n"));
}

#[test]
fn every_known_panic_of_others_has_its_input_and_its_report() {
    // Nothing is changed: the inputs are those of the repository.
    let plan = Plan {
        lasts: std::time::Duration::ZERO,
        seed: 0,
        only: String::new(),
        is_told: false,
        inputs: repository().join("tests/fuzz"),
        found: repository().join("target/fuzz-found/kept"),
        known: KNOWN.iter().map(|(site, _)| (*site).to_owned()).collect(),
    };
    let reports = fuzz::run(&TARGETS, &plan).unwrap();
    let seen = reports.iter().flat_map(|report| report.panics.keys().map(ToString::to_string));
    let seen: std::collections::BTreeSet<String> = seen.collect();
    let known: std::collections::BTreeSet<String> =
        KNOWN.iter().map(|(site, _)| (*site).to_owned()).collect();
    assert_eq!(seen, known, "an input is missing, or they have mended it");
    for (_, report) in KNOWN {
        let path = repository().join("gateway/doc/upstream").join(report);
        assert!(path.is_file(), "{} is missing", path.display());
    }
}
