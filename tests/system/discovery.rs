//! `discover` prints a camera file that the gateway takes once its place is filled in.

use std::fs;
use std::net::Ipv4Addr;

use hw_sim::onvif::{GROUP, OnvifCamera, OnvifProfile};

use crate::house::{complaint, free_ports, gridwhistle, write_config};

#[test]
fn a_discovered_camera_becomes_a_camera_of_the_gateway() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // Others on this machine may play cameras at the same time.
    let uuid = format!("9b8c7d60-0000-1000-8000-{:012x}", std::process::id());
    let profile = OnvifProfile { uuid: uuid.clone(), ..OnvifProfile::street(1) };
    let camera = runtime
        .block_on(OnvifCamera::start(profile, Ipv4Addr::LOCALHOST, GROUP))
        .expect("loopback");
    let work = tempfile::tempdir().expect("a temporary folder");
    let password = work.path().join("onvif.password");
    fs::write(&password, "gate 7\n").expect("written");
    let password = password.to_str().expect("UTF-8");
    let asked = gridwhistle(&[
        "discover",
        "--interface",
        "127.0.0.1",
        "--username",
        "guard",
        "--password-file",
        password,
        "--wait-secs",
        "2",
    ]);
    let told = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(asked.status.success(), "{told}{}", String::from_utf8_lossy(&asked.stderr));
    let ours = told.split("# ==== ").find(|part| part.contains(&uuid)).expect("it is found");
    assert!(
        ours.contains("# sub: 640x360 H264") && ours.contains("# PTZ presets: 1 (gate), 2 (道路)"),
        "{ours}"
    );
    assert!(camera.asked().iter().all(|call| !call.starts_with('!')), "{:?}", camera.asked());
    let config = write_config(work.path(), free_ports(), &[]);
    hw_sim::play::Certificates::ensure(&work.path().join("certificates")).expect("certificates");
    let (_, file) = ours
        .split_once("# ---- cameras/")
        .and_then(|(_, rest)| rest.split_once('\n'))
        .expect("a camera");
    let path = config.join("cameras/cam-127-0-0-1.toml");
    let config = config.to_str().expect("UTF-8");
    fs::write(&path, file).expect("written");
    let told = complaint(&gridwhistle(&["check", "--without-model", "--config", config]), 78);
    assert!(told.contains("longitude") && told.contains("latitude"), "{told}");
    fs::write(&path, file.replace("# longitude", "longitude").replace("# latitude", "latitude"))
        .expect("written");
    let checked = gridwhistle(&["check", "--without-model", "--config", config]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn an_address_of_another_machine_is_refused() {
    let told = complaint(&gridwhistle(&["discover", "--interface", "192.0.2.1"]), 64);
    assert!(told.contains("192.0.2.1 is no address of this machine"), "{told}");
}
