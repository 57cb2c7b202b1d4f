//! Edits of the configuration under way: applied whole, as a diff, or not at all. And while the
//! gateway is off.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hw_sim::judge::{ConfigNews, Journal};
use serde_json::Value;

use crate::house::half_machine;
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, plain, raised};

const EDITED: &str = "cam-01";
const OTHER: &str = "cam-02";
/// What the operator adds: the van stands in the shutter's zone, and this is soon certain of it.
const PARKING: &str = "[[rule]]\nid = \"parking\"\ntype = \"vehicle_illegal_parking\"\n\
                       zone = \"shutter\"\ndwell_secs = 3\n";
/// From an edit to its being told. Two seconds are promised; the broker, this test and a debug
/// build on busy cores come on top.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_is_applied_whole_as_a_diff_or_not_at_all() {
    let _beside_one = half_machine().await;
    let setting = Setting::new(&CAMERAS);
    let cameras = setting.settings.config.join("cameras");
    setting.play(async |play| direct(play, &cameras).await).await;
}

async fn direct(play: &mut Play, cameras: &Path) -> Result<[&'static str; 1], String> {
    let file = |camera: &str| -> PathBuf { cameras.join(format!("{camera}.toml")) };
    let read = |camera: &str| fs::read_to_string(file(camera)).map_err(|e| e.to_string());
    let write =
        |camera: &str, text: &str| fs::write(file(camera), text).map_err(|error| error.to_string());
    let [text, other] = [read(EDITED)?, read(OTHER)?];
    play.until_heard("both vans are reported", |journal| {
        raised(journal, "fire_passage_blocked") == 2
    })
    .await?;

    write(EDITED, &format!("{text}{PARKING}"))?;
    let news = next_news(play).await?;
    expect(news.changes == ["camera cam-01 judged by other rules"], &format!("{news:?}"))?;
    play.until_heard("the new rule reports", |journal| {
        raised(journal, "vehicle_illegal_parking") == 1
    })
    .await?;

    write(EDITED, &text.replace("[732, 112], [640, 112]]", "[640, 112], [732, 112]]"))?;
    let news = next_news(play).await?;
    expect(news.state == "refused" && news.faults.len() == 2, &format!("{news:?}"))?;
    let place = "cam-01.toml:11:1: camera cam-01: `polygon_px`: the outline encloses no area";
    expect(news.faults.iter().any(|fault| fault.contains(place)), &format!("{news:?}"))?;

    write(EDITED, &text)?;
    let news = next_news(play).await?;
    expect(news.changes == ["camera cam-01 judged by other rules"], &format!("{news:?}"))?;
    play.until_heard("the alert of the rule that is gone is closed", |journal| {
        closed(journal, "vehicle_illegal_parking") == 1
    })
    .await?;

    folder_out_of_reach(play, cameras).await?;
    fs::remove_file(file(EDITED)).map_err(|error| error.to_string())?;
    let news = next_news(play).await?;
    expect(news.changes == ["camera cam-01 removed"], &format!("{news:?}"))?;
    play.until_heard("a removed camera's alert is closed and its status taken back", |journal| {
        closed(journal, "fire_passage_blocked") == 1 && !journal.devices.contains_key(EDITED)
    })
    .await?;
    clip_of_the_closed(play.journal(), &cameras.join("../../state/evidence"))?;
    write(EDITED, &text)?;
    let news = next_news(play).await?;
    expect(news.changes == ["camera cam-01 added"], &format!("{news:?}"))?;
    play.until_heard("the camera that came back reports again", |journal| {
        raised(journal, "fire_passage_blocked") == 3
    })
    .await?;

    untouched(play, OTHER).await?;
    write(OTHER, &other.replace("transport = \"tcp\"", "transport = \"udp\""))?;
    let news = next_news(play).await?;
    expect(news.changes == ["camera cam-02 connected again"], &format!("{news:?}"))?;
    analysed_again(play, OTHER).await?;
    let opened = raised(play.journal(), "fire_passage_blocked");
    expect(opened == 3, "its alert goes on, and is not opened again")?;
    removed_while_off(play, &file(OTHER)).await?;
    expect(play.journal().gaps().is_empty(), "no message is missing")?;
    check_payloads(&play.journal().receipts())?;
    Ok(["configuration refused"])
}

async fn analysed_again(play: &mut Play, camera: &str) -> Result<(), String> {
    let goal = play.page.analysed(camera).await? + 5.0;
    play.until_page("its pictures are analysed again", async |page| {
        page.analysed(camera).await.is_ok_and(|analysed| analysed >= goal)
    })
    .await
    .map(drop)
}

