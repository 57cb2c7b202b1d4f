//! Hostile cameras beside healthy ones, which must not notice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hw_sim::camera::quirk::{self, Outcome, Quirk};
use hw_sim::play::Cameras;
use tokio::process::Command;

use crate::house::{GATEWAY, whole_machine};
use crate::quirk_cameras::{self, CameraFile};
use crate::quirks::{analysed, serve, setting, show};
use crate::street::{Play, expect};

/// How long all hostile cameras together have their way.
const ATTACK: Duration = Duration::from_secs(45);

/// How long one has alone.
const ATTACK_OF_ONE: Duration = Duration::from_secs(30);

/// How long the healthy cameras are watched before.
const CALM: Duration = Duration::from_secs(20);

/// What healthy cameras lose to a hostile one they lose each time. What they lose once, another program of this
/// machine may have taken.
const TRIES: u32 = 3;

/// Cameras that must not notice.
const HEALTHY: usize = 8;

/// A pause of the healthy cameras, and how many of them an attack may cause.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSES: usize = 2;

/// How often the counters are read.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What the log may say as an error while hostile cameras are there: nothing.
const TOLD_OF_HOSTILE_CAMERAS: [&str; 0] = [];

fn hostile() -> impl Iterator<Item = &'static Quirk> {
    quirk::all().filter(|quirk| quirk.outcome == Outcome::Hostile)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_hostile_cameras_cost_healthy_ones_two_pauses_at_most() {
    let _alone = whole_machine().await;
    attack_healthy_cameras(|attackers| vec![(attackers, ATTACK)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quarter of an hour; `make chaos` runs it"]
async fn each_hostile_camera_costs_healthy_ones_two_pauses_at_most() {
    let one_by_one = |attackers: Vec<CameraFile>| {
        attackers.into_iter().map(|attacker| (vec![attacker], ATTACK_OF_ONE)).collect()
    };
    attack_healthy_cameras(one_by_one).await;
}

/// Has hostile cameras attack in groups, one group after the other, each for so long.
async fn attack_healthy_cameras(
    groups: impl FnOnce(Vec<CameraFile>) -> Vec<(Vec<CameraFile>, Duration)>,
) {
    let (cameras, listen) = serve(hostile()).await;
    let attackers = hostile().map(|quirk| CameraFile::of(quirk, listen)).collect();
    let healthy: Vec<CameraFile> =
        (1..=HEALTHY).map(|number| CameraFile::healthy(number, listen)).collect();
    let setting = setting(&healthy);
    let config = setting.settings.config.clone();
    setting
        .play(async |play| {
            for (group, span) in groups(attackers) {
                let mut losses = Vec::new();
                for _try in 0..TRIES {
                    let calm = calm(play, &healthy).await?;
                    for attacker in &group {
                        quirk_cameras::write(&config, attacker);
                    }
                    let attacked = watch(play, &healthy, span).await?;
                    expect_no_theft(&cameras, &group)?;
                    for attacker in &group {
                        let gone = fs::remove_file(quirk_cameras::path(&config, attacker));
                        gone.map_err(|error| error.to_string())?;
                    }
                    losses = self::losses(&named(&group), &calm, &attacked);
                    if losses.is_empty() {
                        break;
                    }
                }
                let what = format!("{}: the healthy cameras go on: {losses:#?}", named(&group));
                expect(losses.is_empty(), &what)?;
            }
            Ok(TOLD_OF_HOSTILE_CAMERAS)
        })
        .await;
}

fn named(group: &[CameraFile]) -> String {
    match group {
        [alone] => alone.id.clone(),
        all => format!("{} hostile cameras at once", all.len()),
    }
}

/// What a probe may take, whatever the stream asks for: pictures of 16000x16000 take 384 MB each.
const PROBE_BYTES: u64 = 200 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giant_pictures_take_no_memory_whichever_client_plays_them() {
    let giant = || hostile().filter(|quirk| quirk.name.starts_with("picture-giant"));
    assert_eq!(giant().count(), 3, "of H.264, of H.265, and of a stream that begins harmlessly");
    let (_cameras, listen) = serve(giant()).await;
    for quirk in giant() {
        for client in ["native", "compatible"] {
            let url = format!("rtsp://{listen}/{}", quirk.name);
            let mut probe = Command::new(GATEWAY);
            probe.args(["probe", &url, "--secs", "6", "--client", client]);
            let probe =
                probe.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn();
            let mut probe = probe.expect("the gateway starts");
            let status = format!("/proc/{}/status", probe.id().expect("it runs"));
            let (mut bytes, mut ended) = (0, None);
            while ended.is_none() {
                bytes = bytes.max(most_bytes(&fs::read_to_string(&status).unwrap_or_default()));
                tokio::time::sleep(Duration::from_millis(20)).await;
                ended = probe.try_wait().expect("it can be waited for");
            }
            let output = probe.wait_with_output().await.expect("it said something");
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let case = format!("{}, {client}: {} MB\n", quirk.name, bytes >> 20);
            show(&case);
            assert!(
                said.contains("pictures of 16000x16000, 4:2:0, 8 bit take 384 MB"),
                "{case}{said}"
            );
            assert_eq!(ended.and_then(|ended| ended.code()), Some(1), "{case}{said}");
            assert!(bytes < PROBE_BYTES, "{case}{said}");
        }
    }
}

/// The most memory that a process has had, by its status file.
fn most_bytes(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// How the healthy cameras are analysed while nobody attacks.
pub(crate) async fn calm(play: &mut Play, healthy: &[CameraFile]) -> Result<Watched, String> {
    play.until_page("the healthy cameras are analysed", async |page| {
        let Ok(metrics) = page.get("/metrics").await else { return false };
        let metrics = metrics.text();
        healthy.iter().all(|file| analysed(&metrics, &file.id) >= 2.0)
    })
    .await?;
    watch(play, healthy, CALM).await
}

/// Every attacker was asked, so that it could attack; none got a password that is not its own.
fn expect_no_theft(cameras: &Cameras, attackers: &[CameraFile]) -> Result<(), String> {
    for CameraFile { id, .. } in attackers {
        expect(cameras.handle().was_asked(id), &format!("{id} was asked"))?;
        let stolen = cameras.handle().logins_elsewhere(id);
        expect(stolen == 0, &format!("no log-in goes where {id} points: {stolen}"))?;
        if id.starts_with("redirect-to-a") {
            // Without the password, with it, and where it points: it had the password by then.
            let asked = cameras.handle().requests(id, "DESCRIBE");
            expect(asked >= 3, &format!("{id} was given the password: {asked} requests"))?;
        }
    }
    Ok(())
}

/// What was seen of each camera.
pub(crate) type Watched = BTreeMap<String, Gaps>;

/// The times between the analysed pictures of a camera.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    pub(crate) pictures: f64,
    gaps: Vec<Duration>,
}

impl Gaps {
    pub(crate) fn longest(&self) -> Duration {
        self.gaps.iter().copied().max().unwrap_or_default()
    }
}

/// Watches the analysis of cameras for so long.
pub(crate) async fn watch(
    play: &mut Play,
    cameras: &[CameraFile],
    span: Duration,
) -> Result<Watched, String> {
    let began = Instant::now();
    let mut known: BTreeMap<&str, (f64, Instant)> = BTreeMap::new();
    let mut seen = Watched::new();
    while began.elapsed() < span {
        play.go_on(LOOK_EVERY).await?;
        let metrics = play.page.get("/metrics").await.map_err(|error| error.to_string())?.text();
        let now = Instant::now();
        for CameraFile { id, .. } in cameras {
            let count = analysed(&metrics, id);
            let (before, moved_at) = known.entry(id).or_insert((count, now));
            if count > *before {
                let gaps = seen.entry(id.clone()).or_default();
                gaps.pictures += count - *before;
                gaps.gaps.push(now - *moved_at);
                (*before, *moved_at) = (count, now);
            }
        }
    }
    for (id, (_, moved_at)) in known {
        seen.entry(id.to_owned()).or_default().gaps.push(moved_at.elapsed());
    }
    Ok(seen)
}

/// Shows what each healthy camera lost, and gives what was too much: more than two pauses, or one of
/// more than 2 s. A pause is what exceeds the longest time between two pictures when all was calm, by
/// a second at least: a busy machine is not that even.
fn losses(attack: &str, calm: &Watched, attacked: &Watched) -> Vec<String> {
    let mut table = format!(
        "{attack}\nhealthy camera   calm: pictures, longest gap   attacked: pictures, longest gap, pauses\n"
    );
    let mut losses = Vec::new();
    for (id, before) in calm {
        let usual = before.longest();
        let during = attacked.get(id);
        let gaps = during.map_or(&[][..], |during| &during.gaps);
        let pauses: Vec<Duration> =
            gaps.iter().copied().filter(|gap| *gap > usual + PAUSE / 2).collect();
        let told: Vec<String> =
            pauses.iter().map(|pause| format!("{:.1} s", pause.as_secs_f64())).collect();
        let (pictures, before_secs) = (before.pictures, usual.as_secs_f64());
        let after = during.map_or(0.0, |during| during.pictures);
        let longest = during.map_or(f64::INFINITY, |during| during.longest().as_secs_f64());
        let line = format!(
            "{id:<17}{pictures:>14} {before_secs:>10.1} s {after:>20} {longest:>10.1} s   {}",
            told.join(", ")
        );
        let is_too_long = pauses.iter().any(|pause| *pause > usual + PAUSE + LOOK_EVERY);
        if pauses.len() > PAUSES || is_too_long || after < 1.0 {
            losses.push(line.clone());
        }
        writeln!(table, "{line}").expect("a String takes all");
    }
    show(&table);
    losses
}
