//! Simulated ONVIF cameras on loopback are found and asked, as they are and as they should not be.

#![expect(clippy::expect_used, reason = "a test that cannot get at its subject must fail")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use discovery::{Answer, Found, Login, ProbeError, ProbeSettings, ask, probe, report};
use expect_test::expect;
use hw_sim::onvif::{OnvifCamera, OnvifProfile};
use jiff::SignedDuration;

/// A group of each test's own: they run at the same time.
const fn group(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), port)
}

const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn login(password: &str) -> Login {
    Login { user: "guard".to_owned(), password: password.to_owned() }
}

async fn found(port: u16, wait_secs: u64) -> Vec<Answer> {
    let settings =
        ProbeSettings { interface: HOST, group: group(port), wait: Duration::from_secs(wait_secs) };
    tokio::task::spawn_blocking(move || probe(settings))
        .await
        .expect("no panic")
        .expect("a network")
}

async fn asked(answer: Answer, login: Option<Login>) -> (Answer, Found) {
    tokio::task::spawn_blocking(move || (answer.clone(), ask(&answer, login.as_ref())))
        .await
        .expect("no panic")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_camera_is_found_once_and_tells_its_streams_presets_and_events() {
    let mut cameras = Vec::new();
    for number in 1..=3 {
        let profile =
            OnvifProfile { ahead: SignedDuration::from_hours(-2), ..OnvifProfile::street(number) };
        cameras.push(OnvifCamera::start(profile, HOST, group(37_021)).await.expect("loopback"));
    }
    let answers = found(37_021, 2).await;
    let endpoints: Vec<&str> = answers.iter().map(|answer| answer.endpoint.as_str()).collect();
    let expected =
        [1, 2, 3].map(|number| format!("urn:uuid:{}", OnvifProfile::street(number).uuid));
    assert_eq!(endpoints, expected);
    let (answer, device) =
        asked(answers.into_iter().next().expect("three"), Some(login("gate 7"))).await;
    let clock = device.ahead_secs.expect("it tells its time");
    assert!((-7205..=-7195).contains(&clock), "{clock}");
    let text = report(&answer, &device).replace(&format!("{} s behind", -clock), "7200 s behind");
    expect![[r##"
        # ==== 127.0.0.1: Example & Co EX-2
        # firmware: V5.7.3
        # serial number: EX20260001
        # endpoint: urn:uuid:4f3a1c52-0000-1000-8000-000000000001
        # its clock is 7200 s behind: set its time server
        # ---- cameras/cam-127-0-0-1.toml
        id = "cam-127-0-0-1"
        name = "东门 1"
        # main: 2560x1440 H264, profile Profile_1
        url = "rtsp://127.0.0.1:8554/Streaming/Channels/101?a=1&b=2"
        # sub: 640x360 H264, profile Profile_2: url = "rtsp://127.0.0.1:8554/Streaming/Channels/102?a=1&b=2"
        # credentials_file = "../credentials/cam-127-0-0-1.toml"
        picture_px = [2560, 1440]
        # PTZ presets: 1 (gate), 2 (道路)

        # Where it stands, in WGS-84. Fill it in: `gridwhistle check` asks for it.
        [place]
        # longitude = 117.112
        # latitude = 40.144
        # events: tns1:RuleEngine/LineDetector/Crossed, tns1:VideoSource/ImageTooDark, tns1:VideoSource/SignalLoss

    "##]].assert_eq(&text);
    assert!(
        cameras[0].asked().iter().all(|call| !call.starts_with('!')),
        "{:?}",
        cameras[0].asked()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_camera_behind_a_router_is_asked_where_it_answered_from() {
    let profile = OnvifProfile {
        knows_services: false,
        says_it_is_at: Some(Ipv4Addr::new(192, 0, 2, 99)),
        presets: Vec::new(),
        ..OnvifProfile::street(1)
    };
    let _camera = OnvifCamera::start(profile, HOST, group(37_022)).await.expect("loopback");
    let answer = found(37_022, 1).await.pop().expect("it answers");
    let (_, device) = asked(answer, Some(login("gate 7"))).await;
    assert_eq!(
        (device.gaps.as_slice(), device.sources.len(), device.topics.len()),
        (&[][..], 1, 3)
    );
    assert_eq!(device.sources[0].streams.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_login_is_tried_once_and_said() {
    let camera =
        OnvifCamera::start(OnvifProfile::street(1), HOST, group(37_023)).await.expect("loopback");
    let answer = found(37_023, 1).await.pop().expect("it answers");
    let (answer, device) = asked(answer, Some(login("gate 8"))).await;
    assert!(device.gaps[0].starts_with("it refuses the login"), "{:?}", device.gaps);
    let (_, device) = asked(answer, None).await;
    assert!(device.gaps[0].contains("--username"), "{:?}", device.gaps);
    let refused = camera.asked().iter().filter(|call| call.starts_with('!')).count();
    assert_eq!(refused, 2, "one each: {:?}", camera.asked());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_and_no_such_address() {
    assert_eq!(found(37_024, 1).await, []);
    let elsewhere = Ipv4Addr::new(192, 0, 2, 1);
    let settings =
        ProbeSettings { interface: elsewhere, group: group(37_024), wait: Duration::from_secs(1) };
    let error = tokio::task::spawn_blocking(move || probe(settings))
        .await
        .expect("no panic")
        .expect_err("not ours");
    assert!(matches!(error, ProbeError::Interface(address) if address == elsewhere), "{error}");
}
