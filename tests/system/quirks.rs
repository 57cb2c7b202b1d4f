//! Odd cameras: each quirk of the simulator through `probe` and through `run`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use hw_sim::camera::quirk::{self, Outcome, Quirk};
use hw_sim::play::{Cameras, QUIRK_LOGIN};
use tokio::process::Command;

use crate::house::{GATEWAY, free_ports, media, whole_machine};
use crate::quirk_cameras::{self, CameraFile};
use crate::street::{Play, Setting, expect};

/// Probes at the same time: most of their time is waiting.
const PROBES: usize = 12;

/// How long a probe of three seconds may take, whatever the camera does.
const PROBE_ENDS: Duration = Duration::from_secs(60);

/// A camera that is busy at first is asked again so often.
const TRIES: u32 = 3;

/// How long all odd cameras together may take until each was analysed, on a busy machine.
const ALL_ANALYSED: Duration = Duration::from_secs(300);

/// Shows a table although the test passes.
pub(crate) fn show(table: &str) {
    drop(std::io::stderr().write_all(table.as_bytes()));
}

/// Serves all quirks on a free port.
pub(crate) async fn serve(
    quirks: impl IntoIterator<Item = &'static Quirk>,
) -> (Cameras, SocketAddr) {
    let listen = SocketAddr::from(([127, 0, 0, 1], free_ports().cameras));
    let cameras = Cameras::with_quirks(quirks, &media(), listen).await;
    (cameras.expect("the cameras run"), listen)
}