/// A folder that is gone, empty or behind a link to nothing takes no camera out, and is taken up again
/// by itself when it is back.
async fn folder_out_of_reach(play: &mut Play, cameras: &Path) -> Result<(), String> {
    let aside = cameras.with_file_name("mounted");
    let done = |result: std::io::Result<()>| result.map_err(|error| error.to_string());
    done(fs::rename(cameras, &aside))?;
    let news = next_news(play).await?;
    expect(
        news.state == "refused" && news.faults[0].contains("no such folder"),
        &format!("{news:?}"),
    )?;
    done(fs::create_dir(cameras))?;
    let news = next_news(play).await?;
    expect(news.state == "refused" && news.faults[0].contains("at once"), &format!("{news:?}"))?;
    done(fs::remove_dir(cameras))?;
    done(std::os::unix::fs::symlink(&aside, cameras))?;
    let news = next_news(play).await?;
    expect(news.state == "applied" && news.changes.is_empty(), &format!("{news:?}"))?;
    done(fs::remove_file(cameras))?;
    done(fs::rename(&aside, cameras))?;
    let news = next_news(play).await?;
    expect(news.state == "applied" && news.changes.is_empty(), &format!("{news:?}"))?;
    let is_touched = closed(play.journal(), "fire_passage_blocked") > 0;
    expect(!is_touched && play.journal().devices.len() == 2, "no camera was taken out")
}

/// The next start closes the alert of a camera that nobody knows any more.
async fn removed_while_off(play: &mut Play, file: &Path) -> Result<(), String> {
    play.running.kill_gateway().await.map_err(plain)?;
    fs::remove_file(file).map_err(|error| error.to_string())?;
    play.running.start_gateway().map_err(plain)?;
    play.until_heard("an edit while the gateway was off closes the alert all the same", |journal| {
        closed(journal, "fire_passage_blocked") == 2 && !journal.devices.contains_key(OTHER)
    })
    .await
    .map(drop)
}

/// Waits for what the gateway says of the latest edit.
async fn next_news(play: &mut Play) -> Result<ConfigNews, String> {
    let known = play.journal().configs.len();
    let took =
        play.until_heard("an edit is answered", |journal| journal.configs.len() > known).await?;
    expect(took < SOON, &format!("an edit is taken up soon: {took:?}"))?;
    play.journal().configs.last().cloned().ok_or_else(|| "no news".to_owned())
}

/// How many alerts of a type were closed because nobody looks for them any more.
fn closed(journal: &Journal, event: &str) -> usize {
    let receipts = journal.receipts();
    let ends = receipts.iter().filter(|receipt| {
        let message = &receipt.message;
        message.kind.code == event && message.action == "close"
    });
    ends.count()
}

/// The last message of the van's alert names its clip, which is kept and has no address: it cannot
/// be masked.
fn clip_of_the_closed(journal: &Journal, folder: &Path) -> Result<(), String> {
    let receipts = journal.receipts();
    let message = receipts.iter().map(|receipt| &receipt.message).zip(&receipts);
    let mut closed = message
        .filter(|(message, _)| {
            message.kind.code == "fire_passage_blocked" && message.action == "close"
        })
        .map(|(_, receipt)| serde_json::from_slice::<Value>(&receipt.payload));
    let alert =
        closed.next_back().ok_or("no alert was closed")?.map_err(|error| error.to_string())?;
    let items = alert["evidence"].as_array().ok_or("it names no evidence")?;
    let clip = items.iter().find(|item| item["kind"] == "clip").ok_or("it names no clip")?;
    let secs = clip["duration_s"].as_f64().unwrap_or(0.0);
    let is_honest = clip["masked"]["faces"] == "not_masked"
        && clip.get("uri").is_none()
        && alert["privacy"]["contains_personal_data"] == true;
    expect(is_honest && (1.0..=6.0).contains(&secs), &format!("the clip: {clip:#}"))?;
    let sha256 = clip["sha256"].as_str().unwrap_or_default();
    let file = folder.join(format!("{sha256}.mp4.sealed"));
    let sealed = fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let mode = fs::metadata(&file).map_err(|e| e.to_string())?.permissions().mode();
    expect(mode & 0o777 == 0o600, &format!("others can read it: {mode:o}"))?;
    // It lies there encrypted: 12 bytes before it, 16 behind it, and nothing of MP4 in it.
    let shows = sealed.windows(8).any(|bytes| bytes.ends_with(b"ftyp") || bytes.ends_with(b"moov"));
    let is_whole = clip["bytes"] == sealed.len() as u64 - 28;
    expect(is_whole && !shows, &format!("the clip is kept whole and sealed: {clip:#}"))
}

/// Edits of one camera cost another nothing: not a session, not a picture.
async fn untouched(play: &Play, camera: &str) -> Result<(), String> {
    let ended = format!("gridwhistle_camera_sessions_ended_total{{camera=\"{camera}\"}}");
    let ended = play.page.metric(&ended).await?;
    expect(ended < 0.5, &format!("{camera} kept its session: {ended}"))?;
    let dropped = format!("gridwhistle_access_units_total{{camera=\"{camera}\",fate=\"dropped\"}}");
    let dropped = play.page.metric(&dropped).await?;
    expect(dropped < 0.5, &format!("{camera} lost no picture: {dropped}"))
}
