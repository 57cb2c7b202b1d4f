//! Other settings for a camera under way, and the end of a camera.

use std::time::Duration;

use scene::Class;

use super::script::{Stage, profile, standing};
use crate::alert::{Action, CloseReason};
use crate::{Assessor, CameraProfile, RuleSettings, Standpoint};
use rule::kind::standing::StandingSettings;

/// As `standing`, with another dwell.
fn dwelling(secs: u64) -> RuleSettings {
    let dwell = Duration::from_secs(secs);
    let settings = StandingSettings {
        gap_tolerance: Duration::from_secs(10),
        ..StandingSettings::new(vec![Class::new("car")], dwell)
    };
    RuleSettings { kind: settings.into(), ..standing() }
}

/// The camera is judged by `rules` from its next picture on; the tracker starts again.
fn judge_by(stage: &mut Stage, rules: Vec<RuleSettings>) {
    let mut assessor = Assessor::new(profile(), rules.clone()).unwrap();
    assessor.inherit(&stage.assessor).unwrap();
    stage.assessor = assessor;
    stage.rules = rules;
    stage.forget_tracks();
}

#[test]
fn other_settings_cost_no_watched_time() {
    let mut stage = Stage::new(vec![dwelling(60)]);
    stage.play("A6");
    judge_by(&mut stage, vec![dwelling(30)]);
    stage.play("A1");
    // The same 30 s after which the shorter dwell would have been met from the start.
    assert_eq!(stage.log, "30s open alert 1 seq 1: 1 for 30s, 7/7 pictures\n");
}

#[test]
fn an_open_alert_goes_on_under_other_settings_and_ends_with_its_rule() {
    let mut stage = Stage::new(vec![dwelling(30)]);
    stage.play("A8");
    judge_by(&mut stage, vec![dwelling(40)]);
    stage.play("A8");
    assert_eq!(stage.messages.len(), 1, "{}", stage.log);
    judge_by(&mut stage, Vec::new());
    stage.play("A1");
    let last = stage.messages.last().unwrap();
    assert_eq!(last.action, Action::Close(CloseReason::Cancelled));
    assert_eq!((stage.messages.len(), last.seq), (2, 2));
}

#[test]
fn a_retired_camera_closes_what_is_open_or_cleared_once() {
    for script in ["A8", "A8 .6"] {
        let mut stage = Stage::new(vec![dwelling(30)]);
        stage.play(script);
        let told = stage.messages.len();
        let now = stage.now;
        let events = stage.assessor.retire(now);
        let [event] = events.as_slice() else { panic!("{script}: {events:?}") };
        assert_eq!(event.alert.action, Action::Close(CloseReason::Cancelled));
        assert_eq!(event.alert.seq as usize, told + 1);
        assert_eq!(event.alert.times.closed_at, Some(now));
        assert!(stage.assessor.retire(now).is_empty());
    }
}

#[test]
fn what_a_camera_left_is_enough_to_close_its_alerts_when_nobody_knows_it_any_more() {
    let mut stage = Stage::new(vec![dwelling(30)]);
    stage.play("A8");
    let opened = stage.messages.last().unwrap().clone();
    let memory = stage.assessor.memory().unwrap();

    let known = profile();
    let standpoint = Assessor::standpoint(&known.camera_id, &memory).unwrap().unwrap();
    let Standpoint { source, gb_id, grid, place } = standpoint;
    let departed =
        CameraProfile { source, gb_id, grid, place, ground: None, grid_map: None, ..known };
    let mut assessor = Assessor::new(departed, Vec::new()).unwrap();
    assessor.restore(&memory).unwrap();
    let events = assessor.retire(stage.now);
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let closed = &event.alert;
    assert_eq!(closed.action, Action::Close(CloseReason::Cancelled));
    assert_eq!((closed.alert_id, closed.seq), (opened.alert_id, opened.seq + 1));
    assert_eq!(closed.camera.place, opened.camera.place);
    assert_eq!(closed.camera.grid, opened.camera.grid);
    assert_eq!(closed.camera.gb_id, opened.camera.gb_id);
    // The second time, nothing is left to close.
    let emptied = assessor.memory().unwrap();
    assessor.restore(&emptied).unwrap();
    assert!(assessor.retire(stage.now).is_empty());
}