/// What `probe` says of a camera; nothing if it does not end.
async fn probe(quirk: &Quirk, listen: SocketAddr, password: &Path) -> Option<Output> {
    let url = format!("rtsp://{listen}/{}", quirk.name);
    let mut command = Command::new(GATEWAY);
    command.args(["probe", &url, "--secs", "3", "--transport", quirk.transport()]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    if quirk.needs_login() {
        command.args(["--user", QUIRK_LOGIN[0], "--password-file"]).arg(password);
    }
    let output = tokio::time::timeout(PROBE_ENDS, command.output()).await.ok()?;
    Some(output.expect("the gateway starts"))
}

/// What is wrong with what `probe` said.
fn fault(quirk: &Quirk, output: Option<&Output>) -> Option<String> {
    let Some(output) = output else {
        return Some(format!("it does not end within {} s", PROBE_ENDS.as_secs()));
    };
    let report = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    let shows = report.contains("first picture after");
    if complaint.contains("panicked") || code.is_none_or(|code| code > 100) {
        return Some(format!("it broke ({:?}): {complaint}", output.status));
    }
    if complaint.contains("Some(") || complaint.contains("Error {") {
        return Some(format!("it speaks like a program: {complaint}"));
    }
    match quirk.outcome {
        Outcome::Plays if !shows => Some(format!("no pictures: {complaint}")),
        Outcome::Refused if code == Some(0) => Some(format!("it finds nothing wrong: {report}")),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_plays_every_odd_camera_and_survives_every_hostile_one() {
    let _alone = whole_machine().await;
    let (_cameras, listen) = serve(quirk::all()).await;
    let work = tempfile::tempdir().expect("a temporary folder");
    let password = work.path().join("password");
    fs::write(&password, QUIRK_LOGIN[1]).expect("written");
    let probed = futures::stream::iter(quirk::all()).map(async |quirk| {
        let tries = if quirk.name.ends_with("-for-a-while") { TRIES } else { 1 };
        let mut found = None;
        for _ in 0..tries {
            found = fault(quirk, probe(quirk, listen, &password).await.as_ref());
            if found.is_none() {
                break;
            }
        }
        (quirk.name, found)
    });
    let probed: Vec<(&str, Option<String>)> = probed.buffered(PROBES).collect().await;
    let faults: Vec<String> = probed
        .iter()
        .filter_map(|(name, fault)| Some(format!("{name}: {}", fault.as_ref()?)))
        .collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), probed.len(), faults.join("\n"));
}

/// What an operator reads of a camera that cannot or should not be shown.
const REFUSALS: [(&str, &str); 17] = [
    (
        "redirect-in-a-circle",
        "the camera sends us elsewhere: \"rtsp://ADDRESS/redirect-in-a-circle\" leads round in a circle",
    ),
    ("redirect-without-location", "the camera sends us elsewhere: \"\" is no address of a stream"),
    (
        "basic-only",
        "the camera wants the password unencrypted (Basic); switch digest authentication on in the \
         camera, use rtsps://, or allow it with `allow_basic_auth = true`",
    ),
    (
        "answer-only-announced",
        "the camera announces its answer to DESCRIBE again and again (100) and does not give it within \
         5 s; restart the camera if that stays",
    ),
    (
        "addresses-to-choose-from",
        "300: the stream is at several addresses; set `url` to one of them (DESCRIBE)",
    ),
    (
        "status-unknown",
        "999: the camera answers with a number that is no status of RTSP; is this its RTSP port? (DESCRIBE)",
    ),
    (
        "sessions-taken",
        "453: no free session on the camera; close another viewer, or raise its limit (SETUP)",
    ),
    (
        "tunnel-redirected-in-a-circle",
        "the camera sends us elsewhere: \"http://ADDRESS/tunnel-redirected-in-a-circle\" leads round in a \
         circle",
    ),
    (
        "tunnel-redirected-to-https",
        "the camera sends us elsewhere: \"rtsps://ADDRESS/tunnel-redirected-to-https\" is encrypted; set \
         `url` to it, with `ca_file` or `certificate_sha256`",
    ),
    (
        "tunnel-absent",
        "no RTSP over HTTP: 404: the camera has no tunnel at this path; check the address after the host, \
         or set `transport = \"tcp\"` and its RTSP port in `url` (GET)",
    ),
    (
        "tunnel-forbidden",
        "no RTSP over HTTP: 403: the camera forbids it; the user may lack the right to view, or be locked \
         for a while (GET)",
    ),
    (
        "tunnel-is-a-page",
        "no RTSP over HTTP: the camera answers with a page (text/html; charset=utf-8); check the address \
         after the host, and whether RTSP over HTTP is switched on in the camera",
    ),
    (
        "tunnel-post-refused",
        "no RTSP over HTTP: 501: the camera's web server knows no tunnel; set `transport = \"tcp\"` and \
         its RTSP port in `url` (POST)",
    ),
    (
        "tunnel-post-redirected",
        "no RTSP over HTTP: 302: the camera points elsewhere in a way that is not known here (POST)",
    ),
    (
        "tunnel-post-unread",
        "no answer to DESCRIBE within 5 s; is the address right and the camera on?",
    ),
    (
        "tunnel-answered-in-rtsp",
        "no RTSP over HTTP: the camera speaks RTSP at this port; set `transport = \"tcp\"`, or name its \
         HTTP port in `url`",
    ),
    (
        "rtsp-at-the-web-port",
        "the camera speaks HTTP at this port, and no RTSP; set `transport = \"http\"` to carry RTSP inside \
         HTTP, or name its RTSP port in `url`, which mostly is 554",
    ),
];

/// The exit code of `probe` for a camera that shows nothing.
const UNAVAILABLE: i32 = 69;

fn refused() -> impl Iterator<Item = &'static Quirk> {
    quirk::all().filter(|quirk| quirk.outcome == Outcome::Refused)
}

