//! A target with faults: all are found, counted by their place, and their inputs made short.

use std::collections::BTreeMap;

use crate::target::{Executor, Sessions};

use super::*;

fn read(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input).into_owned();
    assert!(!text.contains("m=video 0 RTP/AVP \r"), "no format");
    // Deep: nobody gets here without having come half way.
    if text.contains("a=deep") {
        assert!(!text.contains("a=deepest"), "deep");
        return "deep".to_owned();
    }
    text.lines().count().to_string()
}

/// Sessions that wait for a while: one after another, there would be far too few of them.
fn sessions() -> Executor {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begin = |input: &[u8]| -> crate::target::Session {
        let input = input.to_vec();
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            read(&input)
        })
    };
    Executor::Sessions(Sessions { runtime, at_once: 100, begin: Box::new(begin) })
}

fn target(start: fn() -> Executor) -> Target {
    let words = &["a=deep", "est"];
    Target { name: "sdp", inputs: "sdp", share: 1, shape: Shape::Text, words, start }
}

fn plan(folder: &std::path::Path, seed: u64) -> Plan {
    fs::create_dir_all(folder.join("corpus/sdp")).unwrap();
    fs::write(folder.join("corpus/sdp/good"), "v=0\r\nm=video 0 RTP/AVP 96\r\n").unwrap();
    Plan {
        lasts: Duration::from_secs(3),
        seed,
        only: String::new(),
        is_told: false,
        inputs: folder.to_owned(),
        found: folder.join("found"),
        known: Vec::new(),
    }
}

#[test]
fn faults_are_found_counted_and_kept_short() {
    are_found_counted_and_kept_short("each", || Executor::each(read));
}

#[test]
fn faults_of_sessions_side_by_side_are_found_counted_and_kept_short() {
    are_found_counted_and_kept_short("sessions", sessions);
}

fn are_found_counted_and_kept_short(name: &str, start: fn() -> Executor) {
    let folder = std::env::temp_dir().join(format!("fuzz-{name}-{}", std::process::id()));
    let reports = run(&[target(start)], &plan(&folder, 1)).unwrap();
    let report = &reports[0];
    assert!(report.executions > 1000, "{report}");
    let inputs: BTreeMap<String, Vec<u8>> = report
        .panics
        .values()
        .map(|(_, said, path)| (said.clone(), fs::read(path).unwrap()))
        .collect();
    assert_eq!(inputs.len(), 2, "{report}");
    assert_eq!(inputs["no format"], b"m=video 0 RTP/AVP \r", "{report}");
    assert_eq!(inputs["deep"], b"a=deepest", "{report}");
    assert!(report.to_string().contains("panics at tests/fuzz/src/campaign/tests.rs:"), "{report}");
    fs::remove_dir_all(folder).unwrap();
}
