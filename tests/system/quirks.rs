//! Odd and hostile cameras: each quirk of the simulator through `probe` and through `run`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use hw_sim::camera::quirk::{self, Outcome, Quirk};
use hw_sim::play::{Cameras, QUIRK_LOGIN};
use tokio::process::Command;

use crate::house::{GATEWAY, free_ports, media};
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

/// How long hostile cameras have their way.
const ATTACK: Duration = Duration::from_secs(45);

/// Cameras that must not notice.
const HEALTHY: usize = 8;

/// A pause of the healthy cameras, and how many of them an attack may cause.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSES: usize = 2;

/// How late a picture is seen in the counters: they move once for each group of pictures, a second.
const COUNTED_WITHIN: Duration = Duration::from_millis(1500);

/// How often the counters are read.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Shows a table although the test passes.
fn show(table: &str) {
    drop(std::io::stderr().write_all(table.as_bytes()));
}

/// Serves all quirks on a free port.
async fn serve(quirks: impl IntoIterator<Item = &'static Quirk>) -> (Cameras, SocketAddr) {
    let listen = SocketAddr::from(([127, 0, 0, 1], free_ports().cameras));
    let cameras = Cameras::with_quirks(quirks, &media(), listen).await;
    (cameras.expect("the cameras run"), listen)
}

/// What `probe` says of a camera; nothing if it does not end.
async fn probe(quirk: &Quirk, listen: SocketAddr, password: &Path) -> Option<Output> {
    let url = format!("rtsp://{listen}/{}", quirk.name);
    let mut command = Command::new(GATEWAY);
    command.args(["probe", &url, "--secs", "3"]).stdin(Stdio::null()).kill_on_drop(true);
    if quirk.needs_udp() {
        command.args(["--transport", "udp"]);
    }
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

/// A play without street cameras, to which these are added.
fn setting(files: &[CameraFile]) -> Setting {
    let setting = Setting::new(&[]);
    for file in files {
        quirk_cameras::write(&setting.settings.config, file);
    }
    setting
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_odd_cameras_are_analysed_side_by_side() {
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

fn analysed(metrics: &str, camera: &str) -> f64 {
    let series = format!("gridwhistle_pictures_analysed_total{{camera=\"{camera}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
    value.and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

/// Units that came from a camera, whatever became of them.
fn received(metrics: &str, camera: &str) -> f64 {
    let is_of = |line: &&str| {
        line.starts_with("gridwhistle_access_units_total{")
            && line.contains(&format!("camera=\"{camera}\""))
    };
    let values = metrics.lines().filter(is_of).filter_map(|line| line.rsplit(' ').next());
    values.filter_map(|value| value.parse::<f64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_cameras_cost_healthy_ones_two_pauses_at_most() {
    let hostile = || quirk::all().filter(|quirk| quirk.outcome == Outcome::Hostile);
    let (cameras, listen) = serve(hostile()).await;
    let healthy: Vec<CameraFile> =
        (1..=HEALTHY).map(|number| CameraFile::healthy(number, listen)).collect();
    let attackers: Vec<CameraFile> = hostile().map(|quirk| CameraFile::of(quirk, listen)).collect();
    let setting = setting(&healthy);
    let config: PathBuf = setting.settings.config.clone();
    setting
        .play(async |play| {
            play.until_page("the healthy cameras are analysed", async |page| {
                let Ok(metrics) = page.get("/metrics").await else { return false };
                let metrics = metrics.text();
                healthy.iter().all(|file| analysed(&metrics, &file.id) >= 2.0)
            })
            .await?;
            for file in &attackers {
                quirk_cameras::write(&config, file);
            }
            let losses = watch(play, &healthy).await?;
            let attacked = attackers.iter().filter(|file| cameras.handle().was_asked(&file.id));
            expect(attacked.count() == attackers.len(), "every hostile camera was asked")?;
            let thief = "redirect-to-a-thief";
            let stolen = cameras.handle().logins_elsewhere(thief);
            expect(stolen == 0, &format!("no password goes elsewhere: {stolen} times"))?;
            expect(losses.is_empty(), &format!("the healthy cameras go on: {losses:#?}"))?;
            Ok(TOLD_OF_HOSTILE_CAMERAS)
        })
        .await;
}

/// What the log may say as an error while hostile cameras are there: nothing.
const TOLD_OF_HOSTILE_CAMERAS: [&str; 0] = [];

/// Watches the healthy cameras through the attack, shows what each lost, and gives what was too much.
async fn watch(play: &mut Play, healthy: &[CameraFile]) -> Result<Vec<String>, String> {
    struct Seen {
        units: f64,
        moved_at: Instant,
        pauses: Vec<Duration>,
    }
    let began = Instant::now();
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    let mut first: BTreeMap<&str, f64> = BTreeMap::new();
    while began.elapsed() < ATTACK {
        play.go_on(LOOK_EVERY).await?;
        let metrics = play.page.get("/metrics").await.map_err(|error| error.to_string())?.text();
        let now = Instant::now();
        for CameraFile { id, .. } in healthy {
            let units = received(&metrics, id);
            first.entry(id).or_insert(units);
            let known = seen.entry(id).or_insert(Seen { units, moved_at: now, pauses: Vec::new() });
            if units > known.units {
                let pause = now - known.moved_at;
                if pause > COUNTED_WITHIN {
                    known.pauses.push(pause);
                }
                (known.units, known.moved_at) = (units, now);
            }
        }
    }
    let mut table = String::from("healthy camera   pictures   pauses\n");
    let mut losses = Vec::new();
    for (id, Seen { units, moved_at, mut pauses }) in seen {
        if moved_at.elapsed() > COUNTED_WITHIN {
            pauses.push(moved_at.elapsed());
        }
        let told: Vec<String> =
            pauses.iter().map(|pause| format!("{:.1} s", pause.as_secs_f64())).collect();
        let pictures = units - first.get(id).copied().unwrap_or(0.0);
        let line = format!("{id:<14}{pictures:>11}   {}", told.join(", "));
        let is_too_much = pauses.len() > PAUSES
            || pauses.iter().any(|pause| *pause > PAUSE + COUNTED_WITHIN)
            || pictures < 1.0;
        if is_too_much {
            losses.push(line.clone());
        }
        writeln!(table, "{line}").expect("a String takes all");
    }
    show(&table);
    Ok(losses)
}
