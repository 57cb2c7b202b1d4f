//! Tests of the score: cameras that were not analysed, and wrong answers.

use super::*;
use crate::judge::message::DeviceStatus;
use crate::judge::report::table;

#[test]
fn a_camera_that_was_never_analysed_agrees_with_nothing() {
    let mut journal = Journal::default();
    for (device, status, reason) in [
        ("cam-01", "offline", Some("connection refused")),
        ("cam-03", "offline", None),
        ("cam-03", "online", None),
        ("cam-04", "degraded", Some("overloaded")),
        ("cam-05", "online", None),
    ] {
        let reason = reason.map(str::to_owned);
        journal.note(
            device.to_owned(),
            DeviceStatus { status: status.to_owned(), reason, camera_ahead_ms: None },
        );
    }
    let mut score = Score::of(&[], &journal, &[]);
    assert!(score.agrees());
    for camera in ["cam-01", "cam-02", "cam-03", "cam-04"] {
        score.require_analysis(camera, true, &journal);
    }
    score.require_analysis("cam-05", false, &journal);
    let causes: Vec<(&str, &str)> =
        score.impaired.iter().map(|(camera, cause)| (camera.as_str(), cause.as_str())).collect();
    let expected = [
        ("cam-01", "never online: connection refused"),
        ("cam-02", "never online"),
        ("cam-04", "degraded: overloaded"),
        ("cam-05", "never reached"),
    ];
    assert_eq!(causes, expected);
    assert!(!score.agrees());
    assert!(table(&score).ends_with("Truth and alerts DIFFER.\n"));
}

#[test]
fn a_wrong_answer_to_the_case_centre_differs() {
    let score = Score { wrong_answers: 2, ..Score::default() };
    assert!(!score.agrees());
    assert!(table(&score).contains("wrong answers to the case centre: 2\n"));
}