/// What is said of the camera with this name at `listen`.
fn refusal(name: &str, listen: SocketAddr) -> String {
    let words = REFUSALS.iter().find(|(it, _)| *it == name).expect("each refusal has its words");
    words.1.replace("ADDRESS", &listen.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_of_a_camera_that_is_refused_says_why_and_ends_with_a_code() {
    let (_cameras, listen) = serve(refused()).await;
    let work = tempfile::tempdir().expect("a temporary folder");
    let password = work.path().join("password");
    fs::write(&password, QUIRK_LOGIN[1]).expect("written");
    for quirk in refused() {
        let output = probe(quirk, listen, &password).await.expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!("rtsp://{listen}/{}: {}\n", quirk.name, refusal(quirk.name, listen));
        assert!(said.ends_with(&expected), "{}: {said} instead of {expected}", quirk.name);
        assert_eq!(output.status.code(), Some(UNAVAILABLE), "{}", quirk.name);
        assert!(output.stdout.is_empty(), "{}: nothing was seen", quirk.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_says_why_a_camera_is_refused_in_its_status_and_in_its_log() {
    let (_cameras, listen) = serve(refused()).await;
    let files: Vec<CameraFile> = refused().map(|quirk| CameraFile::of(quirk, listen)).collect();
    setting(&files)
        .play(async |play| {
            for CameraFile { id, .. } in &files {
                let words = refusal(id, listen);
                play.until_heard(&format!("{id} is offline: {words}"), |journal| {
                    journal.devices.get(id).is_some_and(|status| {
                        status.status == "offline"
                            && status.reason.as_deref() == Some(words.as_str())
                    })
                })
                .await?;
                let log = fs::read_to_string(play.work().join("gateway.log"));
                let log = log.map_err(|error| error.to_string())?;
                let is_told = |line: &str| {
                    line.contains("camera offline")
                        && line.contains(id.as_str())
                        && line.replace("\\\"", "\"").contains(&words)
                };
                expect(log.lines().any(is_told), &format!("the log says of {id}: {words}"))?;
            }
            Ok([])
        })
        .await;
}

/// A play without street cameras, to which these are added.
pub(crate) fn setting(files: &[CameraFile]) -> Setting {
    let setting = Setting::new(&[]);
    for file in files {
        quirk_cameras::write(&setting.settings.config, file);
    }
    setting
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_odd_cameras_are_analysed_side_by_side() {
    let _alone = whole_machine().await;
    let plays = || quirk::all().filter(|quirk| quirk.outcome == Outcome::Plays);
    let (_cameras, listen) = serve(plays()).await;
    let files: Vec<CameraFile> = plays().map(|quirk| CameraFile::of(quirk, listen)).collect();
    setting(&files).play(async |play| each_is_analysed(play, &files).await).await;
}

async fn each_is_analysed(
    play: &mut Play,
    files: &[CameraFile],
) -> Result<[&'static str; 0], String> {
    let began = Instant::now();
    let mut seen: BTreeMap<&str, Duration> = BTreeMap::new();
    while seen.len() < files.len() && began.elapsed() < ALL_ANALYSED {
        play.go_on(Duration::from_secs(1)).await?;
        let Ok(metrics) = play.page.get("/metrics").await else { continue };
        let metrics = metrics.text();
        for file in files.iter().filter(|file| analysed(&metrics, &file.id) >= 1.0) {
            seen.entry(&file.id).or_insert_with(|| began.elapsed());
        }
    }
    let mut table = String::new();
    let mut missing = Vec::new();
    for CameraFile { id, .. } in files {
        let status = play.journal().devices.get(id);
        let told = status.map_or_else(String::new, |status| {
            format!("{} {}", status.status, status.reason.as_deref().unwrap_or_default())
        });
        let at = seen.get(id.as_str()).map(|at| format!("{} s", at.as_secs()));
        if at.is_none() {
            missing.push(format!("{id}: {told}"));
        }
        let at = at.unwrap_or_else(|| "never".to_owned());
        writeln!(table, "{id:<40}{at:>8}  {told}").expect("a String takes all");
    }
    show(&format!("odd cameras, analysed after\n{table}"));
    let all = files.len();
    expect(missing.is_empty(), &format!("all {all} are analysed, not without {missing:#?}"))?;
    Ok([])
}

pub(crate) fn analysed(metrics: &str, camera: &str) -> f64 {
    let series = format!("gridwhistle_pictures_analysed_total{{camera=\"{camera}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
    value.and_then(|value| value.parse().ok()).unwrap_or(0.0)
}
