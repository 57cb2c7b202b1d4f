//! Eyes are killed at random while vans and men stand in their zones: nothing is lost, doubled or late.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, raised};

const VAN: &str = "fire_passage_blocked";
/// The two men at the lamp post.
const MEN: &str = "other";

/// An eye lives for this long at least, and for twice as long at most. Were it less, cameras would be
/// blind for so much of the time that nobody could see how long a man stands.
const LIFE: Duration = Duration::from_secs(3);

/// From a death until two pictures of each camera have been looked at: a second until a standstill is
/// noticed, two for the next eye, two for each key frame. Far more on a machine that runs other tests.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eyes_that_die_at_random_lose_double_and_delay_nothing() {
    Setting::new(&CAMERAS).play(direct).await;
}

async fn direct(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("both cameras are online", |journal| {
        CAMERAS.iter().all(|camera| {
            journal.devices.get(camera.id).is_some_and(|status| status.status == "online")
        })
    })
    .await?;
    let seed = std::process::id();
    let mut dice = fastrand::Rng::with_seed(seed.into());
    let (mut deaths, mut longest) = (0, Duration::ZERO);
    // `make chaos` wants more of them.
    let wanted = std::env::var("EYE_DEATHS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    while deaths < wanted || raised(play.journal(), VAN) < 2 || raised(play.journal(), MEN) < 1 {
        let eyes = eyes_of(play.work())?;
        let eye = dice.choice(&eyes).ok_or("no eye is at work")?;
        // One that stands still is noticed, and is then killed by the gateway.
        let signal = if deaths == 1 { Signal::STOP } else { Signal::KILL };
        kill_process(*eye, signal).map_err(|error| error.to_string())?;
        deaths += 1;
        longest = longest.max(recovery(play).await?);
        play.go_on(LIFE.mul_f32(1.0 + dice.f32())).await?;
        expect(deaths < wanted + 40, "the alerts come")?;
    }
    play.go_on(Duration::from_secs(6)).await?;
    let score = play.running.score();
    let told = format!("seed {seed}, {deaths} deaths, longest pause {longest:?}");
    play.note(&told);
    expect(score.agrees(), &format!("truth and alerts agree ({told}): {score:#?}"))?;
    let counted = play.page.metric("gridwhistle_eye_deaths_total").await?;
    expect(
        deaths >= wanted && counted >= f64::from(deaths),
        &format!("{counted} counted: {told}"),
    )?;
    expect(longest < LONGEST_PAUSE, &format!("no camera is blind for long: {told}"))?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

/// How long it takes from now until every camera has been looked at again.
async fn recovery(play: &mut Play) -> Result<Duration, String> {
    let began = Instant::now();
    for camera in &CAMERAS {
        // A picture that was on its way does not count.
        let goal = play.page.analysed(camera.id).await? + 2.0;
        play.until_page("a camera is looked at again", async |page| {
            page.analysed(camera.id).await.is_ok_and(|count| count >= goal)
        })
        .await?;
    }
    Ok(began.elapsed())
}

/// The eyes of the gateway whose work lies in `folder`.
pub(crate) fn eyes_of(folder: &Path) -> Result<Vec<Pid>, String> {
    let gateway = processes()
        .find(|(_, told)| told.contains(&format!("--config\0{}", folder.display())))
        .ok_or("no gateway is running")?;
    let of_gateway = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line == format!("PPid:\t{}", gateway.0))
    };
    let eyes = processes().filter(|(pid, told)| told == "gridwhistle\0eye\0" && of_gateway(pid));
    Ok(eyes.filter_map(|(pid, _)| Pid::from_raw(pid)).collect())
}

/// All processes, with the words that started them.
fn processes() -> impl Iterator<Item = (i32, String)> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(|folder| {
        let pid = folder.file_name().to_str()?.parse().ok()?;
        let told = fs::read(folder.path().join("cmdline")).ok()?;
        Some((pid, String::from_utf8_lossy(&told).into_owned()))
    })
}
