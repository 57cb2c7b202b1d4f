//! Threads of an eye crash, spin, wait and grow while they have one camera in hand. It is found out and
//! set apart after two deaths, and each costs the camera beside it two seconds at most.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use hw_sim::judge::{Journal, Raise};

use crate::eyes::{COST, SLACK};
use crate::house::{GATEWAY, whole_machine};
use crate::street::{CAMERAS, Play, Setting, expect};

/// No camera is known to be able to, so a debug build of an eye does it by itself.
const HARMFUL: &str = "cam-01";
const HARMLESS: &str = "cam-02";

/// A thread of an eye, what happens to it, and what the gateway says of the death.
const HARMS: [[&str; 3]; 7] = [
    ["session", "spin", "it was stuck with what a camera had sent"],
    ["libavformat", "spin", "it was stuck with what a camera had sent"],
    ["lane", "spin", "it was stuck with a picture"],
    ["lane", "wait", "it was stuck with a picture"],
    ["lane", "crash", "it crashed in a library"],
    ["lane", "grow", "it aborted: out of memory"],
    ["clips", "spin", "it was stuck with a picture"],
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_camera_does_to_its_eye_the_one_beside_it_loses_two_seconds_twice() {
    let _alone = whole_machine().await;
    for [thread, what, cause] in HARMS {
        let setting = with_harm(&format!("{thread}:{what}"));
        setting.play(async |play| direct(play, &format!("{thread} {what}"), cause).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_whose_picture_dies_with_its_eye_comes_once_and_with_the_next_picture() {
    let _alone = whole_machine().await;
    with_harm("show:crash-the-first").play(until_it_comes).await;
}

async fn until_it_comes(play: &mut Play) -> Result<[&'static str; 0], String> {
    let of_harmful = |journal: &Journal| {
        let raises = journal.raises();
        let of_it = |it: &Raise| it.receipt.message.source.device_id == HARMFUL;
        raises.into_iter().filter(of_it).collect::<Vec<_>>()
    };
    play.until_heard("the alert comes", |journal| !of_harmful(journal).is_empty()).await?;
    let deaths = play.page.metric("gridwhistle_eye_deaths_total").await?;
    expect((deaths - 1.0).abs() < 0.5, &format!("its first picture took the eye down: {deaths}"))?;
    let log = fs::read_to_string(play.work().join("gateway.log")).map_err(|it| it.to_string())?;
    expect(log.contains("the alert waits for the next"), "so it waited for the next one")?;
    // Whoever tells it twice does so soon.
    play.go_on(Duration::from_secs(4)).await?;
    let raises = of_harmful(play.journal());
    let pictures = raises.iter().map(|it| it.receipt.message.evidence.len());
    let pictures: Vec<usize> = pictures.collect();
    expect(pictures == [1], &format!("it came once, with a picture: {pictures:?}"))?;
    Ok([])
}

/// A play with one eye to which `harm` is done.
fn with_harm(harm: &str) -> Setting {
    let mut setting = Setting::new(&CAMERAS);
    setting.configure("eyes = 1\n");
    if harm.starts_with("libavformat") {
        let camera = setting.settings.config.join(format!("cameras/{HARMFUL}.toml"));
        let text = fs::read_to_string(&camera).expect("readable");
        fs::write(&camera, format!("client = \"compatible\"\n{text}")).expect("written");
    }
    let program = setting.work.path().join("gridwhistle");
    let script = format!(
        "#!/bin/sh\nexport GRIDWHISTLE_TEST_HARM={HARMFUL}:{harm}\nexec {GATEWAY} \"$@\"\n"
    );
    fs::write(&program, script).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("set");
    setting.settings.gateway = program;
    setting
}

async fn direct(play: &mut Play, harm: &str, cause: &str) -> Result<[&'static str; 1], String> {
    let quarantines =
        |camera| format!("gridwhistle_camera_quarantines_total{{camera=\"{camera}\"}}");
    play.until_page(&format!("{harm}: the camera gets an eye of its own"), async |page| {
        page.metric(&quarantines(HARMFUL)).await.is_ok_and(|count| count > 0.5)
    })
    .await?;
    let deaths = play.page.metric("gridwhistle_eye_deaths_total").await?;
    expect(deaths < 4.5, &format!("{harm}: after two deaths: {deaths}"))?;
    let usual = play.page.analysed(HARMLESS).await?;
    play.until_page(&format!("{harm}: the other is looked at again"), async |page| {
        page.analysed(HARMLESS).await.is_ok_and(|count| count >= usual + 2.0)
    })
    .await?;
    let cost = "gridwhistle_eye_recovery_seconds{until=\"answered\",quantile=\"1\"}";
    let cost = play.page.metric(cost).await?;
    play.note(&format!("{harm}: {deaths} deaths, a camera waited for {cost:.3} s at most"));
    let blamed = play.page.metric(&quarantines(HARMLESS)).await?;
    expect(blamed < 0.5, &format!("{harm}: the other is not blamed"))?;
    let most = (COST.mul_f64(business()) + SLACK).as_secs_f64();
    expect((0.001..most).contains(&cost), &format!("{harm}: it waited for {cost} s"))?;
    let log = fs::read_to_string(play.work().join("gateway.log")).map_err(|it| it.to_string())?;
    expect(log.contains(cause), &format!("{harm}: the log says that {cause}"))?;
    Ok(["this camera took its eye down twice"])
}

/// How many times longer a thread takes than it would alone. Processor time is what an endless step is
/// known by, and a machine that has more to do than it has cores gives little of it.
fn business() -> f64 {
    let told = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = told.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(1.0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (load / cores as f64).max(1.0)
}
