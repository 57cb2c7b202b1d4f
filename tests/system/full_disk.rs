//! The disk is full when an alert falls due: it waits, and comes when there is room again.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::house::{GATEWAY, half_machine};
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, raised};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_falls_due_on_a_full_disk_comes_when_there_is_room() {
    let _beside_one = half_machine().await;
    let mut setting = Setting::new(&CAMERAS);
    let work = setting.work.path().to_owned();
    setting.settings.gateway = small_disk(&work);
    setting.configure("[camera_defaults]\nsilence_timeout_secs = 2\n");
    for camera in CAMERAS {
        let path = setting.settings.config.join(format!("cameras/{}.toml", camera.id));
        let text = fs::read_to_string(&path).expect("readable");
        fs::write(&path, text.replace("dwell_secs = 10", "dwell_secs = 6")).expect("written");
    }
    setting.play(async |play| direct(play, &work).await).await;
}

const VAN: &str = "fire_passage_blocked";

/// A program that runs the gateway with a disk of 2 MiB for its state, which nobody but the
/// gateway and those who go by its process id can see.
fn small_disk(work: &Path) -> PathBuf {
    let (state, pid) = (work.join("state"), work.join("gateway.pid"));
    let script = format!(
        "#!/bin/sh\nmkdir -p '{state}' && echo $$ > '{pid}' &&\n\
         exec unshare --mount --map-root-user sh -c \\\n\
         'mount -t tmpfs -o size=2m,mode=0700 gateway-state {state} && exec {GATEWAY} \"$@\"' sh \"$@\"\n",
        state = state.display(),
        pid = pid.display(),
    );
    let program = work.join("gateway.sh");
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
    program
}

async fn direct(play: &mut Play, work: &Path) -> Result<[&'static str; 2], String> {
    // From its first picture on a camera's state is in the ledger, and not due there again before
    // the alert is.
    play.until_page("both cameras are watched", async |page| {
        let [first, second] = CAMERAS.map(|camera| page.analysed(camera.id));
        first.await.is_ok_and(|count| count > 0.5) && second.await.is_ok_and(|count| count > 0.5)
    })
    .await?;
    let pid = fs::read_to_string(work.join("gateway.pid")).map_err(|e| e.to_string())?;
    let seen_by_gateway = PathBuf::from(format!("/proc/{}/root{}", pid.trim(), work.display()));
    let filler = seen_by_gateway.join("state/filler");
    fill(&filler).map_err(|error| format!("{}: {error}", filler.display()))?;

    play.until_page("the full disk refuses the alerts again and again", async |page| {
        page.metric("gridwhistle_ledger_refusals_total").await.is_ok_and(|count| count > 3.5)
    })
    .await?;
    play.until_heard("the centre learns that nobody is watching", |journal| {
        CAMERAS.iter().all(|camera| {
            journal.devices.get(camera.id).is_some_and(|device| {
                let reason = device.reason.as_deref().unwrap_or_default();
                device.status == "degraded" && reason.contains("no space is left")
            })
        })
    })
    .await?;
    expect(play.journal().is_empty(), "nothing is published that is not recorded")?;

    fs::remove_file(&filler).map_err(|error| error.to_string())?;
    play.until_heard("both vans are reported", |journal| raised(journal, VAN) == 2).await?;
    play.until_heard("the cameras are watched again", |journal| {
        CAMERAS.iter().all(|camera| {
            journal.devices.get(camera.id).is_some_and(|device| device.status == "online")
        })
    })
    .await?;
    play.go_on(Duration::from_secs(3)).await?;
    check_payloads(&play.journal().receipts())?;
    expect(raised(play.journal(), VAN) == 2, "each van is reported once")?;
    let numbers: Vec<u64> = play.journal().raises().iter().map(|r| r.receipt.message.seq).collect();
    expect(numbers.iter().all(|seq| *seq == 1), &format!("each as message 1: {numbers:?}"))?;
    let score = play.running.score();
    let faults = score.gaps.len() + score.out_of_order + score.conflicting + score.redelivered;
    expect(faults == 0, &format!("the messages are whole: {score:#?}"))?;
    Ok(["goes without its picture", "until the ledger can be written"])
}

/// Takes the last free byte.
fn fill(path: &Path) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    for block in [4096, 512, 1] {
        loop {
            match file.write_all(&vec![0; block]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
