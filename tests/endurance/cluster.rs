//! Three NATS servers as the broker: the one that the gateway is connected to, which also leads the
//! cluster, is killed under load. The gateway goes on to another node, and nothing is lost.
//!
//! With `CLUSTER_KILLS` the next leaders are killed too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use delivery::{BrokerAddress, Health, Protocol, Settings};
use hw_sim::play::NatsCluster;
use runtime::utc_now;
use tokio::sync::watch;

use crate::alert::{Kind, Source};
use crate::centre::Centre;
use crate::gateway::{LightGateway, prefix};
use crate::report::show;
use crate::setting::{LIMIT, setting};
use crate::tally::{Sum, Tally};

const SOURCES: usize = 20;
/// From one source's step to the next one's.
const STEP_EVERY: Duration = Duration::from_millis(8);
/// Messages that get through before the next node is killed.
const CALM_MESSAGES: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_loses_nodes_loses_no_alert() {
    let work = tempfile::tempdir().unwrap();
    let mut cluster = NatsCluster::start(work.path()).await.unwrap();
    let tally = Arc::new(watch::Sender::new(Tally::default()));
    let sink = Arc::clone(&tally);
    let leader = cluster.meta_leader().await.unwrap();
    let mut ports = cluster.mqtt_ports();
    ports.sort_by_key(|port| *port != leader); // the leader first
    let centre = Centre::listen(&ports[1..], "centre", &["cg/v1/+/+/+/+/evt/#"], move |heard| {
        sink.send_modify(|tally| tally.hear(heard));
    });
    let gateway = LightGateway::start(&work.path().join("gateway"), settings(&ports));
    let connected = |now: &Health| now.connected_since.is_some();
    gateway.publisher.health().wait_for(connected).await.unwrap();
    let stop = StopLoad::default();
    let load = {
        let (tally, stop) = (Arc::clone(&tally), Arc::clone(&stop.0));
        tokio::task::spawn_blocking(move || raise(gateway, &tally, &stop))
    };
    calm(&tally).await; // load on a whole cluster

    for _ in 0..setting("CLUSTER_KILLS", 1) {
        let leader = cluster.meta_leader().await.unwrap();
        cluster.kill(leader).await.unwrap();
        let gap = until_flowing(&tally).await;
        let whose = if leader == ports[0] { "the gateway's first" } else { "another" };
        show(&format!("cluster: the leader, {whose} node, killed; alerts again after {gap:.2?}"));
        cluster.heal().await.unwrap();
        calm(&tally).await; // load on what has healed
    }
    drop(stop);
    let _gateway = load.await.unwrap(); // it goes on delivering

    drop(tokio::time::timeout(LIMIT, tally.subscribe().wait_for(Tally::is_complete)).await);
    drop(centre);
    let Sum { published, received, lost, doubled, out_of_order, invented, longest_gap } =
        tally.borrow().sum();
    show(&format!(
        "cluster: published {published}, received {received}, lost {lost}, doubled {doubled}, out \
         of order {out_of_order}, longest silence {longest_gap:.2?}"
    ));
    assert_eq!((lost, invented), (0, 0));
}

/// Ends the load when dropped, so that a test that fails ends, too.
#[derive(Default)]
struct StopLoad(Arc<AtomicBool>);

impl Drop for StopLoad {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Towards the first of these nodes, and the others when it is gone.
fn settings(ports: &[u16]) -> Settings {
    let mut nodes = ports.iter().map(|port| BrokerAddress {
        tls: false,
        host: "127.0.0.1".into(),
        port: *port,
    });
    let mut settings = Settings::new(nodes.next().unwrap(), "gw-cluster", prefix("gw-cluster"));
    settings.fallbacks = nodes.collect();
    settings.protocol = Protocol::V311;
    settings.reconnect_first = Duration::from_millis(50);
    settings.reconnect_cap = Duration::from_millis(500);
    settings.ack_timeout = Duration::from_secs(5);
    settings
}

/// Raises alerts until told to stop.
fn raise(gateway: LightGateway, tally: &watch::Sender<Tally>, stop: &AtomicBool) -> LightGateway {
    let prefix = prefix("gw-cluster");
    let mut sources: Vec<Source> =
        (1..=SOURCES).map(|number| Source::new(Kind::Camera, number, &prefix)).collect();
    while !stop.load(Ordering::Relaxed) {
        for source in &mut sources {
            let entry = source.next(utc_now().unix_micros());
            tally.send_modify(|tally| tally.tell(&entry.alert.alert_id, entry.alert.seq));
            gateway.record(entry);
            std::thread::sleep(STEP_EVERY); // the load's own pace
        }
    }
    gateway
}

/// Waits until something that was told after this call has arrived; gives how long that took.
async fn until_flowing(tally: &watch::Sender<Tally>) -> Duration {
    let began = Instant::now();
    let mut hearing = tally.subscribe();
    let again = hearing.wait_for(|tally| tally.has_heard_of_after(began));
    assert!(tokio::time::timeout(LIMIT, again).await.is_ok(), "alerts come again");
    began.elapsed()
}

/// Waits until some more messages have got through.
async fn calm(tally: &watch::Sender<Tally>) {
    let before = tally.borrow().heard();
    let mut hearing = tally.subscribe();
    let enough = hearing.wait_for(|tally| tally.heard() >= before + CALM_MESSAGES);
    assert!(tokio::time::timeout(LIMIT, enough).await.is_ok(), "alerts flow");
}
