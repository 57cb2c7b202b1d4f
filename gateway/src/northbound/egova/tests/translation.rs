//! What a message is to the case system, and a notice to the gateway.

use contract::Contract;
use expect_test::{Expect, expect};
use incident::alert::schema::CASE_FEEDBACK_V1;

use super::super::case::step;
use super::super::notice::Notice;
use super::*;

fn check_step(change: impl FnOnce(&mut Value), expected: Expect) {
    let books = Books::open();
    let mut message: Value = serde_json::from_str(include_str!(
        "../../../../../tests/golden/alert-v1/fire_lane_blocked.open.json"
    ))
    .unwrap();
    change(&mut message);
    let settings = books.settings(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
    let step = step(&message, &settings, &books.evidence);
    let shown = step.map_or("nothing".to_owned(), |step| {
        format!("{} {}", step.action, serde_json::to_string_pretty(&step.data).unwrap())
    });
    expected.assert_eq(&shown);
}

#[test]
fn an_alert_opened_is_a_report() {
    check_step(
        |_| {},
        expect![[r#"
            REPORT {
              "address": "乐园社区东侧消防通道(示例)",
              "caseId": "01a200d0-4960-7888-afc7-5a69c2651607",
              "cellId": "110117001008002",
              "cellName": "1号楼院第2微网格",
              "communityId": "110117001008",
              "communityName": "乐园社区(示例)",
              "coordinateX": 117.1121,
              "coordinateY": 40.1441399,
              "deviceId": "cam-0412",
              "eventDesc": "乐园社区东侧消防通道(示例)：通道被占用（1辆汽车、占通道宽度56%、3分钟）",
              "eventSrcId": "31",
              "eventSrcName": "视频监控",
              "eventTypeId": "2",
              "eventTypeName": "事件",
              "keyword": "fire_lane_blocked",
              "mainTypeId": "21",
              "medias": [
                {
                  "mediaName": "ev-1.jpg",
                  "mediaPath": "http://127.0.0.1:18080/evidence/ev-1.jpg",
                  "mediaTypeId": 1,
                  "mediaUsage": "上报"
                }
              ],
              "recTypeId": "1101172101",
              "recTypeName": "占用消防车通道",
              "registerTime": "2026-11-22 09:13:00",
              "streetId": "110117001",
              "streetName": "滨河街道(示例)",
              "subTypeId": "01",
              "title": "占用消防车通道",
              "urgentLevelId": 2
            }"#]],
    );
}

#[test]
fn a_verdict_is_the_result_of_a_check() {
    check_step(
        |message| {
            message["action"] = "verify".into();
            message["verification"] = json!({
                "request_msg_id": "x", "result": "failed", "reason": "still_present",
                "finished": "2026-11-22T10:28:50Z",
            });
        },
        expect![[r#"
            CHECK_FEEDBACK {
              "caseId": "01a200d0-4960-7888-afc7-5a69c2651607",
              "checkDesc": "still_present",
              "checkResult": "2",
              "checkTime": "2026-11-22 18:28:50",
              "medias": []
            }"#]],
    );
}

#[test]
fn a_look_that_still_goes_on_is_nothing() {
    check_step(|message| message["action"] = "verify".into(), expect!["nothing"]);
}

#[test]
fn an_alert_that_the_case_system_closed_is_nothing() {
    for stage in ["closed", "false_alarm", "merged"] {
        check_step(
            |message| {
                message["action"] = "close".into();
                message["close_reason"] = "false_alarm".into();
                message["case"] = json!({ "stage": stage });
            },
            expect!["nothing"],
        );
    }
}

#[test]
fn an_alert_that_expired_is_taken_back() {
    check_step(
        |message| {
            message["action"] = "close".into();
            message["close_reason"] = "expired".into();
        },
        expect![[r#"
            APPLY_CANCEL {
              "caseId": "01a200d0-4960-7888-afc7-5a69c2651607",
              "reason": "超过时限"
            }"#]],
    );
}

fn notice() -> Value {
    json!({
        "noticeId": "N-77", "noticeName": "CHECK_NOTICE", "caseId": alert_id(1),
        "recId": "10001", "taskNum": "PG-1", "taskDefineName": "核查", "actionName": "核查",
        "actionTime": "2026-11-22 18:28:50", "unitName": "街道", "itemContent": "请核查",
        "signDeadline": "2026-11-22 19:00:00", "checkFlag": true, "checkSettleSecs": 60,
    })
}

#[test]
fn a_notice_is_feedback_as_the_schema_has_it() {
    let read = Notice::read(&notice(), "egova", Offset::constant(8)).unwrap();
    let feedback: Value = serde_json::from_slice(&read.payload(4)).unwrap();
    Contract::new(CASE_FEEDBACK_V1).check(&feedback).unwrap();
    expect![[r#"
        {
          "actor": {
            "org": "街道"
          },
          "alert_id": "01932f10-7a10-7b00-8a00-000000000001",
          "case": {
            "rec_id": "10001",
            "stage_name": "核查",
            "system": "egova",
            "task_num": "PG-1"
          },
          "deadlines": {
            "sign": "2026-11-22T11:00:00Z"
          },
          "event": "verify_request",
          "msg_id": "b9b5ab5d-8d5b-83b9-8ffe-fe2ecf871401",
          "reason": {
            "code": "other",
            "text": "请核查"
          },
          "seq": 4,
          "spec": "cg.case/1",
          "time": "2026-11-22T10:28:50Z",
          "verify": {
            "mode": "auto",
            "settle_s": 60
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&feedback).unwrap());
}

#[test]
fn a_notice_that_says_nothing_says_why() {
    let mut faults = String::new();
    for (field, value) in [
        ("noticeId", json!("")),
        ("caseId", json!("17")),
        ("actionName", json!("闭环")),
        ("actionTime", json!("yesterday")),
    ] {
        let mut notice = notice();
        notice[field] = value;
        let fault = Notice::read(&notice, "egova", Offset::constant(8)).unwrap_err();
        faults += &format!("{fault}\n");
    }
    expect![[r#"
        it has no `noticeId`
        `caseId` 17 is no alert's id
        `actionName` 闭环 is unknown
        `actionTime` is no time
    "#]]
    .assert_eq(&faults);
}
