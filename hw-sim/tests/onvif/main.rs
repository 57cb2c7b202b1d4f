//! The simulated ONVIF cameras are honest: WSDiscovery finds them, and onvif-zeep asks them.

use std::net::Ipv4Addr;
use std::path::Path;

use expect_test::expect;
use hw_sim::onvif::{GROUP, OnvifCamera, OnvifProfile};
use tokio::process::Command;

/// `make setup` has fetched both clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_independent_clients_find_and_ask_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let clients = root.join("../.setup/onvif-client");
    assert!(clients.join("onvif").is_dir(), "the clients are not there: make setup");
    let mut cameras = Vec::new();
    for number in 1..=2 {
        let camera = OnvifCamera::start(OnvifProfile::street(number), Ipv4Addr::LOCALHOST, GROUP);
        cameras.push(camera.await.expect("loopback"));
    }
    let ran = Command::new("python3")
        .env("PYTHONPATH", &clients)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(root.join("tests/onvif/client.py"))
        .args(["2", "guard", "gate 7"])
        .output();
    let ran = ran.await.expect("python3");
    let complaint = String::from_utf8_lossy(&ran.stderr);
    let Ok(told) = String::from_utf8(ran.stdout) else { panic!("{complaint}") };
    assert!(ran.status.success(), "{complaint}");
    expect![[r#"
        {"endpoint": "urn:uuid:4f3a1c52-0000-1000-8000-000000000001", "model": "EX-2", "services": 4, "streams": {"Profile_2": [640, 360, "rtsp://127.0.0.1:8554/Streaming/Channels/102?a=1&b=2"], "Profile_1": [2560, 1440, "rtsp://127.0.0.1:8554/Streaming/Channels/101?a=1&b=2"]}, "presets": {"1": "gate", "2": "道路"}, "dialects": 1, "year": true}
        {"endpoint": "urn:uuid:4f3a1c52-0000-1000-8000-000000000002", "model": "EX-2", "services": 4, "streams": {"Profile_2": [640, 360, "rtsp://127.0.0.1:8554/Streaming/Channels/102?a=1&b=2"], "Profile_1": [2560, 1440, "rtsp://127.0.0.1:8554/Streaming/Channels/101?a=1&b=2"]}, "presets": {"1": "gate", "2": "道路"}, "dialects": 1, "year": true}
        {"refused": "Unknown error: NotAuthorized"}
    "#]].assert_eq(&told);
}
