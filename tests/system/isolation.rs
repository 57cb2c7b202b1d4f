//! One camera that fails is told, comes back by itself, and costs the others nothing.

use std::time::{Duration, Instant};

use hw_sim::judge::Journal;

use crate::street::{CAMERAS, Play, Setting, expect};

const FAILING: &str = "cam-01";
const HEALTHY: &str = "cam-02";
/// Of the healthy camera, to tell its pace.
const PICTURES: f64 = 4.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_fails_costs_the_others_nothing() {
    let setting = Setting::new(&CAMERAS);
    setting
        .configure("[camera_defaults]\nfirst_frame_timeout_secs = 4\nsilence_timeout_secs = 2\n");
    setting.play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("both cameras are online", |journal| {
        is(journal, FAILING, "online") && is(journal, HEALTHY, "online")
    })
    .await?;
    let usual = pace(play, HEALTHY).await?;
    let ready = play.page.get("/health/ready").await.map_err(|error| error.to_string())?;
    expect(ready.status == 200, &format!("what is analysed is ready: {}", ready.text()))?;

    play.running.cameras.handle().stall(FAILING);
    let noticed = play
        .until_heard("the silent camera is told", |journal| is(journal, FAILING, "offline"))
        .await?;
    expect(noticed < Duration::from_secs(4), &format!("2 s of silence suffice: {noticed:?}"))?;
    let told = play.journal().devices.get(FAILING).and_then(|status| status.reason.clone());
    expect(told.as_deref() == Some("no picture for 2 s"), &format!("it says why: {told:?}"))?;
    let before = play.page.analysed(FAILING).await?;
    let meanwhile = pace(play, HEALTHY).await?;
    expect(
        meanwhile < usual.mul_f64(1.5) + Duration::from_secs(1),
        &format!("the other camera keeps its pace: {usual:?} before, {meanwhile:?} meanwhile"),
    )?;
    let after = play.page.analysed(FAILING).await?;
    expect((after - before).abs() < 0.5, "nothing is made up for the silent one")?;

    play.running.cameras.handle().resume(FAILING);
    let back = play
        .until_heard("it comes back by itself", |journal| is(journal, FAILING, "online"))
        .await?;
    // The attempt under way, a pause of 4 s at most, and the next key frame.
    expect(back < Duration::from_secs(12), &format!("it comes back soon: {back:?}"))?;
    pace(play, FAILING).await?;

    play.running.cameras.handle().cut(FAILING);
    play.until_heard("the vanished camera is told", |journal| is(journal, FAILING, "offline"))
        .await?;
    let back =
        play.until_heard("it is found again", |journal| is(journal, FAILING, "online")).await?;
    expect(back < Duration::from_secs(12), &format!("it is found soon: {back:?}"))?;
    expect(is(play.journal(), HEALTHY, "online"), "the other was online all the time")?;
    let series = format!("gridwhistle_camera_sessions_ended_total{{camera=\"{HEALTHY}\"}}");
    let lost = play.page.metric(&series).await?;
    expect(lost < 0.5, &format!("and never reconnected: {lost} times"))?;
    Ok([])
}

fn is(journal: &Journal, camera: &str, state: &str) -> bool {
    journal.devices.get(camera).is_some_and(|status| status.status == state)
}

/// The time that the analysis of some pictures of `camera` takes from now.
async fn pace(play: &mut Play, camera: &str) -> Result<Duration, String> {
    let goal = play.page.analysed(camera).await? + PICTURES;
    let began = Instant::now();
    play.until_page(&format!("pictures of {camera} are analysed"), async |page| {
        page.analysed(camera).await.is_ok_and(|count| count >= goal)
    })
    .await?;
    Ok(began.elapsed())
}
