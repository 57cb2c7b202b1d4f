//! Clips cut from what a simulated camera sends, held against the recording that it plays.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hw_sim::play::Cameras;
use hw_sim::scenario::Scenario;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::*;
use camera::{
    CodedPicture, RingBounds, SessionOutputs, Settings, SharedGate, SharedHealth, SharedRing,
    stay_connected,
};

fn media() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.media")
}

/// Slices of coded pictures (H.264 table 7-1, H.265 table 7-1), from NAL units with start codes.
fn slices(codec: Codec, annex_b: &[u8]) -> Vec<Vec<u8>> {
    let mut units: Vec<Vec<u8>> = Vec::new();
    let mut zeros = 0;
    for byte in annex_b {
        if zeros >= 2 && *byte == 1 {
            if let Some(unit) = units.last_mut() {
                unit.truncate(unit.len() - zeros);
            }
            units.push(Vec::new());
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        if let Some(unit) = units.last_mut() {
            unit.push(*byte);
        }
    }
    units.retain(|unit| match codec {
        Codec::H264 => (1..=5).contains(&(unit[0] & 0x1f)),
        Codec::H265 => (unit[0] >> 1) & 0x3f < 32,
    });
    units
}

/// The slices of a file, in order.
fn slices_of_file(codec: Codec, file: &Path) -> Vec<Vec<u8>> {
    let (format, filter) = match codec {
        Codec::H264 => ("h264", "h264_mp4toannexb"),
        Codec::H265 => ("hevc", "hevc_mp4toannexb"),
    };
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-c", "copy", "-bsf:v", filter, "-f", format, "-"])
        .output()
        .expect("ffmpeg runs; run `make setup`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    slices(codec, &output.stdout)
}

/// What ffprobe says of a file: seconds, width, height, and pictures that can be decoded.
fn probe(file: &Path) -> (f64, u32, u32, usize) {
    let entries = "stream=width,height,nb_read_frames:format=duration";
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_entries", entries, "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe runs; run `make setup`");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut words = text.split([',', '\n']);
    let mut word = || words.next().unwrap().to_owned();
    let (width, height, frames) = (word(), word(), word());
    let secs = word().parse().unwrap();
    (secs, width.parse().unwrap(), height.parse().unwrap(), frames.parse().unwrap())
}

/// Six seconds of a simulated camera, as its session puts them into a ring.
pub(crate) async fn recorded(clip: &str) -> SharedRing {
    let camera = format!(
        "[[camera]]\nid = \"cam\"\nclip = \"{clip}\"\nplayback = \"loop\"\nstart_offset_secs = 5.0\n"
    );
    let text = format!("title = \"ring\"\nduration_secs = 60\n{camera}");
    let scenario = Scenario::parse(&text, Path::new("ring.toml")).unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let cameras = Cameras::start(&scenario, &media(), listen).await.unwrap();
    let secs = std::time::Duration::from_secs;
    let ring = SharedRing::new(RingBounds { bytes: 8 << 20, span: secs(20) });
    let settings = Settings {
        step_timeout: secs(10),
        ..Settings::new("cam", cameras.urls()[0].parse().unwrap())
    };
    let (gate, came) = (Arc::new(SharedGate::new(1 << 20)), Arc::new(Notify::new()));
    let (taken, arrived) = (Arc::clone(&gate), Arc::clone(&came));
    let outputs = SessionOutputs {
        learnt: Default::default(),
        handed_over: Default::default(),
        gate,
        // It is called for each picture if each is taken at once.
        request_turn: Arc::new(move || {
            drop(taken.take());
            arrived.notify_one();
        }),
        health: SharedHealth::default(),
        ring: Some(ring.clone()),
        is_news: true,
    };
    let shutdown = CancellationToken::new();
    let session = tokio::spawn(stay_connected(settings, outputs, shutdown.clone()));
    let long_enough = |ring: &SharedRing| {
        let ring = ring.lock();
        let whole = ring.cut(CaptureTime::from_unix_micros(0), ring.latest_at()?)?;
        let first = whole.pictures.first()?.captured_at;
        (ring.latest_at()?.since(first) > secs(6)).then_some(())
    };
    while long_enough(&ring).is_none() {
        came.notified().await;
    }
    shutdown.cancel();
    session.await.unwrap();
    ring
}

async fn check(codec: Codec, clip: &str) {
    let ring = recorded(clip).await;
    let latest = ring.lock().latest_at().unwrap();
    let (from, to) = (latest.before(Duration::from_secs(3)), latest.before(Duration::from_secs(1)));
    let footage = ring.lock().cut(from, to).unwrap();
    assert_eq!(footage.codec, codec);
    let steps = RefCell::new(Vec::new());
    let written = write_mp4(&footage, |bytes| steps.borrow_mut().push(bytes)).unwrap();
    let sizes: Vec<_> = footage.pictures.iter().map(|picture| picture.data.len()).collect();
    let steps = steps.into_inner();
    assert_eq!(steps[1..], sizes, "each picture is a step of its own");
    assert!(steps[0] >= sizes[0], "as is what tells of the track");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clip.mp4");
    fs::write(&file, &written.mp4).unwrap();

    // The key frames come every two seconds.
    let (secs, width, height, pictures) = probe(&file);
    assert_eq!(((width, height), written.size_px), ((768, 576), (768, 576)));
    assert!((2.0..=4.1).contains(&secs), "{secs}");
    assert!((secs - written.duration.as_secs_f64() - 0.04).abs() < 0.02, "{secs} {written:?}");
    assert_eq!(pictures, footage.pictures.len(), "all of them can be decoded");

    let kept = slices_of_file(codec, &file);
    let sent: Vec<Vec<u8>> =
        footage.pictures.iter().flat_map(|picture| slices(codec, &picture.data)).collect();
    assert!(kept == sent, "bit by bit what the camera sent, in its order");
    let recording: BTreeSet<Vec<u8>> =
        slices_of_file(codec, &media().join(clip)).into_iter().collect();
    assert!(kept.iter().all(|slice| recording.contains(slice)), "and what it had recorded");
}

#[tokio::test]
async fn a_clip_holds_the_pictures_that_an_h264_camera_sent() {
    check(Codec::H264, "street-h264.mp4").await;
}

#[tokio::test]
async fn a_clip_holds_the_pictures_that_an_h265_camera_sent() {
    check(Codec::H265, "street-h265.mp4").await;
}

#[test]
fn footage_that_is_no_video_makes_no_clip() {
    let pictures = vec![CodedPicture {
        data: vec![0x5a; 4000].into(),
        captured_at: CaptureTime::from_unix_micros(0),
        is_random_access_point: true,
    }];
    let error = write_mp4(&Footage { codec: Codec::H264, pictures }, |_| {}).unwrap_err();
    assert!(matches!(error, ClipError::Parameters(_)), "{error}");
}

#[test]
fn pictures_that_are_shown_in_another_order_are_decoded_in_theirs() {
    // I P B B, twice, as an encoder with reordering sends them.
    let shown_at = [0, 3, 1, 2, 4, 7, 5, 6];
    let pictures = shown_at.iter().map(|frame| CodedPicture {
        data: vec![0].into(),
        captured_at: CaptureTime::from_unix_micros(1_000_000 + frame * 40_000),
        is_random_access_point: false,
    });
    let footage = Footage { codec: Codec::H264, pictures: pictures.collect() };
    let times = timeline(&footage);
    assert!(times.windows(2).all(|pair| pair[0].decoded < pair[1].decoded), "{times:?}");
    assert!(times.iter().all(|times| times.decoded <= times.shown), "{times:?}");
    let shown: Vec<i64> = times.iter().map(|times| times.shown / 3600).collect();
    assert_eq!(shown, shown_at);
}
