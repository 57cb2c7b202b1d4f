//! The clock of the box steps: at the start, from 1970 to the true time, and in the middle, 40 days
//! ahead and back. Nothing is removed, no alert ends, and what was dated wrongly is told again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::casework::gateway_status;
use crate::house::GATEWAY;
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, raised};

const VAN: &str = "fire_passage_blocked";
const DAY_SECS: i64 = 86_400;

/// The wall clock of the gateway alone, by libfaketime. Its monotonic clock goes on as ever.
#[derive(Clone)]
struct WallClock {
    setting: PathBuf,
}

impl WallClock {
    /// A clock that is so many seconds off, and a program that runs the gateway by it.
    fn of(setting: &mut Setting, off_secs: i64) -> Self {
        let work = setting.work.path();
        let folders = fs::read_dir("/usr/lib").expect("readable").flatten();
        let mut libraries = folders.map(|it| it.path().join("faketime/libfaketimeMT.so.1"));
        let library = libraries.find(|library| library.is_file());
        let library = library.expect("libfaketime is not installed: run `make setup`");
        let clock = Self { setting: work.join("clock/off-by") };
        fs::create_dir(work.join("clock")).expect("made");
        clock.set(off_secs);
        let script = format!(
            "#!/bin/sh\nexport FAKETIME_TIMESTAMP_FILE='{}' FAKETIME_NO_CACHE=1 \
             FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1 NO_FAKE_STAT=1\n\
             LD_PRELOAD='{}' exec {GATEWAY} \"$@\"\n",
            clock.setting.display(),
            library.display(),
        );
        let program = work.join("gateway.sh");
        fs::write(&program, script).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("set");
        setting.settings.gateway = program;
        clock
    }

    fn set(&self, off_secs: i64) {
        let next = self.setting.with_extension("next");
        fs::write(&next, format!("{off_secs:+}")).expect("written");
        fs::rename(next, &self.setting).expect("renamed");
    }
}

/// Seconds since 1970.
fn now_secs() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("not so late")
}

/// Every file of evidence and of observations.
fn kept(work: &Path) -> Vec<PathBuf> {
    let files = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let state = work.join("state");
    let mut kept = files(state.join("evidence"));
    kept.retain(|path| path.extension().is_none_or(|it| it != "part"));
    kept.extend(files(state.join("observations")).into_iter().flat_map(files));
    kept
}

/// The messages of all alerts of the vans, in the order of their coming.
fn messages(play: &Play) -> Vec<Value> {
    let receipts = play.journal().receipts().into_iter();
    let all = receipts.filter_map(|it| serde_json::from_slice::<Value>(&it.payload).ok());
    all.filter(|message| message["type"]["code"] == VAN).collect()
}

/// A message whose times are right, by a clock that is believed.
fn is_right(message: &Value) -> bool {
    let is_now = |name: &str| {
        let time =
            message["times"][name].as_str().and_then(|it| it.parse::<jiff::Timestamp>().ok());
        time.is_some_and(|time| (time.as_second() - now_secs()).abs() < 300)
    };
    is_now("first_seen") && is_now("opened") && message["times"].get("clock_believed").is_none()
}

fn told_in_doubt(message: &Value) -> bool {
    let times = &message["times"];
    times["clock_believed"] == false
        && times["clock"] == "unsynced"
        && times.get("clock_error_ms").is_none()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_that_starts_in_1970_keeps_everything_and_corrects_its_alerts() {
    let mut setting = Setting::new(&CAMERAS);
    let clock = WallClock::of(&mut setting, 3_600 - now_secs());
    setting
        .play(async |play| {
            play.until_page("both vans are recorded in 1970", async |page| {
                let recorded =
                    page.metric("gridwhistle_alert_messages_recorded_total{action=\"open\"}").await;
                recorded.is_ok_and(|count| count > 1.5)
            })
            .await?;
            let before = kept(play.work());
            clock.set(0);
            play.until_heard("both vans are reported", |it| raised(it, VAN) == 2).await?;
            play.until_heard("both are told again", |journal| {
                let updates = journal
                    .receipts()
                    .into_iter()
                    .filter(|it| it.message.kind.code == VAN && it.message.action == "update");
                updates.count() >= 2
            })
            .await?;
            let told = messages(play);
            let opened = told.iter().filter(|it| it["action"] == "open");
            expect(
                opened.clone().count() == 2 && opened.clone().all(told_in_doubt),
                &format!("what is dated 1970 says that it is in doubt: {told:#?}"),
            )?;
            let updates: Vec<&Value> = told.iter().filter(|it| it["action"] == "update").collect();
            expect(
                updates.iter().all(|it| is_right(it)),
                &format!("the updates are right: {updates:#?}"),
            )?;
            expect(told.iter().all(|it| it["action"] != "close"), "no alert ends")?;
            let is_kept = before.iter().all(|path| path.exists());
            // A picture of each van, at least.
            expect(is_kept && before.len() >= 2, &format!("all is kept: {before:?}"))?;
            let broker = play.running.broker.address();
            let status = gateway_status(&broker, |status| {
                status["clock"]["set_by_secs"].as_i64().is_some_and(|by| by > 50 * 365 * DAY_SECS)
            });
            expect(status.await?["clock"]["believed"] == true, "the status tells of the step")?;
            check_payloads(&play.journal().receipts())?;
            Ok(["the broker's certificate is not valid yet; this machine's clock says"])
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_runs_40_days_ahead_for_a_while_removes_and_ends_nothing() {
    let mut setting = Setting::new(&CAMERAS);
    let clock = WallClock::of(&mut setting, 0);
    setting
        .play(async |play| {
            play.until_heard("both vans are reported", |it| raised(it, VAN) == 2).await?;
            let looks = play.page.metric("gridwhistle_upkeep_looks_total").await?;
            expect(looks > 0.5, "upkeep is at work")?;
            let before = kept(play.work());
            let broker = play.running.broker.address();
            clock.set(40 * DAY_SECS);
            play.go_on(Duration::from_secs(17)).await?;
            let status =
                gateway_status(&broker, |status| status["clock"]["set_by_secs"] == 40 * DAY_SECS);
            expect(status.await?["clock"]["believed"] == false, "the status says that it jumped")?;
            clock.set(0);
            play.until_heard("both are told again", |journal| {
                let updates = journal
                    .receipts()
                    .into_iter()
                    .filter(|it| it.message.kind.code == VAN && it.message.action == "update");
                updates.count() >= 2
            })
            .await?;
            play.go_on(Duration::from_secs(5)).await?;
            let told = messages(play);
            expect(told.iter().all(|it| it["action"] != "close"), "no alert ends")?;
            let wrong: Vec<&Value> =
                told.iter().filter(|it| !is_right(it) && !told_in_doubt(it)).collect();
            expect(wrong.is_empty(), &format!("every message is right or in doubt: {wrong:#?}"))?;
            let is_last_right = |van: &str| {
                let last = told.iter().rfind(|it| it["source"]["device_id"] == van);
                last.is_some_and(is_right)
            };
            expect(CAMERAS.iter().all(|camera| is_last_right(camera.id)), "the last one is right")?;
            expect(raised(play.journal(), VAN) == 2, "each van is reported once")?;
            let is_kept = before.iter().all(|path| path.exists());
            expect(is_kept && before.len() >= 2, &format!("all is kept: {before:?}"))?;
            check_payloads(&play.journal().receipts())?;
            Ok([])
        })
        .await;
}
