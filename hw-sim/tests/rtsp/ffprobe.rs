//! ffprobe, whose demuxer is that of ffplay and of most recorders.

use std::process::Output;

use hw_sim::camera::Credentials;
use tokio::process::Command;

use crate::recording::{camera, h264, h265};
use crate::served::{Served, patiently};

/// Reads 30 pictures and prints the stream's description on one line.
async fn probe(transport: &str, url: &str) -> Output {
    let show = "stream=codec_name,profile,width,height,avg_frame_rate,nb_read_packets";
    let mut command = Command::new("ffprobe");
    command
        .args(["-loglevel", "warning", "-rtsp_transport", transport])
        .args(["-analyzeduration", "1000000", "-read_intervals", "%+#30", "-count_packets"])
        .args(["-show_entries", show, "-of", "csv=p=0", url])
        .kill_on_drop(true);
    patiently(command.output()).await.expect("ffprobe is installed")
}

fn assert_clean(output: &Output, expected: &str) {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{complaints}");
    for trouble in ["missed", "error", "Could not", "dropping"] {
        assert!(!complaints.contains(trouble), "{complaints}");
    }
}

#[tokio::test]
async fn both_codecs_play_over_both_transports() {
    let served = Served::start(vec![camera("a", &h264()), camera("yard/b", &h265())]).await;
    for transport in ["tcp", "udp"] {
        let h264 = probe(transport, &served.url("a")).await;
        assert_clean(&h264, "h264,Constrained Baseline,320,240,25/1,30");
        let h265 = probe(transport, &served.url("yard/b")).await;
        assert_clean(&h265, "hevc,Main,320,240,25/1,30");
    }
}

#[tokio::test]
async fn the_password_decides() {
    let credentials = Some(Credentials::new("guard", "gate 7"));
    let served = Served::start(vec![hw_sim::camera::SimulatedCamera {
        credentials,
        ..camera("a", &h264())
    }])
    .await;
    let url = |user: &str| format!("rtsp://{user}@{}/a", served.addr);

    let right = probe("tcp", &url("guard:gate%207")).await;
    assert_clean(&right, "h264,Constrained Baseline,320,240,25/1,30");
    for wrong in [url("guard:gate%208"), url("thief:gate%207"), served.url("a")] {
        let output = probe("tcp", &wrong).await;
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && complaints.contains("401"), "{wrong}: {complaints}");
    }
}

#[tokio::test]
async fn an_unknown_camera_is_not_found() {
    let served = Served::start(vec![camera("a", &h264())]).await;
    let output = probe("tcp", &served.url("b")).await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("404"));
}
