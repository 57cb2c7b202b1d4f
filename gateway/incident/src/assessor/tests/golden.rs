//! Golden messages: the consumer's contract.

use expect_test::expect_file;
use scene::CaptureTime;

use super::script::{START, Stage, name, slug, standing, validator};
use crate::alert::{Evidence, EvidenceRole, Masking, schema};

#[test]
fn one_incident_from_opening_to_closing() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A129 .20");
    let actions: Vec<_> = stage.messages.iter().map(|message| name(message.action)).collect();
    assert_eq!(actions, ["open", "update", "clear", "close"]);
    if let Some(open) = stage.messages.first_mut() {
        open.attach(Evidence {
            id: slug("ev-1"),
            role: EvidenceRole::Report,
            uri: Some("http://127.0.0.1:8080/evidence/ev-1.jpg".to_owned()),
            mime: "image/jpeg".to_owned(),
            sha256: "0f4a9c1e5b7d2a3c4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5".to_owned(),
            size_bytes: 184_320,
            width_px: 768,
            height_px: 576,
            captured_at: open.times.opened_at,
            masking: Masking::NotMasked,
        });
    }
    let files = [
        expect_file!["../../../../../tests/golden/alert-v1/standing-1-open.json"],
        expect_file!["../../../../../tests/golden/alert-v1/standing-2-update.json"],
        expect_file!["../../../../../tests/golden/alert-v1/standing-3-clear.json"],
        expect_file!["../../../../../tests/golden/alert-v1/standing-4-close.json"],
    ];
    for (message, file) in stage.messages.iter().zip(files) {
        let sent_at = CaptureTime::from_unix_micros(START.unix_micros() + 900_000_000);
        let text = message.to_json(sent_at).unwrap();
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        validator().validate(&json).unwrap();
        json.sort_all_objects();
        file.assert_eq(&format!("{json:#}\n"));
    }
}

#[test]
fn the_schemas_own_examples_are_valid() {
    let check = |schema: &str, example: &str| {
        let schema = serde_json::from_str(schema).unwrap();
        let example = serde_json::from_str(example).unwrap();
        jsonschema::draft202012::new(&schema).unwrap().validate(&example).unwrap();
    };
    check(schema::ALERT_V1, include_str!("../../alert/schema/example-1-fire-lane-opened.json"));
    check(schema::ALERT_V1, include_str!("../../alert/schema/example-2-door-verified.json"));
    check(
        schema::CASE_FEEDBACK_V1,
        include_str!("../../alert/schema/example-3-case-feedback-handled.json"),
    );
}
