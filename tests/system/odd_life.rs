//! Odd cameras for a while: each goes on being analysed as a healthy one beside them is.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hw_sim::camera::quirk::{self, Outcome, Quirk};

use crate::hostile::watch;
use crate::house::whole_machine;
use crate::quirk_cameras::CameraFile;
use crate::quirks::{analysed, serve, setting, show};
use crate::street::{Play, expect};

/// Odd cameras whose oddity comes again and again, or after a while.
const CHANGING: [&str; 14] = [
    "ssrc-and-sequence-new-at-key-frames",
    "sequence-from-zero-at-key-frames",
    "packets-twice",
    "size-changes",
    "open-gop",
    "recovery-points-only",
    "b-frames",
    "key-frames-rare",
    "time-frozen",
    "time-jumps",
    "time-steps-back",
    "reports-wobble",
    "nonce-expires-untold",
    "session-forgotten",
];

/// For so long they are watched.
const WHILE: Duration = Duration::from_secs(60);

/// How long it may take until all were analysed, and how long all of the list are watched then.
const BEGIN: Duration = Duration::from_secs(600);
const LONG_WHILE: Duration = Duration::from_secs(300);

/// The part of a healthy camera's pictures that an odd one has at least. A camera that forgets its session
/// every 20 s is noticed after 10 s of silence.
const SHARE: f64 = 0.5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_that_change_all_the_time_stay_analysed() {
    let _alone = whole_machine().await;
    let changing: Vec<_> = quirk::all().filter(|quirk| CHANGING.contains(&quirk.name)).collect();
    assert_eq!(changing.len(), CHANGING.len(), "all of them exist");
    stay_analysed(&changing, WHILE, [60, 20]).await;
}

/// Takes a quarter of an hour: `make chaos` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long; `make chaos` runs it"]
async fn all_odd_cameras_stay_analysed() {
    let all: Vec<_> = quirk::all().filter(|quirk| quirk.outcome == Outcome::Plays).collect();
    // Every 20 s: two busy cores analyse some ten pictures a second.
    stay_analysed(&all, LONG_WHILE, [240, 80]).await;
}

async fn stay_analysed(quirks: &[&'static Quirk], span: Duration, dwell_and_gap_secs: [u32; 2]) {
    let (_cameras, listen) = serve(quirks.iter().copied()).await;
    let odd = quirks.iter().map(|quirk| CameraFile::of(quirk, listen));
    let cameras: Vec<CameraFile> = std::iter::once(CameraFile::healthy(1, listen))
        .chain(odd)
        .map(|file| file.judged_by(dwell_and_gap_secs))
        .collect();
    setting(&cameras).play(async |play| direct(play, &cameras, span).await).await;
}

async fn direct(
    play: &mut Play,
    cameras: &[CameraFile],
    span: Duration,
) -> Result<[&'static str; 0], String> {
    let began = Instant::now();
    loop {
        play.go_on(Duration::from_secs(1)).await?;
        let metrics = play.page.get("/metrics").await.map_err(|error| error.to_string())?.text();
        let is_waiting = |file: &&CameraFile| analysed(&metrics, &file.id) < 1.0;
        let waiting: Vec<&str> =
            cameras.iter().filter(is_waiting).map(|it| it.id.as_str()).collect();
        if waiting.is_empty() {
            break;
        }
        expect(began.elapsed() < BEGIN, &format!("all are analysed, not without {waiting:?}"))?;
    }
    let begun = began.elapsed();
    let seen = watch(play, cameras, span).await?;
    let metrics = play.page.get("/metrics").await.map_err(|error| error.to_string())?.text();
    let of = |id: &str| seen.get(id).map_or(0.0, |gaps| gaps.pictures);
    let healthy = cameras.first().map_or(0.0, |file| of(&file.id));
    let (secs, all) = (span.as_secs(), cameras.len());
    let mut table = format!(
        "{all} cameras, all analysed after {} s, then for {secs} s\ncamera                                   pictures  longest gap  sessions ended  status\n",
        begun.as_secs()
    );
    let mut behind = Vec::new();
    for CameraFile { id, .. } in cameras {
        let status = play.journal().devices.get(id);
        let told = status.map_or_else(String::new, |status| {
            format!("{} {}", status.status, status.reason.as_deref().unwrap_or_default())
        });
        let series = format!("gridwhistle_camera_sessions_ended_total{{camera=\"{id}\"}} ");
        let ended = metrics.lines().find_map(|line| line.strip_prefix(&series)).unwrap_or("0");
        let (pictures, longest) = (of(id), seen.get(id).map_or(span, |gaps| gaps.longest()));
        let line =
            format!("{id:<40}{pictures:>9}{:>11.1} s{ended:>16}  {told}", longest.as_secs_f64());
        writeln!(table, "{line}").expect("a String takes all");
        if pictures < (healthy * SHARE).floor() || told.contains("no complete key frame") {
            behind.push(line);
        }
    }
    show(&table);
    expect(healthy >= 2.0, &format!("the healthy camera is analysed: {healthy}"))?;
    expect(behind.is_empty(), &format!("no odd camera falls behind: {behind:#?}"))?;
    Ok([])
}
