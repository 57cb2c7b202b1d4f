//! The endpoint over real HTTP, without a client library: one connection for each request.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::centre::{Centre, Profile, Share};

async fn served(token_life: Duration) -> (Centre, Egova) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("centre/s2-five-steps.toml");
    let mut profile = Profile::load(&path).unwrap().at_speed(1e6);
    profile.fate = crate::centre::profile::Fate::default();
    profile.verify.patience_secs = 0;
    let centre = Centre::new(profile);
    let account = Account {
        client_id: "gridwhistle".to_owned(),
        client_secret: "a secret & more".to_owned(),
        sender_code: "GW01".to_owned(),
        token_life,
    };
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let egova = Egova::serve(centre.clone(), account, any).await.unwrap();
    (centre, egova)
}

/// Status and body.
async fn post(egova: &Egova, target: &str, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let request = format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\
         {headers}\r\n{body}"
    );
    ask(egova, &request).await
}

async fn get(egova: &Egova, target: &str) -> (u16, String) {
    ask(egova, &format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await
}

async fn ask(egova: &Egova, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(egova.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn token(egova: &Egova) -> String {
    let form =
        "grant_type=client_credentials&client_id=gridwhistle&client_secret=a+secret+%26+more";
    let (status, body) = post(egova, "/oauth/extras/openapi/client", "", form).await;
    assert_eq!(status, 200, "{body}");
    let granted: Value = serde_json::from_str(&body).unwrap();
    granted["access_token"].as_str().unwrap().to_owned()
}

/// A call with a token of its own.
async fn call(egova: &Egova, uid: &str, action: &str, data: &Value) -> Value {
    let token = token(egova).await;
    let call = json!({ "uid": uid, "senderCode": "GW01", "action": action, "data": data });
    let target = format!("/openapi/third?egova_openapi_token={token}");
    let (status, body) = post(egova, &target, "", &call.to_string()).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

fn case() -> Value {
    json!({
        "caseId": "01932f10-7a10-7b00-8a00-000000000001",
        "registerTime": "2026-11-22 09:15:07",
        "eventDesc": "消防通道内1辆机动车停留超过300秒",
        "recTypeId": "2101", "recTypeName": "占用消防通道",
        "eventSrcId": "31", "eventSrcName": "视频监控",
        "address": "金海小区东侧", "keyword": "fire_lane_blocked",
        "coordinateX": 117.112, "coordinateY": "40.144",
        "communityId": "110117001003",
        "medias": [{ "mediaName": "a.jpg", "content": "/9j/", "mediaUsage": "上报", "mediaTypeId": 1 }],
    })
}

#[tokio::test]
async fn a_report_again_is_the_same_case() {
    let (centre, egova) = served(Duration::from_secs(60)).await;
    let first = call(&egova, "u-1", "REPORT", &case()).await;
    let same_call = call(&egova, "u-1", "REPORT", &case()).await;
    let same_case = call(&egova, "u-2", "REPORT", &case()).await;
    assert_eq!(first["data"]["recId"], "10001", "{first}");
    assert_eq!(same_call, first);
    assert_eq!(same_case["data"]["recId"], "10001");
    assert_eq!(same_case["data"]["duplicate"], true);
    assert_eq!(centre.report().cases, 1);
    let served = egova.served();
    assert_eq!((served.reports, served.repeated_reports), (1, 2));
}

#[tokio::test]
async fn a_report_brings_pictures_of_megabytes() {
    let (centre, egova) = served(Duration::from_secs(60)).await;
    let mut report = case();
    report["medias"][0]["content"] = "/9j/".repeat(1024 * 1024).into();
    let reply = call(&egova, "u-1", "REPORT", &report).await;
    assert_eq!(reply["success"], true, "{reply}");
    assert_eq!(centre.report().cases, 1);
    let [(_, size)] = &egova.pictures(report["caseId"].as_str().unwrap())[..] else {
        panic!("one picture came")
    };
    assert_eq!(*size, 3 * 1024 * 1024);
}

#[tokio::test]
async fn a_fault_names_its_field() {
    let (_centre, egova) = served(Duration::from_secs(60)).await;
    let mut faults = String::new();
    let mut check = async |call_data: Value, action: &str| {
        let reply = call(&egova, &format!("u-{}", faults.len()), action, &call_data).await;
        assert_eq!(reply["success"], false, "{reply}");
        faults += &format!("{} {}\n", reply["code"], reply["message"].as_str().unwrap());
    };
    for (field, value) in [
        ("address", Value::Null),
        ("registerTime", json!("2026-11-22T09:15:07Z")),
        ("recTypeId", json!("")),
        ("eventDesc", json!(["a"])),
        ("coordinateX", json!("east")),
        ("medias", json!([])),
        ("medias", json!([{ "mediaName": "a" }])),
        ("medias", json!([{ "mediaName": "a", "mediaUsage": "照片", "mediaTypeId": 1 }])),
        ("medias", json!([{ "mediaName": "a", "mediaUsage": "上报", "mediaTypeId": 1 }])),
        (
            "medias",
            json!([{ "mediaName": "a", "mediaUsage": "上报", "mediaTypeId": 1, "content": "?" }]),
        ),
    ] {
        let mut data = case();
        data[field] = value;
        check(data, "REPORT").await;
    }
    check(json!({}), "DELETE").await;
    check(json!({ "caseId": "none", "reason": "误报" }), "APPLY_CANCEL").await;
    check(json!({ "caseId": "none" }), "CHECK_FEEDBACK").await;
    check(json!({}), "NOTICE_SIGNING").await;
    expect![[r#"
        1004 `address` is required
        1005 `registerTime`: `yyyy-MM-dd HH:mm:ss` is expected, not `2026-11-22T09:15:07Z`
        1004 `recTypeId` is required
        1005 `eventDesc`: text is expected, not ["a"]
        1005 `coordinateX`: a number is expected, not `east`
        1004 `medias` is required
        1004 `medias[0].mediaUsage` is required
        1005 `medias[0].mediaUsage`: one of ["上报", "核查", "核实", "处置", "自处置"] is expected
        1004 `medias[0].content` is required
        1005 `medias[0].content`: base64 is expected: Invalid symbol 63, offset 0.
        1003 `action` `DELETE` is unknown
        1006 no case has `caseId` `none`
        1004 `checkTime` is required
        1004 `noticeIdList` is required
    "#]]
    .assert_eq(&faults);
}

#[tokio::test]
async fn notices_repeat_until_signed_and_a_check_closes_the_case() {
    let (centre, egova) = served(Duration::from_secs(60)).await;
    call(&egova, "u-1", "REPORT", &case()).await;
    let mut notices = String::new();
    let mut checked = false;
    for round in 0.. {
        assert!(round < 2000, "the case never ends:\n{notices}");
        centre.tick();
        let page = call(&egova, "p", "GET_NOTICE_INFO", &json!({ "maxCount": 1 })).await;
        let Some(notice) = page["data"]["noticeList"].get(0) else { continue };
        let again = call(&egova, "p", "GET_NOTICE_INFO", &json!({ "maxCount": 1 })).await;
        assert_eq!(page, again, "unsigned notices repeat");
        let text = |field: &str| notice[field].as_str().unwrap_or("-").to_owned();
        notices +=
            &format!("{} {} {}\n", text("noticeName"), text("actionName"), text("taskDefineName"));
        if notice["checkFlag"] == true && !checked {
            checked = true;
            let data = json!({
                "caseId": notice["caseId"], "checkTime": "2026-11-22 10:00:00", "checkResult": 1,
            });
            let reply = call(&egova, "c-1", "CHECK_FEEDBACK", &data).await;
            assert_eq!(reply["success"], true, "{reply}");
        }
        let sign = json!({ "noticeIdList": [notice["noticeId"]] });
        call(&egova, &format!("s-{round}"), "NOTICE_SIGNING", &sign).await;
        if notice["actionName"] == "考核" {
            break;
        }
    }
    expect![[r#"
        REPORT_NOTICE 受理 受理
        REPORT_NOTICE 立案 受理
        DISPATCH_NOTICE 派遣 派遣
        CHECK_NOTICE 核查 结案
        ARCHIVE_NOTICE 结案 结案
        EVALUATE_NOTICE 考核 评估
    "#]]
    .assert_eq(&notices);
    let report = centre.report();
    assert_eq!(report.passed, 1, "{report}");
    assert!(report.is_answered(), "{report}");
}

#[tokio::test]
async fn only_a_valid_token_is_accepted() {
    let (_centre, egova) = served(Duration::from_secs(60)).await;
    let call = json!({ "uid": "u", "senderCode": "GW01", "action": "GET_NOTICE_INFO", "data": {} });
    let status_of = async |query: &str, header: &str| {
        post(&egova, &format!("/openapi/third{query}"), header, &call.to_string()).await.0
    };
    let first = token(&egova).await;
    assert_eq!(status_of(&format!("?egova_openapi_token={first}"), "").await, 200);
    let header = format!("X-EGOVA-Authorization: Bearer {first}\r\n");
    assert_eq!(status_of("", &header).await, 200);
    let second = token(&egova).await;
    assert_eq!(status_of("", &header).await, 401, "only the latest token is valid");
    assert_eq!(status_of("", "").await, 401);
    assert_eq!(status_of(&format!("?egova_openapi_token={second}"), "").await, 200);
    for bad in ["grant_type=password", "grant_type=client_credentials&client_id=gridwhistle"] {
        assert_eq!(post(&egova, "/oauth/extras/openapi/client", "", bad).await.0, 401, "{bad}");
    }
    let (_centre, brief) = served(Duration::ZERO).await;
    let late = token(&brief).await;
    let target = format!("/openapi/third?egova_openapi_token={late}");
    assert_eq!(post(&brief, &target, "", &call.to_string()).await.0, 401, "it has expired");
}

#[tokio::test]
async fn faults_come_on_demand_and_what_was_done_stays_done() {
    let (centre, egova) = served(Duration::from_secs(60)).await;
    let report = json!({ "uid": "u-1", "senderCode": "GW01", "action": "REPORT", "data": case() });
    let body = report.to_string();
    let mut cases = Vec::new();
    for faults in [
        Faults { fails_before: Share::ALWAYS, ..Faults::default() },
        Faults { expires: Share::ALWAYS, ..Faults::default() },
        Faults { fails_after: Share::ALWAYS, ..Faults::default() },
        Faults { garbled: Share::ALWAYS, ..Faults::default() },
        Faults::default(),
    ] {
        let token = token(&egova).await;
        egova.set_faults(faults);
        let target = format!("/openapi/third?egova_openapi_token={token}");
        let (status, answer) = post(&egova, &target, "", &body).await;
        let whole = serde_json::from_str::<Value>(&answer).is_ok();
        cases.push((status, whole, centre.report().cases));
    }
    expect!["[(500, false, 0), (401, true, 0), (502, false, 1), (200, false, 1), (200, true, 1)]"]
        .assert_eq(&format!("{cases:?}"));
}

#[tokio::test]
async fn the_pages_show_all_cases_each_case_and_its_pictures() {
    let (centre, egova) = served(Duration::from_secs(60)).await;
    let mut reported = case();
    reported["recTypeName"] = json!("<b>占用</b>");
    call(&egova, "u-1", "REPORT", &reported).await;
    centre.tick();
    let (status, overview) = get(&egova, "/").await;
    assert_eq!(status, 200);
    let id = reported["caseId"].as_str().unwrap();
    for shown in ["cases     1, 1 still open", "<circle", "金海小区东侧", "&lt;b&gt;占用&lt;/b&gt;"]
    {
        assert!(overview.contains(shown), "{shown}: {overview}");
    }
    assert!(overview.contains(&format!("href=\"case/{id}\"")), "{overview}");
    assert!(!overview.contains("<b>"), "foreign text is escaped: {overview}");
    let (_, page) = get(&egova, &format!("/case/{id}")).await;
    assert!(page.contains("../picture/01932f10") && page.contains("上报"), "{page}");
    assert!(page.contains("<td>gateway<td>open"), "{page}");
    let (status, bytes) = get(&egova, &format!("/picture/{id}/0")).await;
    assert_eq!((status, bytes.chars().count()), (200, 3));
    for nowhere in ["/case/none", "/picture/none/0", &format!("/picture/{id}/7"), "/x"] {
        assert_eq!(get(&egova, nowhere).await.0, 404, "{nowhere}");
    }
}
