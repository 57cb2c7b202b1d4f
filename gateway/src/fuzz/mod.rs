//! Everything that reads what comes from outside, fuzzed: the one list of targets.
//!
//! `make fuzz` runs them for hours. How it is done lies in `tests/fuzz`.

mod cameras;
mod eyes;
mod foreign;
mod media;

use std::path::{Path, PathBuf};

use fuzz::{Plan, Shape, Target};

use crate::casework::tests::hostile as casework;
use crate::config::tests::hostile as config;
use crate::northbound::egova::tests::hostile as egova;

const JSON: &[&str] = &[
    "null",
    "true",
    "1e999",
    "\"",
    "alert_id",
    "seq",
    "time",
    "event",
    "handled",
    "case",
    "verify",
    "label",
    "command",
    "mute",
    "secs",
    "2026-11-22T10:00:00+08:00",
    "9007199254740993",
    "\\u0000",
];

const RTSP: &[&str] = &[
    "RTSP/1.0 ",
    "\r\n",
    "\r\n\r\n",
    "CSeq: ",
    "Session: ",
    "Session: ;timeout=60",
    ";timeout=",
    "Content-Length: ",
    "Content-Base: ",
    "Transport: ",
    "interleaved=0-1",
    ";ssrc=",
    "RTP-Info: ",
    "rtptime=",
    "seq=",
    "WWW-Authenticate: Digest realm=\"\", nonce=\"\"",
    "Basic realm=",
    "algorithm=SHA-256",
    "qop=\"auth\"",
    "401 Unauthorized",
    "302 Moved",
    "Location: rtsp://",
    "m=video 0 RTP/AVP ",
    "a=rtpmap:96 H264/90000",
    "H265",
    "a=fmtp:96 ",
    "sprop-parameter-sets=",
    "sprop-sps=",
    "a=control:",
    "rtsp://[::1]:0/",
    "LIVE555",
    "\t",
    "\u{0}",
];

const SDP: &[&str] = &[
    "v=0",
    "o=- 1 1 IN IP4 x",
    "s=",
    "i=",
    "u=",
    "e=",
    "p=",
    "c=IN IP6 ::",
    "b=AS:",
    "t=now-",
    "r=",
    "z=",
    "k=",
    "a=",
    "m=",
    "m=video 0 RTP/AVP ",
    "m=audio 0 RTP/AVP 8",
    "a=rtpmap:",
    "a=rtpmap:96 H264/90000",
    "H265/90000",
    "/0",
    "a=fmtp:96 ",
    "packetization-mode=1",
    ";sprop-parameter-sets=",
    "sprop-vps=",
    "sprop-sps=",
    "sprop-pps=",
    "profile-level-id=",
    "a=control:*",
    "a=framerate:",
    "a=x-dimensions:",
    "config=",
    "\r\n",
    "\n",
    "IN IP4 ",
    "//",
    "96 97",
    "a=range:npt=now-",
];

const START_CODES: &[&str] = &[
    "\u{0}\u{0}\u{0}\u{1}",
    "\u{0}\u{0}\u{1}",
    "\u{0}\u{0}\u{3}",
    "g",
    "h",
    "e",
    "A",
    "@\u{1}",
    "B\u{1}",
    "D\u{1}",
    "&\u{1}",
];

const TOML: &[&str] = &[
    "[",
    "]",
    "[[rule]]",
    "[[zone]]",
    "[place]",
    "[mqtt]",
    " = ",
    "\"",
    "'''",
    "[[0, 0], [1, 1], [0, 1]]",
    "inf",
    "nan",
    "-1",
    "true",
    "{}",
    "1_000",
    "2026-11-29",
    "\n",
    "#",
    "\u{feff}",
    "\u{202e}",
    "url = \"rtsp://a/1\"",
    "dwell_secs = ",
];

const HTTP: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Location: /\r\n",
    "\r\n\r\n",
    "100 Continue",
    "302 Found",
    "ffffffffffffffff",
    "success",
    "noticeList",
    "access_token",
    "null",
];

/// The list. A new reader of foreign bytes gets a line here, and a folder of good inputs beside the
/// others in `tests/fuzz/corpus`.
const TARGETS: [Target; 16] = [
    target("rtsp-session", Shape::Rtsp, RTSP, cameras::session),
    target("rtsp-compatible", Shape::Rtsp, RTSP, cameras::compatible_session),
    target("sdp", Shape::Text, SDP, cameras::description),
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
    target("egova-notice", Shape::Json, JSON, egova::notice_of),
    target("egova-answer", Shape::Text, HTTP, egova::answer_of),
];

const fn target(
    name: &'static str,
    shape: Shape,
    words: &'static [&'static str],
    start: fn() -> fuzz::Executor,
) -> Target {
    Target { name, shape, words, start }
}

/// Panics in the code of others that an input can still reach, by their place. They cost a camera's
/// session, no more. Eight more have their reports: the line between a camera and its client
/// (`gateway/camera/src/line`) lets nothing through that reaches them. Their inputs lie in
/// `tests/fuzz/kept` all the same, and now do no harm at all.
const KNOWN: [(&str, &str); 1] =
    [("retina-0.4.21/src/codec/h265.rs:569", "retina-fu-then-aggregation.md")];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

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
        if sites.filter(is_new).count() > 0 || !report.slow.is_empty() {
            harm.push(report.to_string());
        }
    }
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
