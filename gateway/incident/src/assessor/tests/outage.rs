//! An alert that no picture shows: the camera cannot be looked at. Pictures end it.

use std::time::Duration;

use expect_test::expect;
use scene::CaptureTime;

use super::script::{START, incident_type, profile, published, shows, standing};
use crate::{Assessor, IncidentEvent, Input};

const REASON: &str = "摄像机发来的数据使读取程序反复崩溃";

fn assessor() -> Assessor {
    let assessor = Assessor::new(profile(), vec![standing()]).unwrap();
    assessor.telling_outages_as(Some(incident_type("camera_offline")))
}

fn at(secs: u64) -> CaptureTime {
    START.after(Duration::from_secs(secs))
}

fn picture(assessor: &mut Assessor, secs: u64) -> Vec<IncidentEvent> {
    let captured_at = at(secs);
    let observation = shows(captured_at, Vec::new());
    assessor.assess(Input::Picture(&observation, &[]))
}

/// Each message as a line, held to the schema.
fn lines(secs: u64, events: &[IncidentEvent]) -> String {
    let line = |event: &IncidentEvent| {
        let json = event.alert.to_json(at(secs)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        published().check(&json).unwrap();
        let told = ["action", "seq", "title", "description"].map(|name| json[name].to_string());
        format!("{secs}s {} {}\n", told.join(" "), json["source"]["device_id"])
    };
    events.iter().map(line).collect()
}

#[test]
fn it_opens_without_a_picture_and_is_cleared_and_closed_by_pictures() {
    let mut assessor = assessor();
    let mut log = lines(0, &picture(&mut assessor, 0));
    log += &lines(10, &assessor.report_outage(REASON, at(10)));
    log += &lines(40, &assessor.report_outage(REASON, at(40)));
    assert!(assessor.sampling().interval <= Duration::from_secs(5), "its return is looked for");
    // The gateway starts again.
    let memory = assessor.memory().unwrap();
    assessor = self::assessor();
    assessor.restore(&memory).unwrap();
    for secs in (60..4000).step_by(5) {
        log += &lines(secs, &picture(&mut assessor, secs));
    }
    // It fails again, and comes back.
    log += &lines(4030, &assessor.report_outage(REASON, at(4030)));
    for secs in (4040..8500).step_by(5) {
        log += &lines(secs, &picture(&mut assessor, secs));
    }
    expect![[r#"
        10s "open" 1 "摄像机离线" "金海小区东侧卷帘门前(示例)：摄像机发来的数据使读取程序反复崩溃" "cam-01"
        3660s "clear" 2 "摄像机离线（已消除）" "金海小区东侧卷帘门前(示例)：摄像机发来的数据使读取程序反复崩溃，现已消除" "cam-01"
        4030s "update" 3 "摄像机离线" "金海小区东侧卷帘门前(示例)：摄像机发来的数据使读取程序反复崩溃" "cam-01"
        7595s "clear" 4 "摄像机离线（已消除）" "金海小区东侧卷帘门前(示例)：摄像机发来的数据使读取程序反复崩溃，现已消除" "cam-01"
        8200s "close" 5 "摄像机离线（已关闭）" "金海小区东侧卷帘门前(示例)：摄像机发来的数据使读取程序反复崩溃，现已消除" "cam-01"
    "#]].assert_eq(&log);
}

#[test]
fn one_that_fails_again_and_again_is_told_of_once() {
    let mut assessor = assessor();
    let mut told = Vec::new();
    // Pictures come again at once, and it fails about every fifty minutes, for a day.
    for secs in (0..86_400).step_by(5) {
        told.extend(picture(&mut assessor, secs));
        if secs % 3000 == 0 {
            told.extend(assessor.report_outage(REASON, at(secs + 1)));
        }
    }
    let actions: Vec<&str> = told.iter().map(|event| event.alert.action.as_str()).collect();
    assert_eq!(actions[0], "open");
    assert!(actions[1..].iter().all(|action| *action == "update"), "{actions:?}");
}

#[test]
fn it_closes_with_its_camera_and_is_told_to_nobody_who_does_not_ask() {
    let mut assessor = assessor();
    assert_eq!(assessor.report_outage(REASON, at(0)).len(), 1);
    assert_eq!(assessor.retire(at(5)).len(), 1);
    let mut unasked = Assessor::new(profile(), vec![standing()]).unwrap();
    assert!(unasked.report_outage(REASON, at(0)).is_empty());
}

#[test]
fn an_older_version_that_knows_no_outages_closes_what_is_open() {
    let mut assessor = assessor();
    assessor.report_outage(REASON, at(0));
    let memory = assessor.memory().unwrap();
    let mut older = Assessor::new(profile(), vec![standing()]).unwrap();
    older.restore(&memory).unwrap();
    assert_eq!(picture(&mut older, 5).len(), 1);
}
