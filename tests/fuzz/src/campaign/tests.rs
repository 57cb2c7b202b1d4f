//! A target with three faults: all are found, counted by their place, and their inputs made short.

use super::*;

fn faulty() -> Executor {
    Box::new(|input| {
        let text = String::from_utf8_lossy(input).into_owned();
        assert!(!text.contains("m=video 0 RTP/AVP \r"), "no format");
        // Deep: nobody gets here without having come half way.
        if text.contains("a=deep") {
            assert!(!text.contains("a=deepest"), "deep");
            return "deep".to_owned();
        }
        text.lines().count().to_string()
    })
}

const TARGET: Target =
    Target { name: "sdp", shape: Shape::Text, words: &["a=deep", "est"], start: faulty };

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
    let folder = std::env::temp_dir().join(format!("fuzz-{}", std::process::id()));
    let reports = run(&[TARGET], &plan(&folder, 1)).unwrap();
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
