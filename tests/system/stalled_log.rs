//! Whoever reads the gateway's log stands still. The gateway does not.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::process::Command;
use std::time::Duration;

use rustix::fs::OFlags;

use crate::house::GATEWAY;
use crate::street::{CAMERAS, Play, Setting, expect};

/// Longer than all loops and deadlines of a session: one that waits for its log would be known by then.
const WHILE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_waits_for_whoever_reads_the_log() {
    let mut setting = Setting::new(&CAMERAS);
    let pipe = setting.work.path().join("log");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe");
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).expect("a flag");
    // It is open, and nobody reads what comes.
    let _reader = OpenOptions::new().read(true).custom_flags(flags).open(&pipe).expect("opened");
    let program = setting.work.path().join("gridwhistle");
    // So much is logged that the pipe, and what waits before it, is full after seconds.
    let script = format!(
        "#!/bin/sh\nexport RUST_LOG=trace\nexec {GATEWAY} \"$@\" 2>\"{}\"\n",
        pipe.display()
    );
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("set");
    setting.settings.gateway = program;
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    let unread = "gridwhistle_log_lines_unread_total";
    play.until_page("lines are left out", async |page| {
        page.metric(unread).await.is_ok_and(|count| count > 0.0)
    })
    .await?;
    let mut before = Vec::new();
    for camera in &CAMERAS {
        before.push(play.page.analysed(camera.id).await?);
    }
    play.go_on(WHILE).await?;
    for (camera, before) in CAMERAS.iter().zip(before) {
        let now = play.page.analysed(camera.id).await?;
        expect(now >= before + 4.0, &format!("{} is looked at: {before}, {now}", camera.id))?;
    }
    let deaths = play.page.metric("gridwhistle_eye_deaths_total").await.unwrap_or(0.0);
    expect(deaths < 0.5, &format!("no eye stood still: {deaths}"))?;
    Ok([])
}
