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

/// How long the healthy cameras are watched before.
const CALM: Duration = Duration::from_secs(20);

/// Cameras that must not notice.
const HEALTHY: usize = 8;

/// A pause of the healthy cameras, and how many of them an attack may cause.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSES: usize = 2;

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
pub(crate) fn setting(files: &[CameraFile]) -> Setting {
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
            until_analysed(play, &healthy).await?;
            let calm = watch(play, &healthy, CALM).await?;
            for file in &attackers {
                quirk_cameras::write(&config, file);
            }
            let attacked_gaps = watch(play, &healthy, ATTACK).await?;
            let losses = losses(&calm, &attacked_gaps);
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

/// Waits until the first pictures of healthy cameras have been looked at.
pub(crate) async fn until_analysed(play: &mut Play, healthy: &[CameraFile]) -> Result<(), String> {
    let all = play.until_page("the healthy cameras are analysed", async |page| {
        let Ok(metrics) = page.get("/metrics").await else { return false };
        let metrics = metrics.text();
        healthy.iter().all(|file| analysed(&metrics, &file.id) >= 2.0)
    });
    all.await.map(drop)
}

/// What the log may say as an error while hostile cameras are there: nothing.
const TOLD_OF_HOSTILE_CAMERAS: [&str; 0] = [];

/// The times between the analysed pictures of a camera.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    pictures: f64,
    gaps: Vec<Duration>,
}

impl Gaps {
    pub(crate) fn longest(&self) -> Duration {
        self.gaps.iter().copied().max().unwrap_or_default()
    }
}

/// Watches the analysis of cameras for so long.
pub(crate) async fn watch(
    play: &mut Play,
    cameras: &[CameraFile],
    span: Duration,
) -> Result<BTreeMap<String, Gaps>, String> {
    let began = Instant::now();
    let mut known: BTreeMap<&str, (f64, Instant)> = BTreeMap::new();
    let mut seen: BTreeMap<String, Gaps> = BTreeMap::new();
    while began.elapsed() < span {
        play.go_on(LOOK_EVERY).await?;
        let metrics = play.page.get("/metrics").await.map_err(|error| error.to_string())?.text();
        let now = Instant::now();
        for CameraFile { id, .. } in cameras {
            let count = analysed(&metrics, id);
            let (before, moved_at) = known.entry(id).or_insert((count, now));
            if count > *before {
                let gaps = seen.entry(id.clone()).or_default();
                gaps.pictures += count - *before;
                gaps.gaps.push(now - *moved_at);
                (*before, *moved_at) = (count, now);
            }
        }
    }
    for (id, (_, moved_at)) in known {
        seen.entry(id.to_owned()).or_default().gaps.push(moved_at.elapsed());
    }
    Ok(seen)
}

/// Shows what each healthy camera lost, and gives what was too much: more than two pauses, or one of more
/// than 2 s. A pause is what exceeds the longest time between two pictures when all was calm, by a second
/// at least: a busy machine is not that even.
fn losses(calm: &BTreeMap<String, Gaps>, attacked: &BTreeMap<String, Gaps>) -> Vec<String> {
    let mut table =
        String::from("healthy camera   calm: pictures, longest gap   attacked, gaps beyond that\n");
    let mut losses = Vec::new();
    for (id, before) in calm {
        let usual = before.longest();
        let during = attacked.get(id);
        let gaps = during.map_or(&[][..], |during| &during.gaps);
        let pauses: Vec<Duration> =
            gaps.iter().copied().filter(|gap| *gap > usual + PAUSE / 2).collect();
        let told: Vec<String> =
            pauses.iter().map(|pause| format!("{:.1} s", pause.as_secs_f64())).collect();
        let (pictures, longest) = (before.pictures, usual.as_secs_f64());
        let after = during.map_or(0.0, |during| during.pictures);
        let line =
            format!("{id:<17}{pictures:>3} {longest:>6.1} s {after:>14}   {}", told.join(", "));
        let is_too_long = pauses.iter().any(|pause| *pause > usual + PAUSE + LOOK_EVERY);
        if pauses.len() > PAUSES || is_too_long || after < 1.0 {
            losses.push(line.clone());
        }
        writeln!(table, "{line}").expect("a String takes all");
    }
    show(&table);
    losses
}
