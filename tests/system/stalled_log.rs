//! Whoever reads the gateway's log stands still. The gateway does not.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::process::{Signal, kill_process};

use crate::eyes::{eyes_of, has_cameras};
use crate::house::GATEWAY;
use crate::street::{CAMERAS, Play, Setting, expect};

/// Longer than all loops and deadlines of a session: one that waits for its log would be known by then.
const WHILE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_waits_for_whoever_reads_the_log() {
    let mut setting = Setting::new(&CAMERAS);
    let path = setting.work.path().join("log");
    let _pipe = full_pipe(&path);
    let program = setting.work.path().join("gridwhistle");
    let log = path.display();
    let script = format!("#!/bin/sh\nexport RUST_LOG=debug\nexec {GATEWAY} \"$@\" 2>\"{log}\"\n");
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("set");
    setting.settings.gateway = program;
    setting.play(direct).await;
}

/// A pipe that takes nothing more. It is open, and nobody reads it.
fn full_pipe(path: &Path) -> File {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe");
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).expect("a flag");
    let mut options = OpenOptions::new();
    let mut pipe = options.read(true).write(true).custom_flags(flags).open(path).expect("opened");
    let full = std::iter::repeat_with(|| pipe.write_all(b"\n")).find_map(Result::err);
    let full = full.expect("no pipe takes all");
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    pipe
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    let mut before = Vec::new();
    for camera in &CAMERAS {
        play.until_page("the camera is looked at", async |page| {
            page.analysed(camera.id).await.is_ok_and(|count| count > 0.0)
        })
        .await?;
        before.push(play.page.analysed(camera.id).await?);
    }
    play.go_on(WHILE).await?;
    for (camera, before) in CAMERAS.iter().zip(before) {
        let now = play.page.analysed(camera.id).await?;
        expect(now >= before + 4.0, &format!("{} is looked at: {before}, {now}", camera.id))?;
    }
    let deaths = play.page.metric("gridwhistle_eye_deaths_total").await.unwrap_or(0.0);
    expect(deaths < 0.5, &format!("no eye stood still: {deaths}"))?;
    // The next eyes begin while nobody reads what they log.
    for _ in 0..2 {
        let eyes = eyes_of(play.work())?;
        let eye = eyes.into_iter().find(has_cameras).ok_or("no eye is at work")?;
        kill_process(eye, Signal::KILL).map_err(|error| error.to_string())?;
        for camera in &CAMERAS {
            let before = play.page.analysed(camera.id).await?;
            play.until_page("the camera is looked at by the next eye", async |page| {
                page.analysed(camera.id).await.is_ok_and(|now| now >= before + 2.0)
            })
            .await?;
        }
    }
    Ok([])
}
