//! A city's first year on one broker: 847 cameras, 90 checkpoints and 72 doors behind 100
//! gateways, in bursts far above the real rate, and the broker killed in the middle.
//!
//! `FLEET_ROUNDS` (alerts of each source) makes it longer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use delivery::DeviceState;
use hw_sim::play::LoadBroker;
use runtime::utc_now;
use serde::Deserialize;
use tokio::sync::watch;

use crate::alert::{Kind, LIFE, Source};
use crate::centre::Centre;
use crate::gateway::{LightGateway, prefix, settings};
use crate::report::show;
use crate::setting::{LIMIT, setting};
use crate::tally::{Sum, Tally, percentile};

const GATEWAYS: usize = 100;
const PROFILE: [(Kind, usize); 3] = [(Kind::Camera, 847), (Kind::Checkpoint, 90), (Kind::Door, 72)];
/// Threads that raise alerts.
const DRIVERS: usize = 4;
/// From one burst to the next: every source takes one step in each.
const BURST_EVERY: Duration = Duration::from_millis(1000);
const DOWN_FOR: Duration = Duration::from_secs(2);

/// A gateway with what it watches.
struct Post {
    gateway: LightGateway,
    sources: Vec<Source>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_city_loses_no_alert_to_a_broker_killed_under_load() {
    let bursts = usize::try_from(setting("FLEET_ROUNDS", 3)).unwrap() * LIFE.len();
    let work = tempfile::tempdir().unwrap();
    let mut broker = LoadBroker::start(work.path()).await.unwrap();
    let tally = Arc::new(watch::Sender::new(Tally::default()));
    let sink = Arc::clone(&tally);
    let evt = ["cg/v1/+/+/+/+/evt/#"];
    let centre = Centre::listen(&[broker.plain_port], "centre", &evt, move |heard| {
        sink.send_modify(|tally| tally.hear(heard));
    });
    let posts = deploy(&broker, work.path());
    for (gateway, source) in sources(&posts) {
        gateway.post(&source.device_id, DeviceState::Online);
    }
    let load = {
        let tally = Arc::clone(&tally);
        tokio::task::spawn_blocking(move || raise(posts, &tally, bursts))
    };

    let half = sources_due() * bursts / 2;
    let mut telling = tally.subscribe();
    let half_told = telling.wait_for(|tally| tally.told() > half);
    let limit = LIMIT + BURST_EVERY * u32::try_from(bursts).unwrap();
    assert!(tokio::time::timeout(limit, half_told).await.is_ok(), "the load goes on");
    let killed_at = Instant::now();
    broker.kill().await.unwrap();
    tokio::time::sleep(DOWN_FOR).await; // the outage itself
    broker.restart().await.unwrap();
    let back_at = Instant::now();

    let (posts, load_time) = load.await.unwrap();
    for (gateway, source) in sources(&posts).step_by(10) {
        gateway.post(&source.device_id, DeviceState::Degraded);
    }
    let complete = await_all(&tally).await;
    let quiet_at = Instant::now();
    let devices = retained_states(broker.plain_port).await;
    drop(centre);
    let tally = tally.borrow();
    report(&tally, load_time, killed_at..back_at, quiet_at);
    let Sum { lost, out_of_order, invented, .. } = tally.sum();
    assert!(complete && lost == 0, "{:?}", tally.sum());
    assert_eq!((out_of_order, invented), (0, 0));
    check_states(&posts, &devices);
}

/// Spreads the profile over the gateways and connects them all.
fn deploy(broker: &LoadBroker, work: &Path) -> Vec<Post> {
    let mut posts: Vec<Post> = (1..=GATEWAYS)
        .map(|number| {
            let id = format!("gw-{number:03}");
            let settings = settings(broker, broker.tls_port, &id);
            Post { gateway: LightGateway::start(&work.join(id), settings), sources: Vec::new() }
        })
        .collect();
    let all = PROFILE.iter().flat_map(|(kind, count)| (1..=*count).map(|number| (*kind, number)));
    for (place, (kind, number)) in all.enumerate() {
        let gateway = place % GATEWAYS;
        let prefix = prefix(&format!("gw-{:03}", gateway + 1));
        posts[gateway].sources.push(Source::new(kind, number, &prefix));
    }
    posts
}

fn sources(posts: &[Post]) -> impl Iterator<Item = (&LightGateway, &Source)> {
    posts.iter().flat_map(|post| post.sources.iter().map(|source| (&post.gateway, source)))
}

/// Burst after burst; gives the posts back and how long the bursts took without the pauses.
fn raise(
    mut posts: Vec<Post>,
    tally: &watch::Sender<Tally>,
    bursts: usize,
) -> (Vec<Post>, Duration) {
    let mut busy = Duration::ZERO;
    for _ in 0..bursts {
        let began = Instant::now();
        std::thread::scope(|scope| {
            for share in posts.chunks_mut(GATEWAYS.div_ceil(DRIVERS)) {
                scope.spawn(|| {
                    for Post { gateway, sources } in share {
                        for source in sources {
                            let entry = source.next(utc_now().unix_micros());
                            tally.send_modify(|tally| {
                                tally.tell(&entry.alert.alert_id, entry.alert.seq);
                            });
                            gateway.record(entry);
                        }
                    }
                });
            }
        });
        busy += began.elapsed();
        std::thread::sleep(BURST_EVERY.saturating_sub(began.elapsed())); // the load's own pace
    }
    (posts, busy)
}

async fn await_all(tally: &watch::Sender<Tally>) -> bool {
    let mut hearing = tally.subscribe();
    tokio::time::timeout(LIMIT, hearing.wait_for(Tally::is_complete)).await.is_ok()
}

/// Cameras, checkpoints and doors together.
fn sources_due() -> usize {
    PROFILE.iter().map(|(_, count)| count).sum()
}

#[derive(Deserialize)]
struct DeviceStatus {
    status: String,
}

/// Topic → status, as a new subscriber learns it from the broker.
async fn retained_states(port: u16) -> BTreeMap<String, String> {
    let states = Arc::new(watch::Sender::new(BTreeMap::new()));
    let sink = Arc::clone(&states);
    let dev = ["cg/v1/+/+/+/+/dev/+/status"];
    let newcomer = Centre::listen(&[port], "newcomer", &dev, move |heard| {
        let DeviceStatus { status } = serde_json::from_slice(heard.payload).unwrap();
        sink.send_modify(|states| drop(states.insert(heard.topic.to_owned(), status)));
    });
    let due = sources_due();
    let is_degraded = |status: &&String| *status == "degraded";
    let settled = |now: &BTreeMap<String, String>| {
        now.len() == due && now.values().filter(is_degraded).count() == due.div_ceil(10)
    };
    let mut shown = states.subscribe();
    // What is missing at the limit is told by the comparison.
    drop(tokio::time::timeout(LIMIT, shown.wait_for(settled)).await);
    drop(newcomer);
    states.borrow().clone()
}

fn check_states(posts: &[Post], states: &BTreeMap<String, String>) {
    let mut due = BTreeMap::new();
    let posts = posts.iter().enumerate();
    let devices = posts.flat_map(|(at, post)| post.sources.iter().map(move |s| (at, s)));
    for (place, (gateway, source)) in devices.enumerate() {
        let prefix = prefix(&format!("gw-{:03}", gateway + 1));
        let status = if place % 10 == 0 { "degraded" } else { "online" };
        due.insert(format!("{prefix}/dev/{}/status", source.device_id), status.to_owned());
    }
    assert_eq!(states, &due);
}

fn report(tally: &Tally, busy: Duration, outage: std::ops::Range<Instant>, quiet_at: Instant) {
    let Sum { published, received, lost, doubled, out_of_order, longest_gap, .. } = tally.sum();
    let ms = |values: &[Duration], share| percentile(values, share).as_secs_f64() * 1e3;
    let recovered = quiet_at.saturating_duration_since(outage.end);
    // Until a second after its return the broker answers for the outage.
    let hurt = outage.start - Duration::from_secs(1)..outage.end + Duration::from_secs(1);
    let (calm, all) = (tally.latencies(|at| !hurt.contains(&at)), tally.latencies(|_| true));
    show(&format!(
        "fleet: {GATEWAYS} gateways, 1009 sources, {:.0} messages/s while they burst; broker away \
         for {:.1} s\n       published {published}, received {received}, lost {lost}, doubled \
         {doubled}, out of order {out_of_order}, longest silence {:.1} s\n       commit to receipt p50 {:.1} ms, p99 {:.1} \
         ms with the broker there; all p50 {:.1} ms, p99 {:.0} ms; all in {:.1} s after its return",
        f64::from(u32::try_from(published).unwrap()) / busy.as_secs_f64(),
        (outage.end - outage.start).as_secs_f64(),
        longest_gap.as_secs_f64(),
        ms(&calm, 0.5),
        ms(&calm, 0.99),
        ms(&all, 0.5),
        ms(&all, 0.99),
        recovered.as_secs_f64(),
    ));
}
