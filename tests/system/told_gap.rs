//! An eye is killed in the middle of two dwells. Who stays is reported once, by the time in which somebody looked.
//! Who leaves while nobody looks is not reported.

use std::fs;
use std::time::{Duration, SystemTime};

use hw_sim::judge::Journal;
use rustix::process::{Pid, Signal, kill_process};

use crate::eyes::{eyes_of, has_cameras};
use crate::house::half_machine;
use crate::street::{Play, Setting, check_payloads, expect};

/// The man on this camera leaves 14 s after the beginning, when a group of pictures begins.
const LEAVES: &str = "cam-01";
/// The man on this one stays.
const STAYS: &str = "cam-02";

/// From here on no van hides the man who stays.
const STAYS_FROM: Duration = Duration::from_secs(22);

/// The last group of pictures in which both men stand begins just before. So the next eye, which begins with a
/// group of pictures, finds one of them gone.
const KILLED_AT: Duration = Duration::from_millis(12_150);

/// Both men stand for nearly as long before the death, and no man without the time after it.
const DWELL: Duration = Duration::from_secs(14);

/// The rule that the cameras are written with, and the one that they get. It looks each second.
const SHIPPED: &str =
    "kind = \"absence\"\nzone = \"post\"\nclasses = [\"person\"]\ndwell_secs = 10\n";
const RULE: &str = "kind = \"standing\"\nzone = \"post\"\nclasses = [\"person\"]\ndwell_secs = 14\n\
                    gap_tolerance_secs = 2\n";

/// What a busy machine adds until the next picture is looked at.
const SLACK: Duration = Duration::from_secs(6);

/// How the log tells a gap.
const GAP: &str = "nothing was seen for a while";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_after_a_death_is_no_time_in_which_anybody_was_seen() {
    let _beside_one = half_machine().await;
    let mut setting = Setting::of("absence", &["cam-01.toml", "cam-02.toml"]);
    for camera in ["cam-01.toml", "cam-02.toml"] {
        setting.rewrite(camera, (SHIPPED, RULE));
    }
    setting.configure("eyes = 1\n");
    for camera in &mut setting.settings.scenario.cameras {
        if camera.id == STAYS {
            camera.start_offset = STAYS_FROM;
        }
    }
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_page("both cameras are looked at", async |page| {
        page.analysed(LEAVES).await.is_ok_and(|count| count > 0.0)
            && page.analysed(STAYS).await.is_ok_and(|count| count > 0.0)
    })
    .await?;
    let handle = play.running.cameras.handle();
    let began = handle.timeline(LEAVES).and_then(|timeline| timeline.clip_zero_at());
    let killed_at = began.ok_or("the clip has begun")? + KILLED_AT;
    let left = killed_at.duration_since(SystemTime::now()).map_err(|_| "it is too late to kill")?;
    play.go_on(left).await?;
    expect(play.journal().raises().is_empty(), "no dwell is over yet")?;
    let eyes: Vec<Pid> = eyes_of(play.work())?.into_iter().filter(has_cameras).collect();
    let [eye] = eyes[..] else { return Err(format!("one eye is at work: {eyes:?}")) };
    kill_process(eye, Signal::KILL).map_err(|error| error.to_string())?;
    play.until_heard("who stays is reported", |journal| !raised_by(journal, STAYS).is_empty())
        .await?;
    // Whoever tells it twice, or tells of the man who left, does so soon.
    play.go_on(Duration::from_secs(3)).await?;
    let gone = raised_by(play.journal(), LEAVES).len();
    expect(gone == 0, &format!("who left while nobody looked is not reported: {gone}"))?;
    let log = fs::read_to_string(play.work().join("gateway.log")).map_err(|it| it.to_string())?;
    let blind = gap_of(&log, STAYS)?;
    gap_of(&log, LEAVES)?;
    let raises = raised_by(play.journal(), STAYS);
    let [(first_seen, opened)] = raises[..] else {
        return Err(format!("who stays is reported once: {raises:?}"));
    };
    let stood = opened.duration_since(first_seen).unwrap_or_default();
    let told = format!("blind for {blind:?}, reported after {stood:?} in the picture");
    play.note(&told);
    expect(first_seen < killed_at, &format!("he was first seen before the death: {told}"))?;
    // The log tells milliseconds at best.
    let least = (DWELL + blind).saturating_sub(Duration::from_millis(20));
    expect(stood >= least, &format!("the time without an eye does not count: {told}"))?;
    expect(stood <= least + SLACK, &format!("and the time before it does: {told}"))?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

/// The alerts of a camera: when the man was first seen, and when he had stood for long enough.
fn raised_by(journal: &Journal, camera: &str) -> Vec<(SystemTime, SystemTime)> {
    let raises = journal.raises().into_iter().map(|raise| raise.receipt.message);
    let raises = raises.filter(|message| message.source.device_id == camera);
    let times = raises.map(|message| (message.times.first_seen, message.times.opened));
    times.map(|(first, opened)| (first.into(), opened.unwrap_or(first).into())).collect()
}

/// The one gap of a camera that the gateway has told its rules of.
fn gap_of(log: &str, camera: &str) -> Result<Duration, String> {
    let told: Vec<&str> =
        log.lines().filter(|line| line.contains(GAP) && line.contains(camera)).collect();
    let [line] = told[..] else { return Err(format!("{camera} has one gap: {told:#?}")) };
    expect(line.contains("is_new_eye=true"), &format!("by the death: {line}"))?;
    let secs = line.split("secs=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let secs: Option<f64> = secs.and_then(|secs| secs.parse().ok());
    secs.map(Duration::from_secs_f64).ok_or_else(|| format!("with its length: {line}"))
}
