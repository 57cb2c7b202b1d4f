//! The clock was set, and everybody knows it: what is remembered moves with it, and is told again.

use std::time::Duration;

use proptest::prelude::*;

use super::script::{CLOCK, START, Stage, standing};
use crate::alert::Action;

/// From 1970 to now, or back.
const FAR_MICROS: i64 = 56 * 365 * 86_400_000_000;

#[test]
fn a_dwell_that_began_in_1970_ends_now_and_is_dated_now() {
    for by_micros in [FAR_MICROS, -FAR_MICROS, 3_600_000_000, 1] {
        let mut stage = Stage::new(vec![standing()]);
        stage.play("A4");
        stage.move_clock(by_micros);
        stage.play("A2");
        assert_eq!(stage.log, "", "30 s of it have not been watched yet");
        stage.play("A1");
        let opened = &stage.messages[0];
        assert_eq!(opened.times.first_seen_at, START.moved(by_micros));
        assert_eq!(opened.detection.finding.dwell, Duration::from_secs(30));
    }
}

#[test]
fn an_alert_that_is_open_neither_ends_nor_begins_and_is_told_once_more() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A7");
    let opened = stage.messages[0].clone();
    stage.move_clock(FAR_MICROS);
    let told = stage.assessor.correct_times(stage.now, CLOCK);
    assert_eq!(told.len(), 1);
    let corrected = &told[0].alert;
    assert_eq!(
        (corrected.alert_id, corrected.seq, corrected.action),
        (opened.alert_id, 2, Action::Update)
    );
    assert_eq!(corrected.times.first_seen_at, opened.times.first_seen_at.moved(FAR_MICROS));
    assert_eq!(corrected.times.opened_at, opened.times.opened_at.moved(FAR_MICROS));
    stage.play("A9");
    assert_eq!(stage.messages.len(), 1, "{}", stage.log);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_step_there_and_back_leaves_nothing_behind(
        script in "(A[1-9] |D[1-9] |\\.[1-9] ){1,8}",
        by_micros in -FAR_MICROS..FAR_MICROS,
    ) {
        let mut stage = Stage::new(vec![standing()]);
        stage.play(&script);
        let before: serde_json::Value =
            serde_json::from_slice(&stage.assessor.memory().unwrap()).unwrap();
        stage.move_clock(by_micros);
        stage.move_clock(-by_micros);
        let after: serde_json::Value =
            serde_json::from_slice(&stage.assessor.memory().unwrap()).unwrap();
        prop_assert_eq!(before, after);
    }
}
