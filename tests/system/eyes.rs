//! Eyes are killed at random while vans and men stand in their zones: nothing is lost, doubled or late.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::house::whole_machine;
use crate::street::{CAMERAS, Play, Setting, check_payloads, expect, raised};

const VAN: &str = "fire_passage_blocked";
/// The two men at the lamp post.
const MEN: &str = "other";

/// From death to death it takes this long at least, and twice as long as the cameras were blind. Were
/// it less, two deaths would meet one visit of the men: nobody could see how long they stand, or that
/// they are gone.
const LIFE: Duration = Duration::from_secs(12);

/// What a death costs the eye's cameras at most: the time until each has been asked again and has
/// granted a session. How far its next key frame is away is the camera's affair.
pub(crate) const COST: Duration = Duration::from_secs(2);

/// What a machine may add that runs other tests meanwhile.
pub(crate) const SLACK: Duration = Duration::from_millis(1500);

/// Its parts, as the gateway tells them.
const PARTS: [&str; 4] = ["asked", "answered", "delivers", "analysed"];

/// From a death until two pictures of each camera have been looked at: a second until a standstill is
/// noticed, two for the next eye, two for each key frame. Far more on a machine that runs other tests.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eyes_that_die_at_random_lose_double_and_delay_nothing() {
    let _alone = whole_machine().await;
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
    let (mut deaths, mut longest, mut costs) = (0, Duration::ZERO, Costs::default());
    // `make chaos` wants more of them.
    let wanted = std::env::var("EYE_DEATHS").ok().and_then(|it| it.parse().ok()).unwrap_or(3);
    while deaths < wanted || raised(play.journal(), VAN) < 2 || raised(play.journal(), MEN) < 1 {
        let eyes: Vec<Pid> = eyes_of(play.work())?.into_iter().filter(has_cameras).collect();
        let eye = dice.choice(&eyes).ok_or("no eye is at work")?;
        // One that stands still is noticed, and is then killed by the gateway.
        let signal = if deaths == 1 { Signal::STOP } else { Signal::KILL };
        let before = costs.begin(play).await?;
        let began = Instant::now();
        kill_process(*eye, signal).map_err(|error| error.to_string())?;
        deaths += 1;
        costs.end(play, began, before + CAMERAS.len() as f64 / eyes.len() as f64).await?;
        let pause = recovery(play).await?;
        longest = longest.max(pause);
        play.go_on(LIFE.max(pause * 2).mul_f32(1.0 + dice.f32())).await?;
        expect(deaths < wanted + 40, "the alerts come")?;
    }
    play.go_on(Duration::from_secs(6)).await?;
    let score = play.running.score();
    let told = format!("seed {seed}, {deaths} deaths, longest pause {longest:?}; {costs}");
    play.note(&told);
    for part in PARTS {
        play.note(&costs.part(play, part).await?);
    }
    expect(score.agrees(), &format!("truth and alerts agree ({told}): {score:#?}"))?;
    let counted = play.page.metric("gridwhistle_eye_deaths_total").await?;
    expect(
        deaths >= wanted && counted >= f64::from(deaths),
        &format!("{counted} counted: {told}"),
    )?;
    expect(longest < LONGEST_PAUSE, &format!("no camera is blind for long: {told}"))?;
    let longest = costs.0.iter().max().copied().unwrap_or_default();
    expect(longest <= COST + SLACK, &format!("a death costs a camera at most 2 s: {told}"))?;
    check_payloads(&play.journal().receipts())?;
    Ok([])
}

/// What each death has cost.
#[derive(Default)]
struct Costs(Vec<Duration>);

impl Costs {
    /// How often a camera has come back so far.
    async fn begin(&self, play: &Play) -> Result<f64, String> {
        let series = "gridwhistle_eye_recovery_seconds_count{until=\"answered\"}";
        // It is not there before the first death.
        play.page.metric(series).await
    }

    /// Waits until that many have come back since `began`.
    async fn end(&mut self, play: &mut Play, began: Instant, goal: f64) -> Result<(), String> {
        while self.begin(play).await? < goal - 0.5 {
            expect(began.elapsed() < LONGEST_PAUSE, "the cameras are asked again")?;
            play.go_on(Duration::from_millis(20)).await?;
        }
        self.0.push(began.elapsed());
        Ok(())
    }

    /// What the gateway says of one part, from the time that it noticed the death on.
    async fn part(&self, play: &Play, part: &str) -> Result<String, String> {
        let series =
            |of: &str| format!("gridwhistle_eye_recovery_seconds_{of}{{until=\"{part}\"}}");
        let (sum, count) =
            (play.page.metric(&series("sum")).await?, play.page.metric(&series("count")).await?);
        Ok(format!(
            "from the notice of a death until {part}: {:.3} s in {count} cases",
            sum / count
        ))
    }
}

impl std::fmt::Display for Costs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort();
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let longest = sorted.last().copied().unwrap_or_default();
        write!(
            f,
            "until the cameras have granted new sessions: {median:?} in the median, {longest:?} at most"
        )
    }
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

/// Whether an eye has cameras, by the logbook that it writes. A spare one has none.
pub(crate) fn has_cameras(eye: &Pid) -> bool {
    entry_of(*eye, 0).is_some_and(|[_, turn, _]| turn > 0)
}

/// What a thread of an eye notes: a camera's number and one, or zero; how many times; its own id.
/// Thread 0 is that of the sessions, the lanes follow.
pub(crate) fn entry_of(eye: Pid, thread: u64) -> Option<[u32; 3]> {
    let logbook = File::open(format!("/proc/{}/fd/1", eye.as_raw_nonzero())).ok()?;
    // Four words; the last is of no concern here.
    let mut entry = [0; 16];
    logbook.read_exact_at(&mut entry, thread * 16).ok()?;
    let mut words =
        entry.chunks_exact(4).map(|it| u32::from_le_bytes(it.try_into().unwrap_or([0; 4])));
    Some([words.next()?, words.next()?, words.next()?])
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
