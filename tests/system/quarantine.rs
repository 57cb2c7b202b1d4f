//! A camera on which eye after eye dies gets one of its own, and in the end waits. The other goes on.
//! An alert says that it is out, and stays while it does harm less than once a minute.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use hw_sim::judge::Journal;

use crate::eyes::{entry_of, eyes_of};
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, raised};

/// The camera that does harm. Nothing is known that it could send to do so, so the test does.
const HARMFUL: &str = "cam-01";
const HARMLESS: &str = "cam-02";

/// The type of the alert about it.
const OFFLINE: &str = "camera_offline";

/// Cameras are numbered from 0 in the order of their names; the logbook adds one.
const IN_HAND: u32 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_takes_eye_after_eye_down_harms_no_other() {
    Setting::new(&CAMERAS).play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 1], String> {
    play.until_page("both cameras are looked at", async |page| {
        page.analysed(HARMFUL).await.is_ok_and(|count| count > 0.0)
            && page.analysed(HARMLESS).await.is_ok_and(|count| count > 0.0)
    })
    .await?;
    let quarantines = format!("gridwhistle_camera_quarantines_total{{camera=\"{HARMFUL}\"}}");
    let mut crashes = 0;
    while play.page.metric(&quarantines).await.unwrap_or(0.0) < 0.5 {
        crash_with_camera_in_hand(play).await?;
        crashes += 1;
        expect(crashes < 12, "it gets an eye of its own")?;
    }
    play.until_heard("an alert says that it is out", |journal| {
        action_told(journal) == Some("open") && raised(journal, OFFLINE) == 1
    })
    .await?;
    let usual = play.page.analysed(HARMLESS).await?;
    crash_with_camera_in_hand(play).await?;
    play.until_heard("its status says what is wrong", |journal| {
        let status = journal.devices.get(HARMFUL);
        status.is_some_and(|status| {
            let reason = status.reason.as_deref().unwrap_or_default();
            status.status == "offline" && reason.contains("ends the process that reads it")
        })
    })
    .await?;
    // It waits for 15 s; the other does not.
    play.until_page("the other is looked at meanwhile", async |page| {
        page.analysed(HARMLESS).await.is_ok_and(|count| count >= usual + 4.0)
    })
    .await?;
    play.until_heard("it gets another try", |journal| {
        journal.devices.get(HARMFUL).is_some_and(|status| status.status == "online")
    })
    .await?;
    // More than a minute of pictures, and it does harm once more.
    let usual = play.page.analysed(HARMFUL).await?;
    play.go_on(Duration::from_secs(70)).await?;
    let looked_at = play.page.analysed(HARMFUL).await? - usual;
    expect(looked_at > 5.0, &format!("its pictures are looked at: {looked_at}"))?;
    crash_with_camera_in_hand(play).await?;
    play.until_heard("its status says so again", |journal| {
        journal.devices.get(HARMFUL).is_some_and(|status| status.status == "offline")
    })
    .await?;
    play.go_on(Duration::from_secs(3)).await?;
    let receipts = play.journal().receipts();
    let told: Vec<_> = receipts.into_iter().filter(|it| it.message.kind.code == OFFLINE).collect();
    check_payloads(&told)?;
    let opened = told.first().map(|it| String::from_utf8_lossy(&it.payload).into_owned());
    let opened = opened.unwrap_or_default();
    expect(opened.contains("隔离"), &format!("it says why: {opened}"))?;
    let is_the_camera = told.iter().all(|it| it.message.source.device_id == HARMFUL);
    expect(is_the_camera, "it names the harmful camera")?;
    expect(raised(play.journal(), OFFLINE) == 1, "and is raised once")?;
    let actions: Vec<&str> = told.iter().map(|it| it.message.action.as_str()).collect();
    let goes_on = actions.iter().skip(1).all(|action| *action == "update");
    expect(goes_on, &format!("and goes on: {actions:?}"))?;
    Ok(["this camera took its eye down twice"])
}

/// What the latest message of the alert about the camera itself says.
fn action_told(journal: &Journal) -> Option<&str> {
    let receipts = journal.receipts().into_iter();
    let told = receipts.filter(|receipt| receipt.message.kind.code == OFFLINE);
    told.last().map(|receipt| receipt.message.action.as_str())
}

/// Waits until an eye has the harmful camera in hand, and crashes that eye.
async fn crash_with_camera_in_hand(play: &mut Play) -> Result<(), String> {
    let began = Instant::now();
    loop {
        for eye in eyes_of(play.work())? {
            if has_in_hand(eye) {
                kill_process(eye, Signal::ABORT).map_err(|error| error.to_string())?;
                return play.go_on(Duration::from_millis(500)).await;
            }
        }
        expect(began.elapsed() < Duration::from_secs(60), "the camera is looked at")?;
        play.go_on(Duration::from_millis(2)).await?;
    }
}

/// Whether a lane of the eye has the harmful camera in hand, by the logbook that it writes.
fn has_in_hand(eye: Pid) -> bool {
    // The first entry is that of the sessions, whose steps are too short to be met.
    entry_of(eye, 1).is_some_and(|[camera, ..]| camera == IN_HAND)
}
